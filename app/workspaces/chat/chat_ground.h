#pragma once
#include <vector>

#include "app/workspaces/chat/chat_engine.h"
#include "app/workspaces/chat/conversation.h"

namespace app {

/// What the next answers are computed with.
struct ChatGround {
  ChatSetup setup;
  QString modelName;
  std::vector<PaneVariant> variants;  ///< of the panes, as they were set
  std::vector<QString> titles;        ///< of the panes
  std::vector<QString> calibrations;  ///< of the panes: "demo text · 4,096 tokens"; empty where none is asked for
  core::model::GenerationOptions options;
  QString systemPrompt;
  TemplateValues templateValues;  ///< what the chat template is given besides the conversation
  HistoryMode history = HistoryMode::Reference;

  /// What an answer of a pane is computed from. @param messages without system prompt  @param writer of the answers
  /// among them
  AnswerSource source(std::size_t pane, PromptMode mode, std::vector<Message> messages,
                      const QString& writer = {}) const;
  /// Whether a question that is asked on its own gets the same answers.
  bool answersAs(const ChatGround& other) const;
  /// Whether the pane's present model wrote it.
  bool wrote(const Answer& answer, std::size_t pane) const;
};

}  // namespace app
