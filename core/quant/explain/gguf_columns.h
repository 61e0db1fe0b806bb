#pragma once
#include "core/quant/block_trace.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/gguf_text.h"

namespace core::quant {

/// The columns of a GGUF block between a weight and its code, what lattices and digits mean, and the transfer function.
void explainColumns(const GgufText& text, const BlockTrace& trace, BlockExplanation& out);

}  // namespace core::quant
