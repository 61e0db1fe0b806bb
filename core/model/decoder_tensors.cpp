#include "core/model/decoder_tensors.h"

#include <algorithm>
#include <vector>

#include "core/io/packed_weights.h"
#include "core/io/towers.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/config_keys.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

/// Its name where other models lie beside the decoder.
std::optional<std::string> inSeveralModels(const io::Checkpoint& checkpoint, const std::string& bare) {
  if (!io::hasTowers(checkpoint.metadata())) return std::nullopt;
  for (const char* const outer : {"language_model.model.", "model.language_model.", "model.text_model.", "text_model."})
    if (std::string name = outer + bare; checkpoint.find(name)) return name;
  return std::nullopt;
}

/// Its name where it stands: behind those of models beside it, or without the prefix of whole models.
std::string placedName(const io::Checkpoint& checkpoint, std::string name) {
  const Architecture* const architecture = findArchitecture(checkpoint);
  const std::string_view blocks = architecture == nullptr ? Architecture().folderBlocks : architecture->folderBlocks;
  const std::string_view decoder = blocks.substr(0, blocks.find('.') + 1);  // "model."
  if (checkpoint.format() == io::FileFormat::Gguf || checkpoint.find(name)) return name;
  if (!name.starts_with(decoder)) {
    std::string inside = "language_model." + name;
    return checkpoint.find(inside) ? inside : name;
  }
  const std::string bare = name.substr(decoder.size());
  if (checkpoint.find(bare)) return bare;
  return inSeveralModels(checkpoint, bare).value_or(name);
}

}  // namespace

std::string storedName(const io::Checkpoint& checkpoint, std::string name) {
  std::string stored = placedName(checkpoint, name);
  if (checkpoint.find(stored)) return stored;
  // TensorFlow's words in the oldest folders of BERT, which transformers still reads.
  for (const auto& [now, once] : {std::pair("LayerNorm.weight", "gamma"), std::pair("LayerNorm.bias", "beta")}) {
    if (!name.ends_with(now)) continue;
    std::string old = placedName(checkpoint, name.substr(0, name.rfind('.') + 1) + once);
    if (checkpoint.find(old)) return old;
  }
  return stored;
}

std::string decoderTensor(const io::Checkpoint& checkpoint, std::string_view ggufName) {
  return storedName(checkpoint, TensorNames(checkpoint).in(checkpoint.format(), ggufName));
}

bool hasOwnOutput(const io::Checkpoint& checkpoint) {
  const bool isThere = checkpoint.find(decoderTensor(checkpoint, "output.weight")).has_value();
  if (checkpoint.format() == io::FileFormat::Gguf) return isThere;
  const ConfigKeys keys(checkpoint);
  const auto isTied = checkpoint.metadata().boolean(keys("tie_word_embeddings"));
  return isTied ? !*isTied : isThere;
}

bool isTiedOutput(const io::Checkpoint& checkpoint, std::string_view name) {
  return checkpoint.format() != io::FileFormat::Gguf && name == decoderTensor(checkpoint, "output.weight") &&
         !hasOwnOutput(checkpoint);
}

bool isWithoutEffect(const io::Checkpoint& checkpoint, const io::TensorInfo& tensor) {
  if (checkpoint.format() == io::FileFormat::Gguf) return false;
  if (tensor.name.ends_with("rotary_emb.inv_freq")) return true;
  // Old ones of GPT-2: which positions are seen, and what the others get.
  if (tensor.name.ends_with(".attn.masked_bias") || (tensor.name.ends_with(".attn.bias") && tensor.shape.rank() == 4))
    return true;
  // Scales of a cache in 8 bits, whose type is chosen here (KvType), and warned of when the file is opened.
  if (io::isCacheScale(tensor.name)) return true;
  if (isTiedOutput(checkpoint, tensor.name)) return true;
  if (tensor.name == decoderTensor(checkpoint, "output.weight")) return false;
  constexpr std::uint64_t kMostValues = 1U << 20U;
  const bool isBias = tensor.name.ends_with(".bias") && tensor.shape.rank() == 1 && tensor.isReadable();
  if (!isBias || tensor.shape[0] > kMostValues || tensor.assembly != io::Assembly::None) return false;
  std::vector<float> values(tensor.shape[0]);
  quant::decode(checkpoint.view(tensor.name), 0, values.size(), values.data());
  return std::ranges::all_of(values, [](float value) { return value == 0.0F; });
}

}  // namespace core::model
