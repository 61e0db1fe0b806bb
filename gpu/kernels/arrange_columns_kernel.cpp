#include "gpu/kernels/arrange_columns_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kWorkgroup = 64;
}

void recordArrangeColumns(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t width, std::uint32_t order,
                          std::uint32_t factors, Place out) {
  const ArrangeColumnsPush push{.from = in.offset,
                                .inStride = in.stride,
                                .result = out.offset,
                                .resultStride = out.stride,
                                .width = width,
                                .order = order,
                                .factors = factors};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("arrange_columns", ArrangeColumnsConstants{.workgroup = kWorkgroup}.values(), sets, push,
                    {divideUp(out.stride, kWorkgroup), recorder.tokens()}, 1.0 * out.stride * recorder.tokens());
}

}  // namespace gpu
