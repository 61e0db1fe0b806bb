#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace core::quant {

/// What a matrix product runs in once its weights are dequantized (the compute dtype of bitsandbytes): weights, inputs
/// and outputs are rounded to this type, to nearest even; products are summed in float32, as tensor cores do.
enum class ComputeType : std::uint8_t { Fp32, Fp16, Bf16 };

/// "fp32", "fp16", "bf16"
std::string_view toString(ComputeType type);
/// Rounds values in place; beyond 65504 FP16 becomes infinite, as in the arithmetic it stands for.
void roundTo(ComputeType type, std::span<float> values);

}  // namespace core::quant
