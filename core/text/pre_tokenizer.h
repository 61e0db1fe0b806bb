#pragma once
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/vocabulary_data.h"

namespace core::text {

/// Cuts a text into the words within which BPE merges. Each step cuts the parts that the one before it left.
class PreTokenizer {
 public:
  /// @throws Error (Unsupported) for an expression that PCRE2 does not accept
  explicit PreTokenizer(std::span<const SplitStep> steps);
  ~PreTokenizer();
  PreTokenizer(const PreTokenizer&) = delete;
  PreTokenizer& operator=(const PreTokenizer&) = delete;

  struct Words {
    std::vector<std::string_view> parts;
    std::deque<std::string> storage;  ///< of parts that are not as they stand in the text
    Words() = default;
    Words(Words&&) = default;
    Words& operator=(Words&&) = default;
  };
  /// @param text of any bytes: expressions see U+FFFD for what is no UTF-8, the words keep the bytes
  /// @param isFirst whether the whole text begins here, not behind a token
  /// @throws Error (Unsupported) when an expression needs more than the limits of memory and steps
  Words split(std::string_view text, bool isFirst) const;

 private:
  class Pattern;
  struct Matcher;
  struct Step {
    SplitStep settings;
    std::unique_ptr<Pattern> pattern;  ///< of Isolated and Matches
  };
  struct Part {
    std::string_view text;
    bool isFirst;
  };
  /// @param matcher of the step's pattern, where it has one
  static void apply(const Step& step, const Part& part, Matcher* matcher, Words& words, std::vector<Part>& out);

  std::vector<Step> m_steps;
};

}  // namespace core::text
