#pragma once
#include <span>

#include "core/model/graph.h"

namespace core::model {

/// Adds to the product of every matrix that has a pair B · (A · x), computed as two small products beside it: the
/// matrix stays as it is, packed or not (LoRA, Hu et al. 2021, before factors are merged). A reads what the product
/// read before it was rearranged or rounded for the matrix. The sum takes over the product's value, so that
/// "blk.0.attn_q" is what the layer puts out with or without an adapter; new values stand behind the old ones:
/// "blk.0.attn_q_base", what the matrix alone makes, "blk.0.attn_q_lora_a" and "blk.0.attn_q_lora_b".
/// @throws Error (InvalidArgument) for factors whose shapes do not fit the matrix, and for a pair whose matrix no
/// product
///         of the graph has
Graph withAdapters(Graph graph, std::span<const AdapterFactors> pairs);

}  // namespace core::model
