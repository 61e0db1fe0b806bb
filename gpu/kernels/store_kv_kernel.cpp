#include "gpu/kernels/store_kv_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kStoreWorkgroup = 64;
}  // namespace

void recordStoreKv(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::KvShape& shape,
                   core::model::KvType type, Place key, Place value) {
  const std::uint32_t kind = kvKindOf(type);
  const auto headWords = [kind](std::uint32_t headSize) { return 4 * kvHeadQuads(divideUp(headSize, 8), kind); };
  const StoreKvPush push{.key = key.offset,
                         .keyStride = key.stride,
                         .keyHead = shape.headSize,
                         .keyHeadWords = headWords(shape.headSize),
                         .value = value.offset,
                         .valueStride = value.stride,
                         .valueHead = shape.valueHeadSize,
                         .valueHeadWords = headWords(shape.valueHeadSize),
                         .kvHeads = shape.heads};
  const StoreKvConstants constants{.workgroup = kStoreWorkgroup, .kvKind = kind};
  const std::uint32_t words = (push.keyHeadWords + push.valueHeadWords) * shape.heads;
  const std::uint32_t invocations = kind == kKvBytes ? 2 * shape.heads : words;
  recorder.dispatch("store_kv", constants.values(), sets, push,
                    {divideUp(invocations, kStoreWorkgroup), recorder.tokens()}, 1.0 * words * recorder.tokens());
}

}  // namespace gpu
