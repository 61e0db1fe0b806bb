#include "gpu/kernels/store_kv_kernel.h"

namespace gpu {

namespace {
struct Push {
  std::uint32_t key, keyStride, keyHead, keyHeadWords, value, valueStride, valueHead, valueHeadWords, kvHeads;
};
constexpr std::uint32_t kWorkgroup = 64;
}  // namespace

void recordStoreKv(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::ModelConfig& config,
                   core::model::KvType type, Place key, Place value) {
  const Push push{key.offset,    key.stride,   config.headSize,      kvHeadWords(config.headSize, type),
                  value.offset,  value.stride, config.valueHeadSize, kvHeadWords(config.valueHeadSize, type),
                  config.kvHeads};
  const std::uint32_t words = (push.keyHeadWords + push.valueHeadWords) * config.kvHeads;
  recorder.dispatch("store_kv", {kWorkgroup, type == core::model::KvType::F16 ? 1U : 0U}, sets, push,
                    {divideUp(words, kWorkgroup), recorder.tokens()}, 1.0 * words * recorder.tokens());
}

}  // namespace gpu
