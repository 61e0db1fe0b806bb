#pragma once
#include <QByteArray>
#include <QString>
#include <optional>
#include <vector>

#include "core/evaluate/task.h"

namespace app {

struct PromptItem {
  QString question;
  QString expected;  ///< words and numbers that a right answer holds, or the task's answers; empty: none are said
  std::optional<core::evaluate::Task> task;  ///< says what is right in its own way
};

/// Questions to be put to every pane.
struct PromptSet {
  QString title;
  std::vector<PromptItem> items;
};

/// One question a line, or one JSON object a line: "question" or "prompt", and perhaps "expected" (words and numbers
/// that a right answer holds), or a task as `perplexity` and core::evaluate::parseTasks know it ("answer", "match" …).
/// @throws core::Error (InvalidFile) naming the line, or that there is no question
PromptSet parsePromptSet(const QString& title, const QByteArray& text);
/// Questions that come with the program: those of the documents it began with, of the demonstration, and what the
/// built-in model was taught.
const std::vector<PromptSet>& builtInPromptSets();

}  // namespace app
