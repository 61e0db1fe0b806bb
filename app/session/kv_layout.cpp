#include "app/session/kv_layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace app {

namespace {

double headBytes(core::model::KvFormat format, std::uint64_t values) {
  return static_cast<double>(core::model::kvHeadBytes(format, values));
}

}  // namespace

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

double KvLayout::bytesPerPosition(core::model::KvType type) const {
  if (latent != 0) return headBytes(type.keys, latent) + headBytes(type.keys, ropeDims);
  return kvHeads * (headBytes(type.keys, headSize) + headBytes(type.values, valueHeadSize));
}

double KvLayout::windowBytesPerPosition(core::model::KvType type) const {
  KvLayout narrow = *this;
  if (windowKvHeads != 0) narrow.kvHeads = windowKvHeads;
  if (windowHeadSize != 0) narrow.headSize = narrow.valueHeadSize = windowHeadSize;
  return narrow.bytesPerPosition(type);
}

double KvLayout::bytes(std::uint32_t context, core::model::KvType type) const {
  const std::uint32_t narrow = window == 0 ? 0 : std::min(windowLayers, layers);
  return bytesPerPosition(type) * static_cast<double>(layers - narrow) * context +
         windowBytesPerPosition(type) * static_cast<double>(narrow) * std::min(context, window) +
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
