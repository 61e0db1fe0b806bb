#include "core/io/chat_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/io/json_reader.h"

namespace core::io {

namespace {

constexpr std::size_t kMostListDepth = 16;

/// Finds the messages or the text of one line. What stands under other keys is walked over.
class LineVisitor final : public JsonVisitor {
 public:
  explicit LineVisitor(const std::string& source) : m_source(source) {}

  ChatLine take() {
    if (!m_turns.empty()) return {std::move(m_turns), {}};
    if (m_text) return {{}, std::move(*m_text)};
    for (Pair& pair : m_pairs)
      if (pair.asks.isThere || pair.answers.isThere) return {turnsOf(pair), {}};
    refuse(
        "expected {\"messages\": […]}, a list of messages, {\"text\": \"…\"} or {\"question\": \"…\", \"answer\": "
        "\"…\"} with something in it");
  }

  void onBegin(JsonContainer container) override {
    ++m_depth;
    const bool isList = container == JsonContainer::Array;
    if (isList && m_listDepth == 0 && ((m_depth == 1) || (m_depth == 2 && m_key == "messages"))) m_listDepth = m_depth;
    if (isInList() && m_depth == m_listDepth + 1) {
      if (isList) refuseMessage();
      m_turns.emplace_back();
      m_hasRole = m_hasContent = false;
    }
    if (m_depth == 2 && !isInList()) onField(nullptr);
    m_key.clear();
  }

  void onEnd(JsonContainer /*container*/) override {
    if (isInList() && m_depth == m_listDepth + 1 && !(m_hasRole && m_hasContent)) refuseMessage();
    if (m_depth == m_listDepth) m_listDepth = kDone;
    --m_depth;
    m_key.clear();
  }

  void onKey(std::string key) override { m_key = std::move(key); }

  void onScalar(JsonScalar value) override {
    auto* const text = std::get_if<std::string>(&value);
    if (isInList() && m_depth == m_listDepth) refuseMessage();
    if (isInList() && m_depth == m_listDepth + 1 && text != nullptr) {
      if (m_key == "role") m_hasRole = true, m_turns.back().role = std::move(*text);
      if (m_key == "content") m_hasContent = true, m_turns.back().content = std::move(*text);
    }
    if (m_depth == 1 && !isInList()) onField(text);
    m_key.clear();
  }

 private:
  /// A text that a line may have under a key of its own.
  struct Field {
    std::string_view key;
    std::string text = {};
    bool isThere = false;
  };
  struct Pair {
    Field asks, answers;
  };

  /// @param text null: the value is something else
  void onField(std::string* text) {
    if (m_key == "text" && text != nullptr && !text->empty()) m_text = std::move(*text);
    for (Pair& pair : m_pairs)
      for (Field* const field : {&pair.asks, &pair.answers}) {
        if (field->key != m_key) continue;
        field->isThere = true;
        if (text != nullptr) field->text = std::move(*text);
      }
  }

  std::vector<ChatTurn> turnsOf(Pair& pair) const {
    for (const Field* const field : {&pair.asks, &pair.answers})
      if (field->text.empty())
        refuse(field->isThere ? fmt::format("\"{}\" should be a text with something in it", field->key)
                              : fmt::format("\"{}\" is missing beside \"{}\"", field->key,
                                            field == &pair.asks ? pair.answers.key : pair.asks.key));
    return {{"user", std::move(pair.asks.text)}, {"assistant", std::move(pair.answers.text)}};
  }

  static constexpr std::size_t kDone = kMostListDepth + 1;  ///< m_listDepth once the list is over

  bool isInList() const { return m_listDepth != 0 && m_listDepth != kDone; }
  [[noreturn]] void refuse(std::string_view detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_source, detail));
  }
  [[noreturn]] void refuseMessage() const { refuse("a message should have the texts \"role\" and \"content\""); }

  const std::string& m_source;
  std::vector<ChatTurn> m_turns;
  std::optional<std::string> m_text;
  std::array<Pair, 2> m_pairs{{{{.key = "question"}, {.key = "answer"}}, {{.key = "prompt"}, {.key = "completion"}}}};
  std::string m_key;            ///< of the value that comes next
  std::size_t m_depth = 0;      ///< open containers
  std::size_t m_listDepth = 0;  ///< of the list of messages; 0 before it
  bool m_hasRole = false, m_hasContent = false;
};

bool isBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

std::vector<ChatLine> readChatLines(std::string_view text, std::string_view source) {
  std::vector<ChatLine> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (isBlank(line)) continue;
    const std::string where = fmt::format("{}, line {}", source, number);
    LineVisitor visitor(where);
    readJson(line, visitor, where, kMostListDepth);
    lines.push_back(visitor.take());
  }
  return lines;
}

}  // namespace core::io
