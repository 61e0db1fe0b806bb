#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/model/graph.h"
#include "core/model/weights.h"

namespace core::model {

/// The weights of an open model as a recipe would make them, hollow where it quantizes (core/quant/hollow_tensors.h):
/// what plans build graphs from. Nothing is quantized.
/// @throws Error as WeightLibrary::load
ModelWeights planWeights(WeightLibrary& library, const ModelConfig& config, const Recipe& recipe,
                         const JobContext& job = JobContext());

/// Weights of one type: "q4_k", "f32".
struct TypeBytes {
  std::string type;
  std::uint64_t tensors = 0, weights = 0, bytes = 0;
};
/// What distinct weights of a graph take as they are stored, largest type first.
std::vector<TypeBytes> bytesByType(const Graph& graph);
/// Their sum: Graph::weightBytes, but of hollow weights, too.
std::uint64_t plannedWeightBytes(const Graph& graph);

}  // namespace core::model
