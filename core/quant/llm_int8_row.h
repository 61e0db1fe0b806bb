#pragma once
#include <algorithm>
#include <cmath>
#include <span>

#include "core/quant/uniform_code.h"

namespace core::quant {

// The pieces that LLM.int8() weights are made of (formulas in llm_int8.h), one row at a time.

inline constexpr float kLlmInt8Largest = 127.0F;
inline constexpr float kLlmInt8OneOver127 = 7.874015718698502e-3F;  ///< as bitsandbytes' decoder has it

struct LlmInt8Row {
  float absmax = 0.0F;  ///< of the finite weights
  float factor = 0.0F;  ///< that weights are multiplied by: 127 / absmax; infinite below 2^−121, 0 for a row of zeros
};

inline LlmInt8Row llmInt8Row(std::span<const float> values) {
  LlmInt8Row row;
  for (const float x : values)
    if (std::isfinite(x)) row.absmax = std::max(row.absmax, std::fabs(x));
  row.factor = row.absmax == 0.0F ? 0.0F : kLlmInt8Largest / row.absmax;
  return row;
}

/// −127 … 127. @param product of a weight and the row's factor
inline float llmInt8Code(float product) {
  return std::isnan(product) ? 0.0F : roundToEven(std::clamp(product, -kLlmInt8Largest, kLlmInt8Largest));
}

}  // namespace core::quant
