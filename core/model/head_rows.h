#pragma once
#include <cstdint>

namespace core::model {

/// How the rows of a matrix lie in a GGUF file, compared with a Hugging Face folder of the same model.
enum class RowOrder : std::uint8_t {
  Same,
  /// Queries and keys (weights and biases) of the architectures whose GGUF files pair neighbours in rotary embedding
  /// (RopePairing): within every head of d rows, GGUF's row 2i is Hugging Face's row i, its row 2i + 1 that of i + d/2.
  /// Source: convert_hf_to_gguf.py of llama.cpp (permute).
  QueryHeads,
  KeyHeads,
  /// What goes with the heads of values of Qwen 3.5, rows or columns: GGUF files have the first head of every key head,
  /// then the second of every one (HeadOrder). The same where there are as many of both.
  ValueHeads
};

struct ModelConfig;
struct WeightRow;

/// Where a row of a Hugging Face matrix lies in GGUF's order. @param headRows rows of one head, even
/// @pre order is QueryHeads or KeyHeads
constexpr std::uint64_t ggufRow(std::uint64_t huggingFaceRow, std::uint64_t headRows) {
  const std::uint64_t head = huggingFaceRow / headRows, row = huggingFaceRow % headRows, half = headRows / 2;
  return head * headRows + (row < half ? 2 * row : 2 * (row - half) + 1);
}
/// The other way.
constexpr std::uint64_t huggingFaceRow(std::uint64_t ggufRow, std::uint64_t headRows) {
  const std::uint64_t head = ggufRow / headRows, row = ggufRow % headRows, half = headRows / 2;
  return head * headRows + row / 2 + (row % 2 == 0 ? 0 : half);
}

/// How the lines of a matrix, its rows or its columns, lie in a GGUF file, compared with a folder: a permutation.
class LineOrder {
 public:
  LineOrder() = default;  ///< the same in both
  /// QueryHeads and KeyHeads. @param lines of a head, even
  static LineOrder inPairs(std::uint64_t lines) { return {Kind::Pairs, 0, lines, 1, 1}; }
  /// ValueHeads. @param first before which lines are of no head of values  @param lines of a head
  /// @param repeats heads of values for each of the `keyHeads` heads of keys
  static LineOrder ofValueHeads(std::uint64_t first, std::uint64_t lines, std::uint64_t keyHeads,
                                std::uint64_t repeats) {
    if (repeats == 1 || keyHeads == 1) return {};
    return {Kind::ValueHeads, first, lines, keyHeads, repeats};
  }

  bool isSame() const { return m_kind == Kind::Same; }
  /// Where a folder's line lies in the GGUF file.
  std::uint64_t inGguf(std::uint64_t folderLine) const;
  /// The other way.
  std::uint64_t inFolder(std::uint64_t ggufLine) const;

 private:
  enum class Kind : std::uint8_t { Same, Pairs, ValueHeads };
  LineOrder(Kind kind, std::uint64_t first, std::uint64_t lines, std::uint64_t keyHeads, std::uint64_t repeats)
      : m_kind(kind), m_first(first), m_lines(lines), m_keyHeads(keyHeads), m_repeats(repeats) {}

  Kind m_kind = Kind::Same;
  std::uint64_t m_first = 0, m_lines = 1, m_keyHeads = 1, m_repeats = 1;
};

struct MatrixOrder {
  LineOrder rows, columns;
  bool isSame() const { return rows.isSame() && columns.isSame(); }
};
/// @param rows of the whole matrix, or values of a bias
MatrixOrder orderOf(const WeightRow& row, const ModelConfig& config, std::uint64_t rows);

}  // namespace core::model
