#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::text {

/// SentencePiece's table of replacements (precompiled_charsmap): a double-array trie of texts, each with what takes its
/// place. Layout: uint32 size of the trie in bytes, the trie's uint32 units (darts-clone), then the replacements, each
/// ended by a zero byte; little-endian.
class Charsmap {
 public:
  /// @throws Error (InvalidFile) for one whose sizes do not fit its bytes
  explicit Charsmap(std::string_view bytes);

  /// SentencePiece's way: at each place the longest text of the table.
  /// @param longest bytes of a result that is of use: one that becomes longer ends somewhere behind them
  std::string applyLongest(std::string_view text, std::size_t longest) const;
  /// Hugging Face's way: a grapheme of up to five bytes, or else each of its characters, becomes what stands for the
  /// shortest text of the table that it begins with.
  std::string applyToGraphemes(std::string_view text, std::size_t longest) const;

 private:
  struct Found {
    std::size_t length;
    std::string_view replacement;
  };
  /// The longest or the shortest text of the table that a text begins with.
  std::optional<Found> find(std::string_view text, bool isLongest) const;
  std::optional<std::string_view> replacementAt(std::uint32_t offset) const;

  std::vector<std::uint32_t> m_units;
  std::string m_replacements;
};

}  // namespace core::text
