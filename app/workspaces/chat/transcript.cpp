#include "app/workspaces/chat/transcript.h"

#include <QStringList>

#include "app/text/tr.h"
#include "app/widgets/kv_type_field.h"
#include "app/workspaces/chat/answer_pair.h"
#include "app/workspaces/chat/thought_text.h"

namespace app {

using text::tr;

namespace {

QString samplingText(const core::model::GenerationOptions& options) {
  const auto& s = options.sampling;
  return tr("temperature %1, top-k %2, top-p %3, min-p %4, repetition penalty %5, seed %6, at most %7 tokens")
      .arg(QString::number(static_cast<double>(s.temperature)), QString::number(s.topK),
           QString::number(static_cast<double>(s.topP)), QString::number(static_cast<double>(s.minP)),
           QString::number(static_cast<double>(s.repetitionPenalty)), QString::number(s.seed),
           QString::number(options.maxTokens));
}

QString schemeText(const AnswerSource& source) {
  if (!source.recipe) return tr("the weights as stored");
  const QString scheme = QStringLiteral("`%1`").arg(QString::fromStdString(source.recipe->toString()));
  return source.calibration.isEmpty() ? scheme : tr("%1, calibrated with %2").arg(scheme, source.calibration);
}

/// What the answers of one conversation usually share.
QString sharedText(const AnswerSource& source) {
  QStringList parts{tr("device %1").arg(source.device), samplingText(source.options)};
  if (source.contextLength != 0) parts << tr("context of %1 tokens").arg(QString::number(source.contextLength));
  if (source.kvType != core::model::KvType::F16) parts << tr("keys and values in %1").arg(kvTitle(source.kvType));
  if (!source.messages.empty() && source.messages.front().role == "system")
    parts << tr("system prompt: %1").arg(QString::fromStdString(source.messages.front().content));
  if (!source.templateValues.empty())
    parts << tr("template: %1").arg(QString::fromStdString(inWords(source.templateValues)));
  return parts.join(QStringLiteral(", "));
}

/// Where it left which answer. Who wrote that one is not said while nobody may know.
QString branchNote(const Conversation& conversation, const Branch& branch, bool isHidden) {
  const Answer* const from = conversation.find(branch.answer);
  if (from == nullptr || isHidden) return branchText(branch);
  return tr("%1 in an answer of %2").arg(branchText(branch), from->source.title);
}

/// What was thought, apart from what was answered.
QStringList quoted(const Answer& answer) {
  QStringList lines{QStringLiteral("> *%1*").arg(thoughtTitle(*answer.thought, answer.finished)), QStringLiteral(">")};
  for (const QString& line : answer.thoughtText().split(u'\n')) lines << QStringLiteral("> ") + line;
  return lines << QString();
}

std::vector<const Answer*> allAnswers(const Conversation& conversation) {
  std::vector<const Answer*> all;
  for (const Turn& turn : conversation.turns())
    for (std::size_t pane = 0; pane < conversation.panes(); ++pane)
      for (const Answer& answer : turn.answers[pane]) all.push_back(&answer);
  return all;
}

}  // namespace

QString settingsText(const AnswerSource& source) {
  return QStringList{source.model, schemeText(source), sharedText(source), contextOf(source)}.join(
      QStringLiteral(", "));
}

QString toMarkdown(const Conversation& conversation) {
  const auto answers = allAnswers(conversation);
  if (answers.empty()) return {};
  QStringList titles, lines, schemes;
  bool shared = true;
  for (const Answer* answer : answers) {
    shared = shared && sharedText(answer->source) == sharedText(answers.front()->source);
    if (titles.contains(answer->source.title)) continue;
    titles << answer->source.title;
    schemes << QStringLiteral("- %1: %2").arg(answer->source.title, schemeText(answer->source));
  }
  lines << QStringLiteral("# %1: %2").arg(answers.front()->source.model, titles.join(QStringLiteral(" | ")))
        << QString();
  lines << schemes;
  if (shared) lines << QStringLiteral("- ") + sharedText(answers.front()->source);
  for (const Turn& turn : conversation.turns()) {
    const QString heading = turn.mode == PromptMode::Completion ? tr("Text to continue") : tr("Question");
    lines << QString() << QStringLiteral("## ") + heading << QString() << turn.prompt;
    for (std::size_t place = 0; place < conversation.panes(); ++place) {
      for (const Answer& answer : turn.answers[turn.paneAt(place)]) {
        const QString title = turn.isHidden() ? aliasOf(place) : answer.source.title;
        lines << QString() << QStringLiteral("### ") + title << QString();
        QStringList notes;
        if (!shared && !turn.isHidden()) notes << sharedText(answer.source);
        if (!answer.source.writer.isEmpty() && !turn.isHidden()) notes << contextOf(answer.source);
        if (answer.branch) notes << branchNote(conversation, *answer.branch, turn.isHidden());
        if (!notes.isEmpty()) lines << QStringLiteral("*%1*").arg(notes.join(QStringLiteral(", "))) << QString();
        if (answer.thought) lines << quoted(answer);
        lines << answer.text();
        if (answer.serverComparison && !turn.isHidden())
          lines << QString() << QStringLiteral("*%1*").arg(inWords(*answer.serverComparison));
        if (answer.failure)
          lines << QString()
                << QStringLiteral("*%1*").arg(turn.isHidden() ? tr("Failed.")
                                                              : QString::fromStdString(answer.failure->sentence));
      }
    }
  }
  return lines.join(u'\n') + u'\n';
}

}  // namespace app
