#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/vocabulary_data.h"

namespace core::text {

/// Changes a text before it is cut into words.
class Normalizer {
 public:
  explicit Normalizer(std::vector<NormalizerStep> steps) : m_steps(std::move(steps)) {}
  bool isIdentity() const { return m_steps.empty(); }
  /// @param text of any bytes; what is no UTF-8 goes through unchanged
  /// @throws Error (Unsupported) for one that becomes longer than the longest text
  std::string apply(std::string_view text) const;
  /// The same, or nothing as soon as more than so many bytes come of it.
  std::optional<std::string> within(std::string_view text, std::size_t longest) const;

 private:
  std::vector<NormalizerStep> m_steps;
};

}  // namespace core::text
