#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/architectures/architecture.h"

namespace core::model {

/// The names of the weights of one architecture, or, for what nobody here knows, of decoders like Llama.
class TensorNames {
 public:
  /// Of the architecture of a checkpoint.
  explicit TensorNames(const io::Checkpoint& checkpoint);
  explicit TensorNames(const Architecture& architecture) : m_architecture(&architecture) {}

  /// "blk.3.attn_q.weight" → "model.layers.3.self_attn.q_proj.weight", a stack of experts with a '*' for their numbers
  /// where a folder has a tensor for each. Nothing for other names.
  std::optional<std::string> huggingFace(std::string_view ggufName) const;
  /// The other way; a tensor of one expert is its whole stack there.
  std::optional<std::string> gguf(std::string_view huggingFaceName) const;
  /// Whichever of the two it is not.
  std::optional<std::string> other(std::string_view name) const;
  /// What the tensor of this GGUF name is called in files of a format.
  std::string in(io::FileFormat format, std::string_view ggufName) const;
  /// Of the architecture's table, by either of a tensor's names; null for other tensors.
  const WeightRow* row(std::string_view name) const;
  /// Of a tensor by either of its names.
  RowOrder rowOrder(std::string_view name) const;

 private:
  const Architecture* m_architecture;
};

/// A name as the language model alone would have it: without what stands before it in a folder of several models
/// ("language_model.model.layers.3…", "model.language_model.layers.3…").
std::string withoutOuterModel(std::string_view huggingFaceName);

/// What GGUF files call a tensor, by either of its names, in whatever architecture has it; the name itself where none
/// does: for the kind of a tensor ("attn_q"), not for finding one.
std::string canonicalName(std::string_view name);
/// The other name of a tensor, by either of its names, in whatever architecture has it: for what files about a model
/// (importance matrices) call it, which say nothing of the architecture.
std::optional<std::string> otherName(std::string_view name);

}  // namespace core::model
