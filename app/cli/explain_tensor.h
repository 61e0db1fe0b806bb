#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "app/session/open_model.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/method_explanation.h"
#include "core/quant/input_quantizer.h"

namespace app::cli {

/// Which block of a model is to be explained: "TENSOR:ROW:BLOCK".
struct BlockAddress {
  std::string tensor;  ///< may hold colons itself
  std::uint64_t row = 0, block = 0;

  /// @throws core::Error (InvalidArgument) with one sentence
  static BlockAddress parse(const std::string& text);
};

/// One block, and what the recipe does to its tensor.
struct ExplainedBlock {
  core::quant::BlockExplanation block;
  core::model::TensorDecision decision;
  std::optional<core::quant::MethodExplanation> columns;  ///< of its row, under a method that looks at columns
  std::optional<core::quant::InputQuantizer> input;       ///< of the tensor, under static activations
};

/// What the recipe makes of the block. A tensor that a scheme is not for (a norm, the embedding) is explained under it
/// all the same, and the decision says that `quantize` keeps it as stored, and why; one that a file type or a rule
/// leaves as it is has no scheme to be explained under. @throws core::Error
ExplainedBlock explain(const OpenModel& model, const core::model::Recipe& recipe, const BlockAddress& address,
                       const core::JobContext& job);

/// The whole explanation, every weight of it.
Json explanationJson(const ExplainedBlock& explained);
/// The same as text for people; of more than 256 weights the first ones, and how many there are.
void printExplanation(const ExplainedBlock& explained);

}  // namespace app::cli
