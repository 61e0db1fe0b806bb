#pragma once
#include <cstdint>
#include <string>

#include "core/model/config.h"
#include "core/model/kv_type.h"

namespace app {

/// What a model keeps of every position, whoever runs it.
///   per head    keys and values of each KV head: MHA, GQA, MQA by their number
///   window      blocks that look back `window` positions keep no more of them (Mistral 7B v0.1, every second of Gemma
///   2), and may have heads of their own (Gemma 4)
///   latent      MLA (DeepSeek-V2): one compressed vector of `latent` values and `ropeDims` rotated ones, for all heads
///   state       blocks that keep one in FP32 of all positions together (LFM2, Qwen 3.5, Mamba-2)
struct KvLayout {
  std::uint32_t layers = 0, heads = 0, kvHeads = 0;  ///< layers that keep keys and values
  std::uint64_t headSize = 0, valueHeadSize = 0;
  std::uint32_t window = 0, windowLayers = 0;
  std::uint32_t latent = 0, ropeDims = 0;
  std::uint32_t windowKvHeads = 0;   ///< 0: as the others
  std::uint64_t windowHeadSize = 0;  ///< likewise, of keys and of values
  std::uint32_t stateLayers = 0;
  std::uint64_t stateFloats = 0;  ///< of all layers

  bool operator==(const KvLayout&) const = default;

  /// "MHA", "GQA, 8 of 32 heads", "MQA", "MLA, 512 + 64"; with "window of 4096 in 21 of 42 layers" behind it.
  std::string describe() const;
  /// Bytes of a block's keys and values of one position, where it sees all of them.
  double bytesPerPosition(core::model::KvType type) const;
  /// Of one that sees a window.
  double windowBytesPerPosition(core::model::KvType type) const;
  /// Of a sequence of so many positions, windows used.
  double bytes(std::uint32_t context, core::model::KvType type) const;
};

KvLayout kvLayoutOf(const core::model::ModelConfig& config);

}  // namespace app
