#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace core::model {

/// A regular expression (PCRE2) that names tensors: it matches where it is found anywhere in the name, as in
/// llama-quantize. Copies share the compiled expression. Matching a name takes a bounded number of steps.
class TensorPattern {
 public:
  static constexpr std::size_t kLongest = 256;  ///< bytes

  /// @throws Error (InvalidArgument) saying what is wrong with the expression and where
  explicit TensorPattern(std::string_view text);

  const std::string& text() const { return m_text; }
  /// @throws Error (InvalidArgument) when the expression takes too many steps on this name
  bool matches(std::string_view name) const;

 private:
  std::string m_text;
  std::shared_ptr<const void> m_code;  ///< text::GuardedPattern
};

}  // namespace core::model
