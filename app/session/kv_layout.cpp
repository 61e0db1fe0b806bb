#include "app/session/kv_layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace app {

namespace {

constexpr KvStorage kAll[] = {KvStorage::F32, KvStorage::F16, KvStorage::Int8, KvStorage::Q8_0, KvStorage::Q4_0};

/// Of a row of one head (or of a latent vector): int8 has one FP32 scale for it, blocks have an FP16 scale each.
double rowBytes(KvStorage storage, std::uint64_t values) {
  const auto n = static_cast<double>(values);
  const auto blocks = static_cast<double>((values + 31) / 32);
  switch (storage) {
    case KvStorage::F32:
      return 4 * n;
    case KvStorage::F16:
      return 2 * n;
    case KvStorage::Int8:
      return values == 0 ? 0 : n + 4;
    case KvStorage::Q8_0:
      return 34 * blocks;
    case KvStorage::Q4_0:
      return 18 * blocks;
  }
  return 0;
}

}  // namespace

std::span<const KvStorage> allKvStorages() { return kAll; }

std::string_view nameOf(KvStorage storage) {
  constexpr std::string_view kNames[] = {"f32", "f16", "int8", "q8_0", "q4_0"};
  return kNames[static_cast<std::size_t>(storage)];
}

KvStorage kvStorageOf(std::string_view name) {
  for (const KvStorage storage : kAll)
    if (nameOf(storage) == name) return storage;
  throw core::Error(core::ErrorCode::InvalidArgument,
                    fmt::format("Keys and values are stored as f32, f16, int8, or in llama.cpp as q8_0 or q4_0, not as "
                                "\"{}\".",
                                name));
}

std::optional<core::model::KvType> ownKvType(KvStorage storage) {
  switch (storage) {
    case KvStorage::F32:
      return core::model::KvType::F32;
    case KvStorage::F16:
      return core::model::KvType::F16;
    case KvStorage::Int8:
      return core::model::KvType::Int8;
    default:
      return std::nullopt;
  }
}

KvStorage storageOf(core::model::KvType type) {
  return *std::ranges::find_if(kAll, [type](KvStorage storage) { return ownKvType(storage) == type; });
}

std::string KvLayout::describe() const {
  std::string text = latent != 0       ? fmt::format("MLA, {} + {} values", latent, ropeDims)
                     : kvHeads == 1    ? "MQA, one head for all"
                     : kvHeads < heads ? fmt::format("GQA, {} of {} heads", kvHeads, heads)
                                       : fmt::format("MHA, {} heads", kvHeads);
  if (window != 0 && windowLayers != 0)
    text += fmt::format("; window of {} in {} of {} layers", window, windowLayers, layers);
  if (stateLayers == 0) return text;
  const std::string states = fmt::format("a state in {} of {} layers", stateLayers, stateLayers + layers);
  return layers == 0 ? states : fmt::format("{}; {}", text, states);
}

double KvLayout::bytesPerPosition(KvStorage storage) const {
  if (latent != 0) return rowBytes(storage, latent) + rowBytes(storage, ropeDims);
  return kvHeads * (rowBytes(storage, headSize) + rowBytes(storage, valueHeadSize));
}

double KvLayout::windowBytesPerPosition(KvStorage storage) const {
  KvLayout narrow = *this;
  if (windowKvHeads != 0) narrow.kvHeads = windowKvHeads;
  if (windowHeadSize != 0) narrow.headSize = narrow.valueHeadSize = windowHeadSize;
  return narrow.bytesPerPosition(storage);
}

double KvLayout::bytes(std::uint32_t context, KvStorage storage) const {
  const std::uint32_t narrow = window == 0 ? 0 : std::min(windowLayers, layers);
  return bytesPerPosition(storage) * static_cast<double>(layers - narrow) * context +
         windowBytesPerPosition(storage) * static_cast<double>(narrow) * std::min(context, window) +
         static_cast<double>(stateFloats) * sizeof(float);
}

KvLayout kvLayoutOf(const core::model::ModelConfig& config) {
  KvLayout layout{.heads = config.heads,
                  .kvHeads = config.kvHeads,
                  .headSize = config.headSize,
                  .valueHeadSize = config.valueHeadSize,
                  .window = config.slidingWindow,
                  .windowKvHeads = config.windowKvHeads,
                  .windowHeadSize = config.windowHeadSize};
  if (config.isLatentSplit) {
    const auto kept = config.keptOf(0);
    layout.kvHeads = kept.heads;
    layout.headSize = kept.keySize;
    layout.valueHeadSize = kept.valueSize;
  }
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    if (config.isRecurrentAt(layer)) ++layout.stateLayers;
    if (!config.keepsKeysAt(layer)) continue;
    ++layout.layers;
    layout.windowLayers += config.windowOf(layer) != 0 ? 1 : 0;
  }
  const core::model::RecurrentSizes& state = config.recurrent;
  const std::uint64_t convolved = state.heads == 0 ? config.width : state.mixedWidth();
  const std::uint64_t each =
      convolved * (std::max(state.taps, 1U) - 1) + std::uint64_t{state.keySize} * state.valueWidth();
  layout.stateFloats = layout.stateLayers * each;
  return layout;
}

}  // namespace app
