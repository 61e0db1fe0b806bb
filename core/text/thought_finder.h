#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/reasoning_marks.h"
#include "core/text/token.h"

namespace core::text {

class Tokenizer;

/// Where a model's thoughts are in an answer. Places count bytes of what became visible of it.
struct Thought {
  std::size_t tokens = 0;  ///< from the answer's first: the thought, the marks around it, the blanks behind them
  std::size_t begin = 0, end = 0;  ///< of the thought, without its marks and the blanks at its ends
  std::size_t answer = 0;          ///< where the answer proper begins
  bool isOpen = false;             ///< nothing has ended it so far

  bool operator==(const Thought&) const = default;
};

/// Whether a prompt ends with the mark that begins a thought, so that the answer begins inside of one.
bool opensThought(std::string_view prompt, const ReasoningMarks& marks);

/// Follows an answer while it is written and finds the thought that it begins with. Marks may be control tokens, one
/// token or many, or end in the middle of one; a token in which the answer begins belongs to the answer.
class ThoughtFinder {
 public:
  /// @param isOpened see opensThought
  ThoughtFinder(ReasoningMarks marks, bool isOpened);

  /// @param visible the text that a token added, perhaps none
  /// @param control how the vocabulary writes it ("<|end|>") if it is a control token, which is never visible
  void push(std::string_view visible, std::string_view control = {});
  void push(std::string_view visible, TokenId id, const Tokenizer& tokenizer);
  /// Nothing while the answer has not begun to think. What was found may still grow.
  std::optional<Thought> found() const;

 private:
  enum class State : std::uint8_t { Before, Inside, Behind, None };
  struct Token {
    std::size_t marked, visible;  ///< where it ends in the text with and without control tokens
    bool isControl;
  };
  void look();
  std::size_t visibleAt(std::size_t marked) const;

  ReasoningMarks m_marks;
  State m_state = State::Before;
  std::string m_text;  ///< control tokens included
  std::size_t m_visible = 0;
  std::vector<Token> m_tokens;
  std::size_t m_begin = 0, m_end = 0, m_behind = 0;  ///< in m_text: of the thought, and behind its end mark
  std::size_t m_searched = 0;                        ///< no end mark begins before
};

}  // namespace core::text
