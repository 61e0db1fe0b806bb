#include "core/model/recipe/mixture_model.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>
#include <variant>

#include "core/model/tensor_place.h"

namespace core::model {

namespace {

/// A count, of the first block where every block has its own; nothing for what is no count.
std::optional<std::uint32_t> countAt(const io::Metadata& metadata, const std::string& key) {
  const io::MetadataValue* const value = metadata.find(key);
  if (value == nullptr) return std::nullopt;
  std::int64_t count = -1;
  if (const auto* const whole = std::get_if<std::uint64_t>(value)) {
    count = static_cast<std::int64_t>(std::min<std::uint64_t>(*whole, std::numeric_limits<std::int64_t>::max()));
  } else if (const auto* const integer = std::get_if<std::int64_t>(value)) {
    count = *integer;
  } else if (const auto* const array = std::get_if<io::MetadataArray>(value)) {
    const bool isInteger =
        array->elementType() != io::MetadataType::String && array->elementType() != io::MetadataType::Array &&
        array->elementType() != io::MetadataType::F32 && array->elementType() != io::MetadataType::F64;
    if (isInteger && array->size() > 0) count = array->integers().front();
  }
  if (count < 0 || count > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(count);
}

std::uint32_t firstOf(const io::Metadata& metadata, std::string_view prefix, std::initializer_list<const char*> keys,
                      std::uint32_t otherwise) {
  for (const char* const key : keys)
    if (const auto count = countAt(metadata, std::string(prefix) + key)) return *count;
  return otherwise;
}

std::uint32_t blocksByName(std::span<const io::TensorInfo> tensors) {
  std::uint32_t blocks = 0;
  for (const io::TensorInfo& tensor : tensors) {
    const auto layer = placeOf(tensor.name).layer;
    if (layer && *layer < std::numeric_limits<std::uint32_t>::max()) blocks = std::max(blocks, *layer + 1);
  }
  return blocks;
}

}  // namespace

// Which models are of "type 70B": the prebuilt llama.cpp 0.5.0 was asked for 1 to 128 blocks of every architecture.
bool MixtureModel::isSeventyBillion() const {
  if (architecture == "jais2") return blocks == 68;
  if (blocks != 80) return false;
  if (architecture == "llama" || architecture == "llama-embed") return heads != keyHeads;
  return architecture == "qwen2" || architecture == "deci" || architecture == "olmo";
}

MixtureModel mixtureModelOf(const io::Metadata& metadata, const std::string& architecture, io::FileFormat format,
                            std::span<const io::TensorInfo> tensors) {
  MixtureModel model;
  model.architecture = architecture;
  const std::uint32_t counted = blocksByName(tensors);
  if (format == io::FileFormat::Gguf) {
    const std::string prefix = architecture + '.';
    model.blocks = firstOf(metadata, prefix, {"block_count"}, counted);
    model.heads = firstOf(metadata, prefix, {"attention.head_count"}, 0);
    model.keyHeads = firstOf(metadata, prefix, {"attention.head_count_kv"}, model.heads);
    model.experts = firstOf(metadata, prefix, {"expert_count"}, 0);
  } else {
    const std::string_view prefix = "config.";
    model.blocks = firstOf(metadata, prefix, {"num_hidden_layers", "n_layer", "n_layers"}, counted);
    model.heads = firstOf(metadata, prefix, {"num_attention_heads", "n_head"}, 0);
    model.keyHeads = firstOf(metadata, prefix, {"num_key_value_heads", "num_kv_heads", "n_head_kv"}, model.heads);
    model.experts = firstOf(metadata, prefix, {"num_local_experts", "n_routed_experts", "num_experts"}, 0);
  }
  return model;
}

}  // namespace core::model
