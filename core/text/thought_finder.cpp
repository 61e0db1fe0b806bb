#include "core/text/thought_finder.h"

#include <algorithm>
#include <utility>

#include "core/text/tokenizer.h"

namespace core::text {

namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::size_t firstVisible(std::string_view text, std::size_t from) {
  return std::min(text.find_first_not_of(kBlank, from), text.size());
}

}  // namespace

bool opensThought(std::string_view prompt, const ReasoningMarks& marks) {
  const std::size_t last = prompt.rfind(marks.begin);
  return last != std::string_view::npos && firstVisible(prompt, last + marks.begin.size()) == prompt.size();
}

ThoughtFinder::ThoughtFinder(ReasoningMarks marks, bool isOpened)
    : m_marks(std::move(marks)), m_state(isOpened ? State::Inside : State::Before) {
  if (m_marks.begin.empty() || m_marks.end.empty()) m_state = State::None;
}

void ThoughtFinder::push(std::string_view visible, std::string_view control) {
  if (m_state == State::None) return;
  m_text += control.empty() ? visible : control;
  m_visible += visible.size();
  m_tokens.push_back({m_text.size(), m_visible, !control.empty()});
  look();
}

void ThoughtFinder::push(std::string_view visible, TokenId id, const Tokenizer& tokenizer) {
  if (m_state != State::None) push(visible, tokenizer.bytes(id).empty() ? tokenizer.piece(id) : std::string());
}

void ThoughtFinder::look() {
  if (m_state == State::Before) {
    const std::size_t from = firstVisible(m_text, 0);
    const std::string_view said = std::string_view(m_text).substr(from);
    if (said.starts_with(m_marks.begin)) {
      m_state = State::Inside;
      m_begin = m_searched = from + m_marks.begin.size();
    } else if (!std::string_view(m_marks.begin).starts_with(said)) {
      m_state = State::None;
    }
  }
  if (m_state != State::Inside) return;
  m_end = m_text.find(m_marks.end, m_searched);
  if (m_end == std::string::npos) {
    m_end = m_text.size();
    // The mark may be half written.
    m_searched = std::max(m_searched, m_text.size() - std::min(m_text.size(), m_marks.end.size() - 1));
    return;
  }
  m_behind = m_end + m_marks.end.size();
  m_state = State::Behind;
}

std::size_t ThoughtFinder::visibleAt(std::size_t marked) const {
  const auto token =
      std::ranges::lower_bound(m_tokens, marked, {}, [](const Token& candidate) { return candidate.marked; });
  if (token == m_tokens.end()) return m_visible;
  const bool isFirst = token == m_tokens.begin();
  const std::size_t begin = isFirst ? 0 : std::prev(token)->visible;
  if (token->isControl) return marked == token->marked ? token->visible : begin;
  return begin + (marked - (isFirst ? 0 : std::prev(token)->marked));
}

std::optional<Thought> ThoughtFinder::found() const {
  if (m_state == State::None || m_state == State::Before) return std::nullopt;
  Thought thought;
  const std::size_t begin = std::min(firstVisible(m_text, m_begin), m_end);
  std::size_t end = m_end;
  while (end > begin && kBlank.find(m_text[end - 1]) != std::string_view::npos) --end;
  thought.begin = visibleAt(begin);
  thought.end = visibleAt(end);
  thought.isOpen = m_state == State::Inside;
  const std::size_t answer = thought.isOpen ? m_text.size() : firstVisible(m_text, m_behind);
  thought.answer = visibleAt(answer);
  thought.tokens = static_cast<std::size_t>(
      std::ranges::upper_bound(m_tokens, answer, {}, [](const Token& token) { return token.marked; }) -
      m_tokens.begin());
  return thought;
}

}  // namespace core::text
