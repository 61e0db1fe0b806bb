#include "gpu/kernels/quantize_rows_kernel.h"

#include <algorithm>
#include <bit>

#include "core/model/coded_row.h"
#include "core/quant/llm_int8.h"

namespace gpu {

namespace {

using core::model::CodedRow;
using core::quant::ActivationName;

static_assert(kCodedHead == CodedRow::kHead && kCodeWords == CodedRow::kCodeWords && kSumWords == CodedRow::kSumWords &&
              kUnitValues == CodedRow::kUnit && codedMasks(3) == CodedRow(3 * kUnitValues).masks());

constexpr std::uint32_t kMostInvocations = 128;  // of a row

std::uint32_t kindOf(ActivationName name) {
  switch (name) {
    case ActivationName::Int8Static:
      return kStaticBytes;
    case ActivationName::Fp8Dynamic:
      return kDynamicFloats;
    case ActivationName::Fp8Static:
      return kStaticFloats;
    case ActivationName::LlmInt8:
      return kOutlierBytes;
    default:
      return kDynamicBytes;
  }
}

}  // namespace

void recordQuantizeRows(Recorder& recorder, VkDescriptorSet set, const core::quant::InputQuantizer& quantizer, Place in,
                        std::uint32_t width, Place out, std::uint32_t slots) {
  const std::uint32_t rows = recorder.tokens() * slots;
  const QuantizeRowsPush push{.from = in.offset,
                              .inStride = in.stride,
                              .result = out.offset,
                              .resultStride = out.stride,
                              .width = width,
                              .rows = rows,
                              .kind = kindOf(quantizer.name),
                              .zeroPoint = quantizer.zeroPoint,
                              .scale = quantizer.scale,
                              .inverse = quantizer.scale == 0.0F ? 0.0F : 1.0F / quantizer.scale,
                              .threshold = quantizer.threshold,
                              .outlierScale = core::quant::kLlmInt8InputScale};
  const VkDescriptorSet sets[] = {set};
  const double work = 4.0 * width * rows;
  if (quantizer.threshold > 0.0F) {
    recorder.dispatch("outlier_masks", {}, sets, push, {divideUp(width, kUnitValues), 1}, work);
    recorder.barrier();
  }
  // Each invocation has sixteen columns at a time.
  const std::uint32_t workgroup = recorder.choice().isLanes()
                                      ? recorder.choice().lanes
                                      : std::clamp(std::bit_ceil(divideUp(width, 16U)), 32U, kMostInvocations);
  recorder.dispatch("quantize_rows", QuantizeRowsConstants{.workgroup = workgroup}.values(), sets, push, {rows, 1},
                    work);
}

}  // namespace gpu
