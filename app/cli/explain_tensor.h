#pragma once
#include <cstdint>
#include <string>

#include "app/cli/command.h"
#include "app/session/open_model.h"
#include "core/model/recipe/recipe.h"
#include "core/quant/explain/block_explanation.h"

namespace app::cli {

/// Which block of a model is to be explained: "TENSOR:ROW:BLOCK".
struct BlockAddress {
  std::string tensor;  ///< may hold colons itself
  std::uint64_t row = 0, block = 0;

  /// @throws core::Error (InvalidArgument) with one sentence
  static BlockAddress parse(const std::string& text);
};

/// What the recipe makes of the block. A scheme alone is for the tensor that was named, whatever it is; a recipe says
/// itself what becomes of it. @throws core::Error
core::quant::BlockExplanation explain(const OpenModel& model, const core::model::Recipe& recipe,
                                      const BlockAddress& address, const core::JobContext& job);

/// The whole explanation, every weight of it.
Json explanationJson(const core::quant::BlockExplanation& explanation);
/// The same as text for people; of more than 256 weights the first ones, and how many there are.
void printExplanation(const core::quant::BlockExplanation& explanation);

}  // namespace app::cli
