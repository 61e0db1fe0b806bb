#include "app/workspaces/chat/pane_prompt.h"

#include <algorithm>

#include "core/base/error.h"

namespace app {

PanePrompt promptOf(std::size_t pane, const AnswerSource& source) {
  return {pane, source.mode, source.messages, source.templateValues};
}

std::string textOf(const OpenModel& model, const PanePrompt& prompt) {
  if (prompt.mode != PromptMode::Chat) return prompt.messages.front().content;
  if (!model.chatTemplate())
    throw core::Error(core::ErrorCode::Unsupported, model.whyNoTemplate().value_or("This model has no chat template."));
  return model.chatTemplate()->render(jsonTreeOf(prompt.messages), true, variablesOf(prompt.templateValues));
}

std::optional<core::text::ReasoningMarks> marksOf(const OpenModel& model, const std::vector<PanePrompt>& prompts) {
  const bool chats = std::ranges::any_of(prompts, [](const PanePrompt& p) { return p.mode == PromptMode::Chat; });
  return chats && model.chatTemplate() ? model.chatTemplate()->reasoning() : std::nullopt;
}

}  // namespace app
