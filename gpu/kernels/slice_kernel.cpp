#include "gpu/kernels/slice_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kSliceWorkgroup = 64;
}

void recordSlice(Recorder& recorder, VkDescriptorSet set, Place in, const core::model::Slice& slice,
                 std::uint32_t width, Place out) {
  const SlicePush push{.first = in.offset + slice.first,
                       .stride = in.stride,
                       .step = slice.step,
                       .block = slice.block,
                       .room = slice.spread(),
                       .resultQuad = out.quad(),
                       .resultStrideQuads = out.strideQuads(),
                       .width = width};
  const SliceConstants constants{.workgroup = kSliceWorkgroup};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("slice", constants.values(), sets, push,
                    {divideUp(push.resultStrideQuads, kSliceWorkgroup), recorder.tokens()},
                    1.0 * out.stride * recorder.tokens());
}

void recordJoinHeads(Recorder& recorder, VkDescriptorSet set, const core::model::JoinHeads& join, Place first,
                     std::uint32_t firstWidth, Place second, std::uint32_t secondWidth, Place out) {
  const std::uint32_t firstSize = firstWidth / join.heads, secondSize = secondWidth / join.second;
  const JoinHeadsPush push{.first = first.offset,
                           .firstStride = first.stride,
                           .second = second.offset,
                           .secondStride = second.stride,
                           .firstSize = firstSize,
                           .secondSize = secondSize,
                           .secondHeads = join.second,
                           .result = out.offset,
                           .resultStride = out.stride,
                           .width = join.heads * (firstSize + secondSize)};
  const JoinHeadsConstants constants{.workgroup = kSliceWorkgroup};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("join_heads", constants.values(), sets, push,
                    {divideUp(push.resultStride, kSliceWorkgroup), recorder.tokens()},
                    1.0 * out.stride * recorder.tokens());
}

}  // namespace gpu
