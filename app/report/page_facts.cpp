#include <map>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

QString fact(const QString& name, const QString& markup) {
  return html::textElement("dt", name) + html::element("dd", markup);
}

QString textFact(const QString& name, const QString& text) { return fact(name, html::escaped(text)); }

QString fileFacts(const ReportData& data) {
  QString result;
  for (const FileFacts& file : data.files) {
    result +=
        fact(tr("File"), html::code(file.name) + QStringLiteral(" · ") +
                             html::escaped(tr("%1 (%2 bytes)").arg(text::bytes(file.bytes), text::count(file.bytes))));
    if (!file.sha256.isEmpty()) result += fact(tr("SHA-256"), html::code(file.sha256));
  }
  return result;
}

QString storedTypes(const core::io::Checkpoint& checkpoint) {
  std::map<std::string_view, std::pair<std::uint64_t, std::uint64_t>> types;  // name → tensors, bytes
  for (const auto& tensor : checkpoint.tensors()) {
    auto& [count, bytes] = types[tensor.typeName];
    ++count;
    bytes += tensor.bytes;
  }
  QStringList parts;
  for (const auto& [name, sum] : types) {
    parts << tr("%1: %2 tensors, %3")
                 .arg(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())).toUpper(),
                      text::count(sum.first), text::bytes(sum.second));
  }
  return parts.join(QStringLiteral(" · "));
}

QString shape(const OpenModel& model) {
  if (model.whyNotRunnable()) return {};
  const auto& config = model.config();
  return tr("%1 layers, width %2, feed-forward %3, %4 heads (%5 for keys and values) of %6, vocabulary %7, context %8 "
            "tokens")
      .arg(text::count(config.layers), text::count(config.width), text::count(config.feedForward),
           text::count(config.heads), text::count(config.kvHeads), text::count(config.headSize),
           text::count(config.vocabulary), text::count(config.contextLength));
}

/// What must be disclosed of the built-in model; nothing for others.
QString aboutBuiltIn(const ReportData& data) {
  if (data.request.model != QLatin1String("demo")) return {};
  return html::card(
      tr("About the built-in model"),
      html::textElement("p", tr("Its outlier channels were put in on purpose, to imitate those of large models, by a "
                                "rescaling that leaves its "
                                "answers in FP32 unchanged. demo-smooth is the same model without them.")));
}

}  // namespace

QString factsSection(const ReportData& data) {
  const auto& checkpoint = data.model->checkpoint();
  QString left = textFact(tr("Name"), QString::fromStdString(checkpoint.name()));
  left +=
      textFact(tr("Architecture"),
               checkpoint.architecture().empty() ? tr("unknown") : QString::fromStdString(checkpoint.architecture()));
  if (const QString text = shape(*data.model); !text.isEmpty()) left += textFact(tr("Shape"), text);
  left += textFact(tr("Parameters"), text::count(checkpoint.parameters()));
  left += textFact(tr("Stored types"), storedTypes(checkpoint));
  left += fileFacts(data);
  QString right = textFact(
      tr("Device"), data.answers.columns.empty() ? tr("none: no model was run") : data.answers.columns.front().device);
  right += textFact(tr("Machine"), data.machine);
  if (!data.answers.columns.empty()) {
    right += textFact(tr("Sampling"), tr("greedy (temperature 0), seed %1, at most %2 tokens an answer")
                                          .arg(text::count(data.answers.seed), text::count(data.answers.maxTokens)));
  }
  right += textFact(tr("Date"), data.date.toString(Qt::ISODate));
  right += textFact(tr("Program"), QStringLiteral("Quantscope %1").arg(QLatin1String(QS_VERSION)));
  right += textFact(tr("Measured in"), text::duration(data.seconds));
  return html::section(
      QStringLiteral("facts"), tr("Model and measurement"), {},
      html::element(
          "div",
          html::card(tr("Model"), html::element("dl", left)) +
              html::element("div", html::card(tr("Measurement"), html::element("dl", right)) + aboutBuiltIn(data)),
          QStringLiteral("grid two")));
}

}  // namespace app::report
