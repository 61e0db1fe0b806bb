#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/model/tensor_roles.h"

namespace core::model {

/// What the mixtures of GGUF tell apart: broader than roles, and blind for what they have no rule for.
enum class TensorGroup : std::uint8_t {
  Embedding,      ///< of tokens
  TiedEmbedding,  ///< of tokens, and the output matrix of a model without one of its own
  Output,
  Query,
  Key,
  Value,           ///< alone
  QueryKeyValue,   ///< in one matrix
  LatentKeyValue,  ///< from a low rank to keys and values: DeepSeek's attn_kv_b
  AttentionOutput,
  Up,
  Gate,
  Down,
  Other
};

/// "value", "down projection": to follow a file type in an explanation.
std::string_view label(TensorGroup group);

/// By llama.cpp's names in a GGUF file, so that every tensor is in the group it is in there; by its role elsewhere.
TensorGroup groupOf(const io::TensorInfo& tensor, const TensorChoice& choice, io::FileFormat format);

/// Why no recipe may change this tensor, as a fragment ("a norm"); empty when one may: it is a matrix of weights, and
/// of a GGUF file one that llama.cpp's quantizer changes. Embedding and output may be changed.
std::string whyUntouched(const io::TensorInfo& tensor, const TensorChoice& choice, io::FileFormat format);

}  // namespace core::model
