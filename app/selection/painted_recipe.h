#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/recipe/recipe.h"

namespace app {

/// Tensor patterns that match these names and no others of the model: "^blk\\.(0|3)\\.attn_(q|k)\\.weight$"-like texts,
/// where the same kinds of matrix of the same blocks share one, and all blocks of a model are any number.
/// @param all every name of the model, names included
std::vector<std::string> patternsFor(const std::vector<std::string>& names, const std::vector<std::string>& all);

/// The recipe with a scheme of their own for some tensors (nothing: they stay as stored), whatever it said of them
/// before. What was painted before and what else it says is kept.
core::model::Recipe paintTensors(const core::model::Recipe& recipe, const core::io::Checkpoint& checkpoint,
                                 std::span<const std::size_t> tensors,
                                 const std::optional<core::quant::Scheme>& scheme);

/// The recipe without what was painted on these tensors.
core::model::Recipe eraseTensors(const core::model::Recipe& recipe, const core::io::Checkpoint& checkpoint,
                                 std::span<const std::size_t> tensors);

}  // namespace app
