#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/charsmap.h"
#include "core/text/text_pattern.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// Changes a text before it is cut into words.
class Normalizer {
 public:
  /// @throws Error (Unsupported, InvalidFile) for an expression that PCRE2 does not accept, a malformed table
  explicit Normalizer(const std::vector<NormalizerStep>& steps);
  bool isIdentity() const { return m_steps.empty(); }
  /// @param text of any bytes; what is no UTF-8 goes through unchanged, or as U+FFFD under expressions
  /// @throws Error (Unsupported) for one that becomes longer than the longest text
  std::string apply(std::string_view text) const;
  /// The same, or nothing as soon as more than so many bytes come of it.
  std::optional<std::string> within(std::string_view text, std::size_t longest) const;

 private:
  struct Step {
    NormalizerStep settings;
    std::shared_ptr<const TextPattern> pattern;  ///< of ReplaceMatches
    std::shared_ptr<const Charsmap> charsmap;    ///< of Charsmap and CharsmapOfGraphemes
  };
  /// At least a part of it that is longer than `longest`, where it is.
  static std::string applyStep(const Step& step, std::string text, std::size_t longest);

  std::vector<Step> m_steps;
};

}  // namespace core::text
