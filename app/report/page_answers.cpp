#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

QString markedText(const Answer& answer) {
  QString result;
  for (const AnswerToken& token : answer.tokens) {
    const QString text = html::escaped(token.text);
    if (token.mark == TokenMark::Same || token.text.isEmpty()) {
      result += text;
      continue;
    }
    result += QStringLiteral("<mark%1 title=\"%2\">%3</mark>")
                  .arg(token.mark == TokenMark::Parts ? QStringLiteral(" class=\"first\"") : QString(),
                       html::escaped(tr("differs; probability %1").arg(text::percent(token.probability))), text);
  }
  return result;
}

/// "same as stored", or how many tokens differ.
QString verdict(const Answer& answer, const Answer& reference) {
  if (answer.result.tokens == reference.result.tokens)
    return html::textElement("span", tr("same tokens"), QStringLiteral("same"));
  const QString text =
      answer.differing == 0
          ? tr("ends elsewhere")
          : tr("%1 of %2 tokens differ").arg(text::count(answer.differing), text::count(answer.tokens.size()));
  return html::textElement("span", text, QStringLiteral("differs"));
}

QString answerBox(const Answers& answers, std::size_t column, std::size_t prompt) {
  const AnswerColumn& own = answers.columns[column];
  const QString who = html::textElement("div", own.title, QStringLiteral("who"));
  if (!own.whyNot.isEmpty())
    return html::element("div", who + html::textElement("p", own.whyNot, QStringLiteral("said differs")),
                         QStringLiteral("answer"));
  const Answer& answer = own.answers[prompt];
  QStringList how;
  if (column == 0)
    how << html::escaped(tr("%1 tokens").arg(text::count(answer.tokens.size())));
  else
    how << verdict(answer, answers.columns.front().answers[prompt]);
  if (answer.meanKl) how << html::escaped(tr("KL %1 nats/token").arg(text::number(*answer.meanKl, 2)));
  if (answer.result.decodeTokensPerS > 0)
    how << html::escaped(tr("%1 tokens/s").arg(text::number(answer.result.decodeTokensPerS, 3)));
  QString facts;
  for (const QString& fact : how) facts += html::element("span", fact);
  return html::element("div",
                       who + html::element("p", markedText(answer), QStringLiteral("said")) +
                           html::element("p", facts, QStringLiteral("how")),
                       column == 0 ? QStringLiteral("answer first") : QStringLiteral("answer"));
}

/// What KL means nothing: a sentence and a blank, or nothing when it was not measured.
QString noiseFloor(const Answers& answers) {
  if (!answers.noiseFloorKl) return {};
  return tr("Noise floor: the stored weights themselves, on the CPU with a 32-bit cache, give a KL of %1 nats/token. ")
      .arg(text::number(*answers.noiseFloorKl, 2));
}

QString totals(const Answers& answers) {
  std::vector<QStringList> rows;
  for (const AnswerColumn& column : answers.columns) {
    const bool reference = !column.recipe;
    const QString name = reference ? html::escaped(column.title) : nameWithText(*column.recipe);
    if (!column.whyNot.isEmpty()) {
      rows.push_back({name, html::escaped(tr("no answers")), {}, {}, {}, {}, {}, {}});
      continue;
    }
    rows.push_back(
        {name, html::escaped(text::bytes(column.weightBytes)),
         html::escaped(text::bytes(column.residentBytes + column.kvBytes)),
         html::escaped(tr("%1 tokens/s").arg(text::number(column.prefillTokensPerS, 3))),
         html::escaped(tr("%1 tokens/s").arg(text::number(column.decodeTokensPerS, 3))),
         html::escaped(text::duration(column.timeToFirstTokenS)),
         reference
             ? tr("reference")
             : html::escaped(tr("%1 of %2").arg(text::count(column.sameAnswers), text::count(column.answers.size()))),
         column.meanKl ? html::escaped(tr("%1 nats/token").arg(text::number(*column.meanKl, 2)))
                       : QStringLiteral("–")});
  }
  return html::card(tr("Speed, memory and agreement"),
                    html::table({tr("Weights"), tr("Weight bytes"), tr("Memory in use"), tr("Prefill"), tr("Decode"),
                                 tr("First token (mean)"), tr("Same answers"), tr("KL to stored")},
                                rows) +
                        html::textElement("p",
                                          noiseFloor(answers) + tr("KL compares the distributions of the next token "
                                                                   "while both models read the stored model's answer. "
                                                                   "Speeds are of this machine while this report was "
                                                                   "made; memory is weights, scratch and the key-value "
                                                                   "cache on the device."),
                                          QStringLiteral("note")));
}

}  // namespace

QString answersSection(const ReportData& data) {
  const Answers& answers = data.answers;
  const QString heading = tr("Answers side by side");
  if (answers.columns.empty()) {
    const QString why = answers.whyNot.isEmpty() ? tr("No answers were measured.") : answers.whyNot;
    return html::section(QStringLiteral("answers"), heading, {}, html::card({}, html::textElement("p", why)));
  }
  QString body;
  for (std::size_t prompt = 0; prompt < answers.prompts.size(); ++prompt) {
    QString boxes;
    for (std::size_t column = 0; column < answers.columns.size(); ++column) boxes += answerBox(answers, column, prompt);
    body += html::card({}, html::textElement("div", answers.prompts[prompt], QStringLiteral("prompt")) +
                               html::element("div", boxes, QStringLiteral("answers")));
  }
  return html::section(QStringLiteral("answers"), heading,
                       tr("Greedy answers to the same prompts, with the weights as stored and quantized. Tokens "
                          "that are not in the stored model's answer are underlined; "
                          "the frame marks the first token that is another one, where the two contexts part."),
                       body + totals(answers));
}

}  // namespace app::report
