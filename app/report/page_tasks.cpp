#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

constexpr std::size_t kMostQuestions = 20;
constexpr qsizetype kMostTaskText = 160;

QString cut(const std::string& text) {
  const QString whole = QString::fromStdString(text).simplified();
  return whole.size() <= kMostTaskText ? whole : whole.left(kMostTaskText) + u'…';
}

QString expected(const core::evaluate::Task& task) {
  if (task.match == core::evaluate::TaskMatch::Choice) return cut(task.choices[task.right]);
  QStringList answers;
  for (const std::string& answer : task.answers) answers << cut(answer);
  return answers.join(tr(" or "));
}

/// "right" or "wrong" in its colour, with what follows on the same line.
QString judged(bool isRight, const QString& rest) {
  return QStringLiteral("<span class=\"%1\">%2</span>%3")
      .arg(isRight ? QStringLiteral("same") : QStringLiteral("differs"),
           html::escaped(isRight ? tr("right") : tr("wrong")), html::escaped(rest));
}

QString intervalText(const core::evaluate::Proportion& share) {
  return tr("%1 (%2 to %3)").arg(text::percent(share.value), text::percent(share.low), text::percent(share.high));
}

/// What turned between right and wrong, with all answers to it.
QString flippedTable(const ReportData& data, const TaskEvaluation& tasks) {
  const auto flipped = tasks.flipped();
  if (flipped.empty()) return html::textElement("p", tr("No answer turned between right and wrong under any scheme."));
  std::vector<QStringList> rows;
  for (std::size_t n = 0; n < std::min(flipped.size(), kMostQuestions); ++n) {
    const std::size_t i = flipped[n];
    const auto& reference = tasks.reference.answers[i];
    QString turned;
    for (const TaskRow& row : tasks.rows) {
      if (!row.failure.empty() || row.answers[i].right == reference.right) continue;
      turned += html::element(
          "div", judged(row.answers[i].right,
                        tr(" under %1: %2").arg(displayName(data, row.variant), cut(row.answers[i].text))));
    }
    rows.push_back({html::escaped(cut(tasks.tasks.tasks[i].question())), html::escaped(expected(tasks.tasks.tasks[i])),
                    judged(reference.right, QStringLiteral(": ") + cut(reference.text)), turned});
  }
  QString table = html::table(
      {tr("Question"), tr("Expected"), referenceName(data, tasks.reference.variant), tr("Turned")}, rows, 4);
  if (flipped.size() > kMostQuestions)
    table += html::textElement(
        "p",
        tr("The first %1 of %2; report.json holds all.").arg(text::count(kMostQuestions), text::count(flipped.size())),
        QStringLiteral("note"));
  return html::element("div", table, QStringLiteral("wrapped"));
}

QString accuracyTable(const ReportData& data, const TaskEvaluation& tasks) {
  std::vector<QStringList> rows;
  rows.push_back({html::escaped(referenceName(data, tasks.reference.variant)),
                  html::escaped(intervalText(tasks.reference.accuracy)),
                  {},
                  {},
                  {},
                  {}});
  for (const TaskRow& row : tasks.rows) {
    const QString name = nameWithText(data, row.variant);
    if (!row.failure.empty()) {
      rows.push_back(
          {name, html::escaped(tr("not measured")), {}, {}, {}, html::escaped(QString::fromStdString(row.failure))});
      continue;
    }
    rows.push_back(
        {name, html::escaped(intervalText(row.accuracy)), text::count(row.turnedWrong.size()),
         text::count(row.turnedRight.size()), html::escaped(text::number(row.pValue, 2)),
         html::escaped(row.pValue < core::evaluate::kLeastChance ? tr("different") : tr("indistinguishable"))});
  }
  return html::table({tr("Scheme"), tr("Right"), tr("Turned wrong"), tr("Turned right"), tr("p (McNemar)"),
                      tr("Against the reference")},
                     rows);
}

}  // namespace

QString tasksSection(const ReportData& data) {
  const QString heading = tr("Whether tasks survive");
  if (auto missing = missingSection(data, Part::Tasks, heading)) return *missing;
  const TaskEvaluation& tasks = *data.parts.tasks;
  const QString body =
      html::card(tr("Questions that turned"), flippedTable(data, tasks)) +
      html::card(tr("Accuracy"),
                 accuracyTable(data, tasks) +
                     html::textElement("p",
                                       tr("In brackets the interval that holds the true share with 95 %. p is how "
                                          "likely so uneven turns are if turning wrong and turning right were equally "
                                          "likely; from 0.05 on schemes are called indistinguishable."),
                                       QStringLiteral("note"))) +
      provenanceCard(
          data,
          {{tr("Tasks"), tr("%1, %2 questions")
                             .arg(QString::fromStdString(tasks.tasks.title), text::count(tasks.tasks.tasks.size()))},
           {tr("File hash"), QStringLiteral("%1").arg(tasks.tasks.hash, 16, 16, QLatin1Char('0'))},
           {tr("Answers"), tr("written greedily")},
           {tr("Device"), QString::fromStdString(tasks.reference.device)}});
  return html::section(wordOf(Part::Tasks), heading,
                       tr("Questions with expected answers, asked of the reference and of every scheme."), body);
}

}  // namespace app::report
