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
/// Rows of one head, to be moved by the functions below; 0: they need not be. @param rows of the whole matrix
/// @throws Error (Unsupported) where they lie otherwise in a way that is not followed here
std::uint64_t headRows(RowOrder order, const ModelConfig& config, std::uint64_t rows);

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

}  // namespace core::model
