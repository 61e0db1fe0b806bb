#include "gpu/kernels/attention_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gpu {

namespace {

/// As in shaders/common/attention_push.glsl.
struct Push {
  std::uint32_t query, queryStride, out, outStride, heads, kvHeads, headSize, valueHeadSize, window;
  float scale;
};

/// Query heads that share a pass over keys and values in attention_lanes: bounded by the registers their sums take.
std::uint32_t headsTogether(std::uint32_t group, std::uint32_t valueHeadSize) {
  const std::uint32_t most = valueHeadSize <= 64 ? 4 : 2;
  std::uint32_t heads = std::min(group, most);
  while (group % heads != 0) --heads;
  return heads;
}

}  // namespace

void recordAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::ModelConfig& config,
                     core::model::KvType type, std::uint32_t positions, Place query, Place out) {
  const Push push{query.offset,         query.stride,
                  out.offset,           out.stride,
                  config.heads,         config.kvHeads,
                  config.headSize,      config.valueHeadSize,
                  config.slidingWindow, 1.0F / std::sqrt(static_cast<float>(config.headSize))};
  const std::uint32_t half = type == core::model::KvType::F16 ? 1 : 0;
  const std::uint32_t keyOctets = divideUp(config.headSize, 8), valueOctets = divideUp(config.valueHeadSize, 8);
  const std::uint32_t visible = config.slidingWindow == 0 ? positions : std::min(positions, config.slidingWindow);
  const double work = 1.0 * recorder.tokens() * config.heads * visible * (config.headSize + config.valueHeadSize);
  if (recorder.choice().isLanes()) {
    const std::uint32_t heads = headsTogether(config.heads / config.kvHeads, config.valueHeadSize);
    const std::uint32_t wholeQuads = config.headSize % 4 == 0 ? 1 : 0;
    recorder.dispatch("attention_lanes", {recorder.choice().lanes, half, heads, keyOctets, valueOctets, wholeQuads},
                      sets, push, {config.heads / heads, recorder.tokens()}, work);
    return;
  }
  const std::uint32_t columns = std::min(std::bit_ceil(config.valueHeadSize), 128U);
  recorder.dispatch("attention_workgroups", {0, half, keyOctets, valueOctets, columns}, sets, push,
                    {config.heads, recorder.tokens()}, work);
}

}  // namespace gpu
