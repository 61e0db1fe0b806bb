#pragma once
#include <memory>

#include "core/model/graph.h"

namespace core::model {

/// What becomes of the columns of an input before it meets the weight as it lies; null where nothing does: they are the
/// weight's own, or the weight is decoded.
std::shared_ptr<const Arrangement> arrangementOf(const quant::QuantizedTensor& weight);

/// Puts before each product what its weight asks of its inputs: ArrangeColumns where columns lie in another order or
/// were multiplied (QuantizedTensor::changes), so that the weight is used as it lies; and QuantizeRows where inputs are
/// quantized (QuantizedTensor::input). Products of the same value and parameters share both. A weight with columns kept
/// in FP16 (ColumnChanges::outlierColumns) is decoded instead. Stacks of experts quantize their inputs themselves
/// (ops/experts.h), and are always decoded where columns were changed. New values stand behind the old ones, whose ids
/// stay: "blk.0.attn_norm_arranged", "blk.0.attn_norm_codes", numbered from the second one of a value on.
/// @throws Error (Unsupported) for inputs of integers and a weight that is none: floats, a code book, zero-points
///         between the levels or far from them, groups other than 8, 16 or multiples of 32; for experts of changed
///         columns whose inputs are quantized
Graph applyInputChanges(Graph graph);

/// The value that stands where rearranged and rounded ones are made of it, itself included.
ValueId plainValue(const Graph& graph, ValueId value);

}  // namespace core::model
