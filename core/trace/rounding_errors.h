#pragma once
#include <map>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/kv_cache.h"
#include "core/train/offset.h"
#include "core/train/plain_graph.h"

namespace core::trace {

/// What a model's roundings of activations add, by places of its plain graph: x rounded − x in the model's own columns,
/// [rows of the sequence there, width]. Places where nothing is rounded are left out.
using RoundingErrors = std::map<train::Place, std::vector<float>>;

/// Measured in the model's own run on the CPU over these tokens, whose last token's logits are wanted: rounding is
/// chaotic, so a run that differs in last bits would round other values up and down.
/// @param plain of this graph
RoundingErrors measureRoundingErrors(const model::Graph& graph, const train::PlainGraph& plain,
                                     std::span<const model::TokenId> tokens, model::KvType kv, const JobContext& job);

}  // namespace core::trace
