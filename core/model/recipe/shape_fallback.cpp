#include "core/model/recipe/shape_fallback.h"

#include <fmt/format.h>

namespace core::model {

namespace {

using tensor::DType;

// tensor_type_fallback of llama.cpp's llama-quant.cpp (0.5.0), which refuses Q1_0 on such rows.
DType smallerBlocks(DType type) {
  switch (type) {
    case DType::IQ1_S:
    case DType::IQ1_M:
    case DType::IQ2_XXS:
    case DType::IQ2_XS:
    case DType::IQ2_S:
    case DType::IQ3_XXS:
    case DType::IQ3_S:
    case DType::IQ4_XS:
      return DType::IQ4_NL;
    case DType::Q2_0:
    case DType::Q2_K:
    case DType::Q3_K:
    case DType::TQ1_0:
    case DType::TQ2_0:
      return DType::Q4_0;
    case DType::Q4_K:
      return DType::Q5_0;
    case DType::Q5_K:
      return DType::Q5_1;
    case DType::Q6_K:
      return DType::Q8_0;
    default:
      return DType::F16;
  }
}

bool fits(DType type, std::uint64_t rowValues) { return rowValues % tensor::info(type).blockValues == 0; }

}  // namespace

ShapeFallback fallbackFor(DType chosen, std::uint64_t rowValues) {
  if (fits(chosen, rowValues)) return {chosen, {}};
  const DType smaller = smallerBlocks(chosen);
  return {fits(smaller, rowValues) ? smaller : DType::F16,
          fmt::format("rows of {} values are not whole blocks of {} ({})", rowValues, tensor::name(chosen),
                      tensor::info(chosen).blockValues)};
}

}  // namespace core::model
