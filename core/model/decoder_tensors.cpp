#include "core/model/decoder_tensors.h"

#include <algorithm>
#include <vector>

#include "core/io/packed_weights.h"
#include "core/model/architectures/tensor_names.h"
#include "core/quant/quantizer.h"

namespace core::model {

std::string withoutPrefix(const io::Checkpoint& checkpoint, std::string name) {
  const Architecture* const architecture = findArchitecture(checkpoint);
  const std::string_view blocks = architecture == nullptr ? Architecture().folderBlocks : architecture->folderBlocks;
  const std::string_view prefix = blocks.substr(0, blocks.find('.') + 1);  // "model."
  if (checkpoint.find(name) || !name.starts_with(prefix)) return name;
  std::string bare = name.substr(prefix.size());
  return checkpoint.find(bare) ? bare : name;
}

std::string decoderTensor(const io::Checkpoint& checkpoint, std::string_view ggufName) {
  std::string name = TensorNames(checkpoint).in(checkpoint.format(), ggufName);
  return checkpoint.format() == io::FileFormat::Gguf ? name : withoutPrefix(checkpoint, std::move(name));
}

bool hasOwnOutput(const io::Checkpoint& checkpoint) {
  const bool isThere = checkpoint.find(decoderTensor(checkpoint, "output.weight")).has_value();
  if (checkpoint.format() == io::FileFormat::Gguf) return isThere;
  const auto isTied = checkpoint.metadata().boolean("config.tie_word_embeddings");
  return isTied ? !*isTied : isThere;
}

bool isWithoutEffect(const io::Checkpoint& checkpoint, const io::TensorInfo& tensor) {
  if (checkpoint.format() == io::FileFormat::Gguf) return false;
  if (tensor.name.ends_with("rotary_emb.inv_freq")) return true;
  // Old ones of GPT-2: which positions are seen, and what the others get.
  if (tensor.name.ends_with(".attn.masked_bias") || (tensor.name.ends_with(".attn.bias") && tensor.shape.rank() == 4))
    return true;
  // Scales of a cache in 8 bits, whose type is chosen here (KvType), and warned of when the file is opened.
  if (io::isCacheScale(tensor.name)) return true;
  if (tensor.name == TensorNames(checkpoint).in(checkpoint.format(), "output.weight")) return !hasOwnOutput(checkpoint);
  constexpr std::uint64_t kMostValues = 1U << 20U;
  const bool isBias = tensor.name.ends_with(".bias") && tensor.shape.rank() == 1 && tensor.isReadable();
  if (!isBias || tensor.shape[0] > kMostValues || tensor.assembly != io::Assembly::None) return false;
  std::vector<float> values(tensor.shape[0]);
  quant::decode(checkpoint.view(tensor.name), 0, values.size(), values.data());
  return std::ranges::all_of(values, [](float value) { return value == 0.0F; });
}

}  // namespace core::model
