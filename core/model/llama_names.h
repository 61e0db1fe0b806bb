#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"

namespace core::model {

/// How the rows of a matrix lie in a GGUF file of architecture "llama", compared with a Hugging Face folder.
enum class RowOrder : std::uint8_t {
  Same,
  /// Queries and keys (weights and biases): within every head of d rows, GGUF's row 2i is Hugging Face's row i, its row
  /// 2i + 1 that of i + d/2, because rotary embedding pairs neighbours there and halves here (RopePairing).
  /// Source: convert_hf_to_gguf.py of llama.cpp (permute).
  QueryHeads,
  KeyHeads
};

/// One tensor of the Llama family under its two names.
struct LlamaName {
  std::string_view gguf;         ///< "attn_q.weight" behind "blk.N." for a tensor of a block, else the whole name
  std::string_view huggingFace;  ///< "self_attn.q_proj.weight" behind "model.layers.N.", else the whole name
  bool isOfBlock = true;
  RowOrder order = RowOrder::Same;
};

/// Every tensor that models of this family may have.
std::span<const LlamaName> llamaNames();

/// "blk.3.attn_q.weight" → "model.layers.3.self_attn.q_proj.weight". Nothing for other names.
std::optional<std::string> huggingFaceName(std::string_view ggufName);
/// The other way.
std::optional<std::string> ggufName(std::string_view huggingFaceName);
/// Whichever of the two it is not.
std::optional<std::string> otherLlamaName(std::string_view name);
/// What the tensor of this GGUF name is called in files of a format.
std::string nameIn(io::FileFormat format, std::string_view ggufName);
/// Of a tensor by either of its names.
RowOrder rowOrderOf(std::string_view name);

/// Where a row of a Hugging Face matrix lies in GGUF's order. @param headRows rows of one head, even
/// @pre order is not Same
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
