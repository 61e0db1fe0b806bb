#include "gpu/kernels/attention_kernel.h"

#include <algorithm>
#include <bit>

#include "gpu/kernels/store_kv_kernel.h"

namespace gpu {

namespace {

constexpr std::uint32_t kLeastWorkgroup = 128;  // of attention_workgroups, which every device has
constexpr std::uint32_t kManyGroups = 1024;     // they fill any GPU

/// Query heads that share a pass over keys and values in attention_lanes: bounded by the registers their sums take.
std::uint32_t headsTogether(std::uint32_t group, std::uint32_t valueHeadSize) {
  const std::uint32_t most = valueHeadSize <= 64 ? 4 : 2;
  std::uint32_t heads = std::min(group, most);
  while (group % heads != 0) --heads;
  return heads;
}

}  // namespace

void recordAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::Attention& attention,
                     const core::model::KvShape& kv, core::model::KvType type, std::uint32_t positions,
                     std::uint32_t sinks, Place query, Place out) {
  const AttentionPush push{.query = query.offset,
                           .queryStride = query.stride,
                           .result = out.offset,
                           .resultStride = out.stride,
                           .heads = attention.heads,
                           .kvHeads = kv.heads,
                           .headSize = kv.headSize,
                           .valueHeadSize = kv.valueHeadSize,
                           .window = attention.window,
                           .scale = attention.scale,
                           .softCap = attention.softCap,
                           .sinks = sinks,
                           .last = attention.isCausal ? kNone : recorder.tokens() - 1};
  const std::uint32_t kind = kvKindOf(type);
  const std::uint32_t keyOctets = divideUp(kv.headSize, 8), valueOctets = divideUp(kv.valueHeadSize, 8);
  const std::uint32_t visible = attention.window == 0 ? positions : std::min(positions, attention.window);
  const double work = 1.0 * recorder.tokens() * attention.heads * visible * (kv.headSize + kv.valueHeadSize);
  if (recorder.choice().isLanes()) {
    const std::uint32_t heads = headsTogether(attention.heads / kv.heads, kv.valueHeadSize);
    const AttentionLanesConstants constants{.workgroup = recorder.choice().lanes,
                                            .kvKind = kind,
                                            .headsEach = static_cast<int>(heads),
                                            .keyOctets = static_cast<int>(keyOctets),
                                            .valueOctets = static_cast<int>(valueOctets),
                                            .wholeQuads = kv.headSize % 4 == 0 ? 1U : 0U};
    recorder.dispatch("attention_lanes", constants.values(), sets, push, {attention.heads / heads, recorder.tokens()},
                      work);
    return;
  }
  // Few tokens have few workgroups; then large ones finish soonest.
  const std::uint32_t workgroup =
      recorder.tokens() * attention.heads < kManyGroups ? recorder.choice().largeWorkgroup : kLeastWorkgroup;
  const AttentionWorkgroupsConstants constants{.workgroup = workgroup,
                                               .kvKind = kind,
                                               .keyOctets = keyOctets,
                                               .valueOctets = valueOctets,
                                               .columns = std::min(std::bit_ceil(valueOctets), workgroup)};
  recorder.dispatch("attention_workgroups", constants.values(), sets, push, {attention.heads, recorder.tokens()}, work);
}

}  // namespace gpu
