#pragma once
#include <string>
#include <string_view>

#include "core/text/guarded_pattern.h"

namespace core::evaluate {

/// A regular expression (PCRE2, UTF-8) that answers are tested with: it matches where it is found anywhere in them.
/// Copies share the compiled expression. A test takes a bounded number of steps and a bounded amount of memory.
class AnswerPattern {
 public:
  static constexpr std::size_t kLongest = 1024;  ///< bytes

  /// @throws Error (InvalidArgument) saying what is wrong with the expression and where
  explicit AnswerPattern(std::string_view text);

  const std::string& text() const { return m_pattern.text(); }
  /// @throws Error (InvalidArgument) when the expression takes too many steps on this answer
  bool matches(std::string_view answer) const { return m_pattern.matches(answer); }

 private:
  text::GuardedPattern m_pattern;
};

}  // namespace core::evaluate
