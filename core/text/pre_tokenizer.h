#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/text/text_pattern.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// Cuts a text into the words within which tokens merge. Each step cuts the parts that the one before it left.
class PreTokenizer {
 public:
  /// @throws Error (Unsupported) for an expression that PCRE2 does not accept
  explicit PreTokenizer(std::span<const SplitStep> steps);

  /// What one thread needs to cut texts.
  class Workspace {
   public:
    explicit Workspace(const PreTokenizer& preTokenizer);

   private:
    friend class PreTokenizer;
    std::vector<std::unique_ptr<TextPattern::Matcher>> m_matchers;  ///< one per step, or null
  };
  using Visit = std::function<void(std::string_view word)>;

  /// Calls `visit` with the words of a text, in order; a word lives as long as its visit.
  /// @param text of any bytes: expressions see U+FFFD for what is no UTF-8, the words keep the bytes
  /// @param isFirst whether the whole text begins here, not behind a token
  /// @throws Error (Unsupported) when an expression needs more than the limits of memory and steps
  void forEachWord(std::string_view text, bool isFirst, Workspace& workspace, const Visit& visit) const;

 private:
  struct Part {
    std::string_view text;
    bool isFirst;
    bool isValid;  ///< UTF-8
  };
  struct Step {
    SplitStep settings;
    std::unique_ptr<const TextPattern> pattern;  ///< where it has an expression
  };
  /// What the steps from one on make of a part.
  void cut(std::size_t step, const Part& part, Workspace& workspace, const Visit& visit) const;
  void cutByPattern(std::size_t step, const Part& part, Workspace& workspace, const Visit& visit) const;
  void cutAtBlanks(std::size_t step, const Part& part, Workspace& workspace, const Visit& visit) const;

  std::vector<Step> m_steps;
};

}  // namespace core::text
