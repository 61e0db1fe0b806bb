#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/evaluate/answer_pattern.h"
#include "core/text/chat_template.h"

namespace core::evaluate {

/// When an answer is right. Blanks at both ends never count.
enum class TaskMatch : std::uint8_t {
  Exact,     ///< it is one of the expected ones
  Contains,  ///< one of them occurs in it
  Regex,     ///< one of them, as a regular expression, is found in it
  Choice     ///< of several answers the expected one is the most probable
};
/// "exact", "contains", "regex", "choice"
std::string_view nameOf(TaskMatch match);

/// A question with what is expected.
struct Task {
  std::vector<text::ChatMessage> messages;  ///< the last one asks
  TaskMatch match = TaskMatch::Exact;
  std::vector<std::string> answers;     ///< expected, at least one; of Choice none
  std::vector<AnswerPattern> patterns;  ///< of Regex: the answers, compiled
  std::vector<std::string> choices;     ///< of Choice, at least two
  std::size_t right = 0;                ///< of Choice: the expected one
  std::string skill;                    ///< what it tests, for people; may be empty
  std::uint32_t maxTokens = 128;        ///< of the answer

  const std::string& question() const { return messages.back().content; }
  /// Whether a written answer is right. @pre match != Choice  @throws Error (InvalidArgument) as AnswerPattern
  bool accepts(std::string_view answer) const;
};

struct TaskList {
  std::string title;        ///< for people: the file's name
  std::vector<Task> tasks;  ///< at least one
  std::uint64_t hash = 0;   ///< of the file
};

/// JSONL, a task per line; other keys are somebody else's:
///   {"question": "…", "answer": "…"}
///   {"messages": [{"role": "user", "content": "…"}], "answers": ["…", "…"], "match": "contains"}
///   {"question": "…", "answer": "^\\d+$", "match": "regex", "skill": "numbers", "max_tokens": 20}
///   {"question": "…", "choices": ["…", "…"], "answer": "…" or its place from 0}
/// @param title what the file is called, also in sentences
/// @throws Error (InvalidFile) "TITLE, line N: …", also for more than 16 MiB or 100,000 tasks
TaskList parseTasks(std::string_view bytes, const std::string& title);
/// @throws Error as parseTasks, and (NotFound, Io)
TaskList openTasks(const std::filesystem::path& path);

}  // namespace core::evaluate
