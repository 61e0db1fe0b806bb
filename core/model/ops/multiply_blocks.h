#pragma once
#include <span>

#include "core/model/ops/matmul.h"
#include "core/quant/quantized_tensor.h"

namespace core::model::ops {

/// multiplyCodesRows() of such weights: out = (Σ_block float(I) · d − float(M) · m) · S (· factor) (+ bias), where
///   I = Σ_group scale · Σ (q − Z) · (u − z)   M = Σ_group minimum · Σ (q − Z)   of a block, in 32 bits
/// and d, m are the block's scale and minimum, scale and minimum a group's integers (block_kernels.h); −m is what Q4_1
/// and Q5_1 store. Blocks are added by kChains; the same bits with every instruction set and any number of threads.
/// @pre quant::areScaledIntegerBlocks
void multiplyBlocksRows(const quant::QuantizedTensor& weight, const RowRange& rows, std::span<const float> bias,
                        const float* in, std::size_t tokens, float* out);

}  // namespace core::model::ops
