#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "app/workspaces/chat/conversation.h"

namespace app {

/// What one pane is to answer.
struct PanePrompt {
  std::size_t pane = 0;
  PromptMode mode = PromptMode::Chat;
  std::vector<Message> messages;
  TemplateValues templateValues;
};

/// What a pane reads for an answer of this source.
PanePrompt promptOf(std::size_t pane, const AnswerSource& source);

/// The text that a model is given. @throws core::Error where there is no chat template, or it fails
std::string textOf(const OpenModel& model, const PanePrompt& prompt);

/// How a model writes its thoughts into the answers to these prompts; nothing where its template knows of none.
std::optional<core::text::ReasoningMarks> marksOf(const OpenModel& model, const std::vector<PanePrompt>& prompts);

}  // namespace app
