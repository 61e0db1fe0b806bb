#include "core/model/recipe/tensor_pattern.h"

#include "core/text/guarded_pattern.h"

namespace core::model {

// A name is some fifty bytes long: an expression that needs more than the usual limits is a trap, not a pattern.
TensorPattern::TensorPattern(std::string_view text)
    : m_text(text),
      m_code(std::make_shared<const text::GuardedPattern>(
          text, text::PatternUse{.kind = "tensor pattern", .subject = "name", .longest = kLongest})) {}

bool TensorPattern::matches(std::string_view name) const {
  return static_cast<const text::GuardedPattern*>(m_code.get())->matches(name);
}

}  // namespace core::model
