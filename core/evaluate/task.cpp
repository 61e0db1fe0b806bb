#include "core/evaluate/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/io/json_tree.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"

namespace core::evaluate {

using io::JsonContainer;
using io::JsonTree;

namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20, kMostTasks = 100'000, kMostValues = 2000, kMaxDepth = 8;
constexpr std::size_t kMostChoices = 64;
constexpr std::uint32_t kMostAnswerTokens = 4096;
constexpr std::string_view kBlanks = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Makes a task of one line. Everything it refuses names the line.
class TaskReader {
 public:
  TaskReader(const JsonTree& tree, const std::string& where) : m_tree(tree), m_where(where) {}

  Task read() const {
    if (!m_tree.isObject()) refuse("expected an object with \"question\" and \"answer\"");
    Task task;
    task.messages = readMessages();
    task.skill = m_tree.text("skill").value_or("");
    const auto choices = readTexts("choices");
    task.match = readMatch(!choices.empty());
    if (const JsonTree* const most = m_tree.find("max_tokens")) {
      const auto* const count = std::get_if<std::uint64_t>(&most->scalar);
      if (most->container || count == nullptr || *count == 0 || *count > kMostAnswerTokens)
        refuse(fmt::format("\"max_tokens\" should be 1 to {}", kMostAnswerTokens));
      task.maxTokens = static_cast<std::uint32_t>(*count);
    }
    if (task.match == TaskMatch::Choice)
      readChoice(choices, task);
    else
      readAnswers(task);
    return task;
  }

 private:
  [[noreturn]] void refuse(const std::string& detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_where, detail));
  }

  std::vector<text::ChatMessage> readMessages() const {
    if (const auto question = m_tree.text("question"); question && !trimmed(*question).empty())
      return {{"user", *question}};
    const JsonTree* const list = m_tree.find("messages");
    if (list == nullptr || list->container != JsonContainer::Array || list->children.empty())
      refuse("a task needs a text \"question\" or a list \"messages\"");
    std::vector<text::ChatMessage> messages;
    for (const auto& [key, message] : list->children) {
      const auto role = message.text("role"), content = message.text("content");
      if (!role || !content) refuse("a message should have the texts \"role\" and \"content\"");
      messages.push_back({*role, *content});
    }
    if (messages.back().role == "assistant") refuse("the last message should ask, but is an answer");
    return messages;
  }

  TaskMatch readMatch(bool hasChoices) const {
    const auto text = m_tree.text("match");
    if (!text) return hasChoices ? TaskMatch::Choice : TaskMatch::Exact;
    for (const TaskMatch match : {TaskMatch::Exact, TaskMatch::Contains, TaskMatch::Regex, TaskMatch::Choice})
      if (*text == nameOf(match)) return match;
    refuse("\"match\" should be exact, contains, regex or choice; found " + io::inQuotes(*text));
  }

  /// A list of texts; empty when there is none.
  std::vector<std::string> readTexts(const char* key) const {
    const JsonTree* const list = m_tree.find(key);
    if (list == nullptr) return {};
    if (list->container != JsonContainer::Array) refuse(fmt::format("\"{}\" should be a list of texts", key));
    std::vector<std::string> texts;
    for (const auto& [name, item] : list->children) {
      const auto* const text = std::get_if<std::string>(&item.scalar);
      if (item.container || text == nullptr || trimmed(*text).empty())
        refuse(fmt::format("\"{}\" should hold texts that are not blank", key));
      texts.push_back(*text);
    }
    return texts;
  }

  void readAnswers(Task& task) const {
    task.answers = readTexts("answers");
    if (const auto answer = m_tree.text("answer"); answer && !trimmed(*answer).empty()) task.answers.push_back(*answer);
    if (task.answers.empty()) refuse("a task needs a text \"answer\" or a list \"answers\"");
    if (task.match != TaskMatch::Regex) return;
    try {
      for (const std::string& answer : task.answers) task.patterns.emplace_back(answer);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", m_where, error.what()));
    }
  }

  void readChoice(const std::vector<std::string>& choices, Task& task) const {
    if (choices.size() < 2 || choices.size() > kMostChoices)
      refuse(fmt::format("a choice needs 2 to {} \"choices\"", kMostChoices));
    task.choices = choices;
    if (const auto place = m_tree.number("answer"); place && *place < choices.size()) {
      task.right = *place;
      return;
    }
    const auto answer = m_tree.text("answer");
    const auto found = answer ? std::ranges::find(choices, *answer) : choices.end();
    if (found == choices.end()) refuse("the \"answer\" should be one of the \"choices\", or its place from 0");
    task.right = static_cast<std::size_t>(found - choices.begin());
  }

  const JsonTree& m_tree;
  const std::string& m_where;
};

}  // namespace

std::string_view nameOf(TaskMatch match) {
  switch (match) {
    case TaskMatch::Exact:
      return "exact";
    case TaskMatch::Contains:
      return "contains";
    case TaskMatch::Regex:
      return "regex";
    case TaskMatch::Choice:
      break;
  }
  return "choice";
}

bool Task::accepts(std::string_view answer) const {
  const std::string_view found = trimmed(answer);
  if (match == TaskMatch::Regex)
    return std::ranges::any_of(patterns, [&](const AnswerPattern& pattern) { return pattern.matches(found); });
  return std::ranges::any_of(answers, [&](const std::string& expected) {
    const std::string_view wanted = trimmed(expected);
    return match == TaskMatch::Exact ? found == wanted : found.find(wanted) != std::string_view::npos;
  });
}

TaskList parseTasks(std::string_view bytes, const std::string& title) {
  const std::string source = io::inQuotes(title);
  if (bytes.size() > kMostBytes)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{} has {} bytes; a file of tasks has at most {}.", source, bytes.size(), kMostBytes));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  TaskList list{title, {}, contentHash(std::as_bytes(std::span(bytes)))};
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (trimmed(line).empty()) continue;
    const std::string where = fmt::format("{}, line {}", source, number);
    if (list.tasks.size() == kMostTasks)
      throw Error(ErrorCode::InvalidFile, fmt::format("{}: there are at most {} tasks.", where, kMostTasks));
    io::JsonTreeBuilder builder(kMostValues, where);
    io::readJson(line, builder, where, kMaxDepth);
    const JsonTree tree = builder.take();
    list.tasks.push_back(TaskReader(tree, where).read());
  }
  if (list.tasks.empty()) throw Error(ErrorCode::InvalidFile, fmt::format("{} holds no tasks.", source));
  return list;
}

TaskList openTasks(const std::filesystem::path& path) {
  const io::MappedFile file(path);
  file.throwIfShortened();
  const auto bytes = file.contents();
  return parseTasks({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.filename().string());
}

}  // namespace core::evaluate
