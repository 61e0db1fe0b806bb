#include "gpu/kernels/recurrent_kernels.h"

namespace gpu {

namespace {
constexpr std::uint32_t kColumnsWorkgroup = 64;
}

void recordMapColumns(Recorder& recorder, VkDescriptorSet set, const core::model::Map& map, ColumnVector weight,
                      ColumnVector bias, Place in, std::uint32_t width, Place out) {
  const MapColumnsPush push{.inQuad = in.quad(),
                            .inStrideQuads = in.strideQuads(),
                            .resultQuad = out.quad(),
                            .resultStrideQuads = out.strideQuads(),
                            .width = width,
                            .weight = weight.first,
                            .bias = bias.first,
                            .ofWeight = width / weight.size,
                            .ofBias = width / bias.size,
                            .operation = static_cast<std::uint32_t>(elementwiseOf(map.function)),
                            .parameter = map.parameter};
  const MapColumnsConstants constants{.workgroup = kColumnsWorkgroup};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("map_columns", constants.values(), sets, push,
                    {divideUp(push.resultStrideQuads, kColumnsWorkgroup), recorder.tokens()},
                    2.0 * out.stride * recorder.tokens());
}

void recordShortConv(Recorder& recorder, std::span<const VkDescriptorSet> sets, std::uint32_t weight,
                     std::uint32_t bias, std::uint32_t taps, Place in, std::uint32_t width, Place out) {
  const ShortConvPush push{.from = in.offset,
                           .stride = in.stride,
                           .result = out.offset,
                           .resultStride = out.stride,
                           .width = width,
                           .taps = taps,
                           .weight = weight,
                           .bias = bias,
                           .stateStride = strideOf((taps - 1) * width),
                           .tokens = recorder.tokens(),
                           .sequence = recorder.sequence()};
  const ShortConvConstants constants{.workgroup = kColumnsWorkgroup};
  recorder.dispatch("short_conv", constants.values(), sets, push,
                    {divideUp(push.resultStride, kColumnsWorkgroup), recorder.tokens()},
                    1.0 * out.stride * taps * recorder.tokens());
}

void recordLinearAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets,
                           const core::model::LinearAttention& attention, std::span<const Place, 5> in, Place out) {
  const LinearAttentionPush push{.query = in[0].offset,
                                 .queryStride = in[0].stride,
                                 .key = in[1].offset,
                                 .keyStride = in[1].stride,
                                 .value = in[2].offset,
                                 .valueStride = in[2].stride,
                                 .decay = in[3].offset,
                                 .decayStride = in[3].stride,
                                 .strength = in[4].offset,
                                 .strengthStride = in[4].stride,
                                 .result = out.offset,
                                 .resultStride = out.stride,
                                 .heads = attention.heads,
                                 .keyHeads = attention.keyHeads,
                                 .valueSize = attention.valueSize,
                                 .isRepeated = attention.order == core::model::HeadOrder::Repeated ? 1U : 0U,
                                 .isDelta = attention.isDelta ? 1U : 0U,
                                 .stateStride = strideOf(attention.stateFloats()),
                                 .tokens = recorder.tokens(),
                                 .scale = attention.scale,
                                 .normEpsilon = attention.normEpsilon,
                                 .sequence = recorder.sequence()};
  const std::uint32_t workgroup = recorder.choice().isLanes() ? recorder.choice().lanes : kColumnsWorkgroup;
  const LinearAttentionConstants constants{.workgroup = workgroup, .keySize = attention.keySize};
  recorder.dispatch("linear_attention", constants.values(), sets, push,
                    {divideUp(attention.valueSize, workgroup), attention.heads},
                    4.0 * attention.stateFloats() * recorder.tokens());
}

}  // namespace gpu
