#pragma once
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"

namespace core::model {

/// What a checkpoint calls the tensor of this GGUF name: nameIn, without the "model." in front where a folder holds the
/// bare decoder (LlamaModel). Whether it is there is another question.
std::string llamaTensor(const io::Checkpoint& checkpoint, std::string_view ggufName);

/// Whether the logits come from a matrix of their own: there is one, and a folder's config.json does not tie it to the
/// embedding.
bool hasOwnOutput(const io::Checkpoint& checkpoint);

/// Whether the tensor has no part in the computation of this family: what old folders keep beside the weights
/// (rotary_emb.inv_freq), and biases of zeros, which some quantizers add to every layer.
bool isWithoutEffect(const io::Checkpoint& checkpoint, const io::TensorInfo& tensor);

}  // namespace core::model
