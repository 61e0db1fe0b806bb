#pragma once
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"

namespace core::model {

/// What a checkpoint calls the tensor of this GGUF name: TensorNames::in, without the "model." in front where a folder
/// holds the bare decoder (LlamaModel), and behind "language_model." and the like where it holds other models, too.
/// Whether it is there is another question.
std::string decoderTensor(const io::Checkpoint& checkpoint, std::string_view ggufName);

/// The same for a name that is already the folder's own.
std::string storedName(const io::Checkpoint& checkpoint, std::string name);

/// Whether the logits come from a matrix of their own, as a folder's config.json says: one that it does not tie to the
/// embedding has to be there. Where nothing says it, whether there is one.
bool hasOwnOutput(const io::Checkpoint& checkpoint);

/// Whether the tensor is an output matrix beside a config that ties the output to the embedding.
bool isTiedOutput(const io::Checkpoint& checkpoint, std::string_view name);

/// Whether the tensor has no part in the computation of decoders: what old folders keep beside the weights
/// (rotary_emb.inv_freq), and biases of zeros, which some quantizers add to every layer.
bool isWithoutEffect(const io::Checkpoint& checkpoint, const io::TensorInfo& tensor);

}  // namespace core::model
