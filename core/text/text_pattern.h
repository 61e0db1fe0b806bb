#pragma once
#include <chrono>
#include <optional>
#include <string_view>

#include "core/text/pcre2_objects.h"
#include "core/text/unicode.h"

namespace core::text {

/// A stranger's regular expression over long texts (a tokenizer's): its length, steps, memory and time are bounded.
class TextPattern {
 public:
  /// @param expression PCRE2's, with UTF and UCP
  /// @throws Error (Unsupported) for one that is too long or that PCRE2 does not accept
  explicit TextPattern(std::string_view expression);

  /// What one thread needs to look for it: memory of its own, to be used for many texts.
  class Matcher {
   public:
    explicit Matcher(const TextPattern& pattern);
    /// The time of all searches counts from here.
    void restart();

   private:
    friend class TextPattern;
    void checkTime();

    pcre2::MatchData m_data;
    pcre2::MatchContext m_context;
    pcre2::JitStack m_stack;
    std::chrono::steady_clock::time_point m_deadline;
    unsigned m_untilLook = 0;  ///< matches before the clock is looked at
  };

  struct Range {
    std::size_t begin, end;
  };
  /// The first match from a place on. @param text valid UTF-8
  /// @throws Error (Unsupported) when the expression needs more than the limits of memory, steps and time
  std::optional<Range> find(std::string_view text, std::size_t from, Matcher& matcher) const;

  /// Calls visit(range, isMatch) for the parts of a text: matches and what lies between them, none of them empty.
  template <typename Visit>
  void forEachPart(std::string_view text, Matcher& matcher, const Visit& visit) const {
    std::size_t position = 0;
    std::size_t from = 0;
    while (from < text.size()) {
      const std::optional<Range> match = find(text, from, matcher);
      if (!match) break;
      if (match->end <= match->begin) {  // a match of nothing cuts nothing
        if (match->begin >= text.size()) break;
        from = match->begin + firstCharacter(text.substr(match->begin)).length;
        continue;
      }
      if (match->begin > position) visit(Range{position, match->begin}, false);
      visit(*match, true);
      position = from = match->end;
    }
    if (position < text.size()) visit(Range{position, text.size()}, false);
  }

 private:
  pcre2::Code m_code;
  bool m_hasJit = false;
};

}  // namespace core::text
