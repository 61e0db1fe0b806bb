#include "core/quant/scale_type.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/quant/finite_values.h"

namespace core::quant {

namespace {

constexpr std::string_view kNames[] = {"fp32", "fp16", "bf16", "uint8", "e8m0", "e4m3"};
constexpr float kSteps = 255.0F;

float storedHalf(float scale) {
  if (scale >= 0x1p-14F) return numeric::halfToFloat(finiteHalf(scale));
  const float steps = scale * 0x1p24F;
  const float floor = static_cast<float>(static_cast<std::int32_t>(steps));
  return (floor < steps ? floor + 1.0F : floor) * 0x1p-24F;
}

float storedBfloat16(float scale) {
  const std::uint16_t bits = numeric::floatToBfloat16(scale);
  return numeric::bfloat16ToFloat(bits == 0x7f80U ? 0x7f7fU : bits);
}

}  // namespace

std::string_view toString(ScaleType type) { return kNames[static_cast<std::size_t>(type)]; }

std::uint64_t scaleBytes(ScaleType type, std::uint64_t count) {
  switch (type) {
    case ScaleType::Fp32:
      return count * 4;
    case ScaleType::Fp16:
    case ScaleType::Bf16:
      return count * 2;
    case ScaleType::UInt8:
      return count + (count + kScalesPerMaximum - 1) / kScalesPerMaximum * 4;
    case ScaleType::E8M0:
      return count;
    case ScaleType::E4M3:
      return count == 0 ? 0 : count + 4;
  }
  return 0;
}

float storedScale(ScaleType type, float scale) {
  if (type == ScaleType::Fp16) return storedHalf(scale);
  if (type == ScaleType::Bf16) return storedBfloat16(scale);
  return scale;
}

float secondLevelScale(float code, float largest) { return largest * (code / kSteps); }

float secondLevelCode(float scale, float largest) {
  const float code = std::min(kSteps, std::ceil(scale / largest * kSteps));
  return secondLevelScale(code, largest) < scale ? std::min(kSteps, code + 1.0F) : code;
}

void storeSecondLevel(std::span<float> scales) {
  while (!scales.empty()) {
    const std::span<float> part = scales.first(std::min<std::size_t>(kScalesPerMaximum, scales.size()));
    scales = scales.subspan(part.size());
    const float largest = *std::max_element(part.begin(), part.end());
    if (largest == 0.0F) continue;
    for (float& scale : part) scale = secondLevelScale(secondLevelCode(scale, largest), largest);
  }
}

}  // namespace core::quant
