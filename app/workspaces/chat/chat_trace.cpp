#include "app/workspaces/chat/chat_trace.h"

#include "app/workspaces/chat/server_answer.h"
#include "core/base/error.h"

namespace app {

namespace {

/// What wrote an answer. @throws core::Error for a device of another version of the program
Variant variantOf(const AnswerSource& source) {
  PaneVariant variant;
  variant.recipe = source.recipe;
  variant.setDeviations(source.deviations.toStdString());
  return variant.under(DeviceChoice::parse(source.device.toStdString()), source.kvType);
}

}  // namespace

std::optional<TraceQuestion> traceQuestionOf(const AnswerPair& pair, std::size_t pane, std::size_t index) {
  if (!pair.isComplete() || !pair.hasSamePrompt()) return std::nullopt;
  const Answer& writer = pane == 0 ? *pair.reference() : *pair.compared();
  if (index > writer.tokens.size() || writer.prompt.empty()) return std::nullopt;
  TraceQuestion question;
  try {
    question.reference = variantOf(pair.reference()->source);
    question.compared = variantOf(pair.compared()->source);
  } catch (const core::Error&) {
    return std::nullopt;
  }
  if (question.reference == question.compared || isOfServer(*pair.compared())) return std::nullopt;
  const auto& messages = writer.source.messages;
  if (!messages.empty()) question.text = QString::fromStdString(messages.back().content);
  question.mode = writer.source.mode == PromptMode::Chat ? TraceQuestion::Mode::Chat : TraceQuestion::Mode::Continue;
  question.prompt = writer.prompt;
  const auto ids = writer.ids();
  question.answer.emplace(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(index));
  return question;
}

}  // namespace app
