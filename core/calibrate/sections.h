#pragma once
#include <string>
#include <vector>

#include "core/model/graph.h"

namespace core::calibrate {

/// A value that linear layers multiply with: what a calibration looks at.
struct LinearInput {
  model::ValueId value;              ///< of the section's graph
  std::vector<std::string> weights;  ///< the matrices it meets: query, key and value share one
};

/// What a stack of experts multiplies with: of every token the rows that its experts read.
struct ExpertInput {
  model::ValueId value, routes;  ///< of the section's graph
  std::uint32_t experts, used;
  std::size_t width;                 ///< columns of each matrix
  std::vector<std::string> weights;  ///< the stacks it meets
};

/// A part of a model's computation that needs nothing of what came before but one value: a residual stream. In a Llama
/// the attention of a block is one, and its feed-forward layers are the next.
struct Section {
  /// Embed, then the part's own operations. The first section embeds the model's tokens; of the others Embed has no
  /// weight yet: it gets the table of residuals that enter the section, and its "tokens" are rows of it (enteredBy).
  model::Graph graph;
  std::vector<LinearInput> inputs;   ///< at least one, in the order of computation
  std::vector<ExpertInput> experts;  ///< likewise of stacks
  std::string residual;              ///< what enters, as the model's graph names it; empty for the first section
};

/// The whole graph in the smallest sections that multiply something. The last one ends before its last product: nobody
/// asks for logits.
std::vector<Section> cutIntoSections(const model::Graph& graph);

/// The section's graph over residuals. @param table float32 [rows, width]; has to outlive what is returned
model::Graph enteredBy(const Section& section, std::span<const float> table);

}  // namespace core::calibrate
