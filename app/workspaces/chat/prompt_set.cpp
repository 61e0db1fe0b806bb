#include "app/workspaces/chat/prompt_set.h"

#include <fmt/format.h>

#include <QFile>
#include <nlohmann/json.hpp>

#include "app/text/tr.h"
#include "core/base/error.h"

namespace app {

using text::tr;

namespace {

using Json = nlohmann::json;
constexpr std::size_t kMostQuestions = 10'000;

QString textOf(const Json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const auto found = object.find(key); found != object.end() && found->is_string())
      return QString::fromStdString(found->get<std::string>()).trimmed();
  return {};
}

/// @throws core::Error as parseTasks
PromptItem taskItem(const QByteArray& line) {
  const auto tasks = core::evaluate::parseTasks(line.toStdString(), "task").tasks;
  const core::evaluate::Task& task = tasks.front();
  PromptItem item{QString::fromStdString(task.question()), {}, {}};
  if (task.match == core::evaluate::TaskMatch::Choice) return item;  // what is scored there is not what is written
  QStringList answers;
  for (const std::string& answer : task.answers) answers << QString::fromStdString(answer);
  item.expected = answers.join(QStringLiteral(" | "));
  item.task = task;
  return item;
}

PromptItem itemOf(const QByteArray& line, std::size_t number) {
  if (!line.startsWith('{')) return {QString::fromUtf8(line), {}, {}};
  const Json object = Json::parse(line.begin(), line.end(), nullptr, false);
  PromptItem item;
  const auto has = [&object](const char* key) { return object.is_object() && object.contains(key); };
  try {
    if (has("answer") || has("answers") || has("choices")) return taskItem(line);
  } catch (const core::Error& error) {
    throw core::Error(core::ErrorCode::InvalidFile, fmt::format("Line {} is no task: {}", number, error.what()));
  }
  if (object.is_object()) item = {textOf(object, {"question", "prompt"}), textOf(object, {"expected"}), {}};
  if (item.question.isEmpty())
    throw core::Error(core::ErrorCode::InvalidFile,
                      fmt::format("Line {} should be a question, or a JSON object with one under \"question\" or "
                                  "\"prompt\".",
                                  number));
  return item;
}

PromptSet builtIn(const QString& title, const QString& resource) {
  QFile file(resource);
  if (!file.open(QIODevice::ReadOnly)) return {title, {}};
  return parsePromptSet(title, file.readAll());
}

}  // namespace

PromptSet parsePromptSet(const QString& title, const QByteArray& text) {
  PromptSet set{title, {}};
  std::size_t number = 0;
  for (const QByteArray& line : text.split('\n')) {
    ++number;
    if (const QByteArray words = line.trimmed(); !words.isEmpty()) set.items.push_back(itemOf(words, number));
    if (set.items.size() > kMostQuestions)
      throw core::Error(core::ErrorCode::InvalidFile, fmt::format("A set holds at most {} questions.", kMostQuestions));
  }
  if (set.items.empty()) throw core::Error(core::ErrorCode::InvalidFile, "There is no question in this file.");
  return set;
}

const std::vector<PromptSet>& builtInPromptSets() {
  static const std::vector<PromptSet> sets{
      builtIn(tr("Demonstration's questions"), QStringLiteral(":/prompts/demonstration.jsonl")),
      builtIn(tr("Sums and facts"), QStringLiteral(":/prompts/sums-and-facts.jsonl")),
      builtIn(tr("What the built-in model knows"), QStringLiteral(":/prompts/built-in-model.jsonl"))};
  return sets;
}

}  // namespace app
