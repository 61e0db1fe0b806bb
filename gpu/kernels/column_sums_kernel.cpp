#include "gpu/kernels/column_sums_kernel.h"

namespace gpu {

void recordColumnSums(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t result) {
  const ColumnSumsPush push{
      .inQuad = in.quad(), .strideQuads = in.strideQuads(), .rows = recorder.tokens(), .resultQuad = result / 4};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("column_sums", {}, sets, push, {divideUp(push.strideQuads, kColumnSumsQuads), 1},
                    2.0 * in.stride * recorder.tokens());
}

}  // namespace gpu
