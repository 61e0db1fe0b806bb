#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/checkpoint.h"

namespace core::model {

/// What a tensor is for. The first group multiplies activations: schemes are for them. The second stays as stored.
enum class TensorRole : std::uint8_t {
  Query,
  Key,
  Value,
  KeyValue,
  QueryKeyValue,
  AttentionOutput,
  AttentionGate,
  LatentDown,  ///< to a low rank: DeepSeek's attn_q_a, attn_kv_a_mqa
  LatentUp,    ///< from it: attn_q_b, attn_kv_b, attn_k_b, attn_v_b
  Gate,
  Up,
  GateUp,
  Down,
  StateSpace,  ///< the projections of Mamba and of linear attention
  TimeMixing,  ///< the projections of RWKV
  Linear,      ///< a matrix in a block whose name says nothing

  Router,
  Norm,
  Bias,
  Embedding,
  Position,
  Output,
  Convolution,
  LowRank,  ///< small factors beside the matrices: RWKV's, Gemma 3n's, adapters
  Scale,
  Vector,
  OutsideBlocks,
  Unusable  ///< integers, no values, too many axes, bytes nobody can decode
};

/// "query", "up", "norm": for tables and axes.
std::string_view label(TensorRole role);

/// Whether a feed-forward matrix serves every token, some of them, or every token beside those of the experts.
enum class Experts : std::uint8_t { None, Routed, Shared };

enum class Fate : std::uint8_t { Quantize, Keep };

/// What the axes of a stored matrix are. The rows, groups and blocks of a scheme run along the last one.
enum class StoredAxes : std::uint8_t {
  OutputsInputs,  ///< as torch's Linear and GGUF store it
  InputsOutputs   ///< as some families store matrices that are not listed turned (stored_axes)
};

/// What a scheme does to one tensor of a checkpoint. A scheme may still refuse its shape (quant::accepts).
struct TensorChoice {
  Fate fate = Fate::Keep;
  TensorRole role = TensorRole::OutsideBlocks;
  std::string reason;  ///< why it is kept, as a fragment: "a norm"; empty for Fate::Quantize
  std::string stack;   ///< what stands before the block's number: "blk", "model.layers", "v.blk"; empty outside
  std::optional<std::uint32_t> layer;
  Experts experts = Experts::None;
  std::optional<std::uint32_t> expert;          ///< its number, where every expert is a tensor of its own
  StoredAxes axes = StoredAxes::OutputsInputs;  ///< of a tensor of Fate::Quantize
};

/// The one rule that says which tensors a scheme is for: the matrices of the numbered blocks, stacks of experts
/// included, in the names of GGUF and of Hugging Face. An unknown name is judged by its place and shape. In a model
/// without numbered blocks every matrix counts that is no known embedding, output or norm.
/// Norms, biases, routers, embeddings and the output matrix stay as stored, as bitsandbytes, GPTQ and AWQ leave them.
/// @return one choice per tensor of the checkpoint
std::vector<TensorChoice> chooseTensors(const io::Checkpoint& checkpoint);
/// The same for a table of tensors, which cannot tell the axes.
std::vector<TensorChoice> chooseTensors(std::span<const io::TensorInfo> tensors);

/// The choice for a tensor by its name, type and shape alone, in a model that has numbered blocks; it cannot tell the
/// axes.
TensorChoice chooseTensor(const io::TensorInfo& tensor);

/// Why no scheme can have this tensor, whatever it is for, as a fragment; empty when one can.
std::string whyUnusable(const io::TensorInfo& tensor);

/// Indices of the tensors of Fate::Quantize.
std::vector<std::size_t> tensorsToQuantize(const io::Checkpoint& checkpoint);

}  // namespace core::model
