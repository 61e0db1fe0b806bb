#include "core/quant/compute_type.h"

#include "core/base/multiversion.h"
#include "core/numeric/half.h"

namespace core::quant {

namespace {

QS_MULTIVERSION void roundToHalf(float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = numeric::halfToFloat(numeric::floatToHalf(values[i]));
}

QS_MULTIVERSION void roundToBfloat16(float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = numeric::bfloat16ToFloat(numeric::floatToBfloat16(values[i]));
}

}  // namespace

std::string_view toString(ComputeType type) {
  constexpr std::string_view kComputeNames[] = {"fp32", "fp16", "bf16"};
  return kComputeNames[static_cast<std::size_t>(type)];
}

void roundTo(ComputeType type, std::span<float> values) {
  if (type == ComputeType::Fp16) roundToHalf(values.data(), values.size());
  if (type == ComputeType::Bf16) roundToBfloat16(values.data(), values.size());
}

}  // namespace core::quant
