#include "gpu/kernels/store_kv_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kWorkgroup = 64;
}  // namespace

void recordStoreKv(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::KvShape& shape,
                   core::model::KvType type, Place key, Place value) {
  const StoreKvPush push{.key = key.offset,
                         .keyStride = key.stride,
                         .keyHead = shape.headSize,
                         .keyHeadWords = kvHeadWords(shape.headSize, type),
                         .value = value.offset,
                         .valueStride = value.stride,
                         .valueHead = shape.valueHeadSize,
                         .valueHeadWords = kvHeadWords(shape.valueHeadSize, type),
                         .kvHeads = shape.heads};
  const StoreKvConstants constants{.workgroup = kWorkgroup, .kvHalf = type == core::model::KvType::F16 ? 1U : 0U};
  const std::uint32_t words = (push.keyHeadWords + push.valueHeadWords) * shape.heads;
  recorder.dispatch("store_kv", constants.values(), sets, push, {divideUp(words, kWorkgroup), recorder.tokens()},
                    1.0 * words * recorder.tokens());
}

}  // namespace gpu
