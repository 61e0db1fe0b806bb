#pragma once
#include <cstddef>
#include <cstdint>

#include "core/io/checkpoint.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

/// What a model would weigh under a recipe: computed from shapes.
struct RecipeSize {
  std::uint64_t bytes = 0;
  double bitsPerWeight = 0;     ///< of the whole model, kept tensors included
  std::size_t quantized = 0;    ///< tensors the recipe changes
  std::uint64_t keptBytes = 0;  ///< of the others
};
RecipeSize sizeUnder(const core::io::Checkpoint& checkpoint, const core::model::Recipe& recipe);

/// Bits per weight of what a recipe makes of a model of usual size (7 billion weights, 32 blocks, Llama): for lists of
/// recipes.
double typicalBitsPerWeight(const core::model::Recipe& recipe);

}  // namespace app
