#include <utility>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

/// As a shell reads it back.
QString quoted(QString argument) {
  bool plain = !argument.isEmpty();
  for (const QChar c : std::as_const(argument))
    plain = plain && (c.isLetterOrNumber() || QStringLiteral("-_./:=,+").contains(c));
  if (plain) return argument;
  return u'\'' + argument.replace(u'\'', QStringLiteral("'\\''")) + u'\'';
}

QString command(const char* verb, const ReportData& data, const QString& rest) {
  return QStringLiteral("quantscope-cli %1 %2 %3").arg(QLatin1String(verb), quoted(data.request.model), rest);
}

QStringList weightCommands(const ReportData& data) {
  QStringList lines;
  for (const HistogramData& histogram : data.histograms) {
    const auto& tensor = data.model->checkpoint().tensors()[data.matrices[histogram.matrix].tensor];
    lines << command("inspect", data,
                     QStringLiteral("--tensor %1 --stats --histogram %2 --json")
                         .arg(quoted(QString::fromStdString(tensor.name)),
                              QString::number(histogram.summary.histogram.counts.size())));
  }
  if (!data.matrices.empty()) {
    QString schemes;
    for (const auto& scheme : data.schemes)
      schemes += QStringLiteral("--scheme %1 ").arg(quoted(QString::fromStdString(scheme.toString())));
    lines << command("error", data, schemes + QStringLiteral("--json"));
  }
  for (const BitSample& sample : data.bits) {
    const QString value = QString::number(sample.value, 'g', 9);
    // Behind "--" a minus sign is part of the number.
    lines << QStringLiteral("quantscope-cli bits --json -- %1").arg(quoted(value));
  }
  return lines;
}

QStringList answerCommands(const ReportData& data) {
  QStringList lines;
  for (const AnswerColumn& column : data.answers.columns) {
    QString line = QStringLiteral("--prompt %1 --temperature 0 --seed %2 --max-tokens %3 --device %4")
                       .arg(quoted(data.answers.prompts.front()), QString::number(data.answers.seed),
                            QString::number(data.answers.maxTokens), quoted(data.request.device));
    if (column.scheme) line += QStringLiteral(" --scheme ") + quoted(QString::fromStdString(column.scheme->toString()));
    lines << command("generate", data, line);
  }
  return lines;
}

}  // namespace

QString reproduceSection(const ReportData& data) {
  QStringList lines{QStringLiteral("quantscope report %1 -o %2 --device %3")
                        .arg(quoted(data.request.model), quoted(data.request.folder), quoted(data.request.device))};
  lines << weightCommands(data) << answerCommands(data);
  QStringList schemes;
  for (const auto& scheme : data.schemes) schemes << html::code(QString::fromStdString(scheme.toString()));
  for (const AnswerColumn& column : data.answers.columns) {
    const QString text = column.scheme ? html::code(QString::fromStdString(column.scheme->toString())) : QString();
    if (!text.isEmpty() && !schemes.contains(text)) schemes << text;
  }
  const QString body = html::card(tr("Commands"), html::textElement("pre", lines.join(u'\n'))) +
                       html::card(tr("Schemes on this page"),
                                  html::element("p", schemes.join(QStringLiteral(", "))) +
                                      html::textElement("p",
                                                        tr("Scheme texts are what every command takes; the file hash "
                                                           "above says which weights they were applied to."),
                                                        QStringLiteral("note")));
  return html::section(
      QStringLiteral("reproduce"), tr("Reproduce these numbers"),
      tr("The main numbers of this page as commands; errors and greedy answers do not depend on chance."), body);
}

}  // namespace app::report
