#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace core::text {

/// What a pattern is for, and how much it may take.
struct PatternUse {
  enum class Characters : std::uint8_t { Bytes, Unicode };

  std::string_view kind;     ///< as sentences call it: "tensor pattern"; outlives the pattern
  std::string_view subject;  ///< likewise what it is looked for in: "name"
  Characters characters = Characters::Bytes;
  std::size_t longest = 256;  ///< bytes of the expression
  std::uint32_t matchLimit = 20'000, heapLimitKib = 1024;
};

/// A stranger's regular expression (PCRE2), looked for anywhere in short texts. Its length and its nesting are bounded,
/// and so are the steps and the memory of every look. Copies share the compiled expression.
class GuardedPattern {
 public:
  /// @throws Error (InvalidArgument) saying what is wrong with the expression and where
  GuardedPattern(std::string_view text, const PatternUse& use);

  const std::string& text() const { return m_text; }
  /// @throws Error (InvalidArgument) when the expression takes too many steps on this text
  bool matches(std::string_view subject) const;

 private:
  std::string m_text;
  PatternUse m_use;
  std::shared_ptr<const void> m_code;  ///< pcre2_code
};

}  // namespace core::text
