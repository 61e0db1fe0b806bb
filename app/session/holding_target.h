#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "app/session/quantize_target.h"
#include "core/model/recipe/recipe.h"

namespace app {

/// The first kind of target that stores the rows as they are, without decoding anything: a GGUF file, then a folder in
/// one of the layouts. Nothing where none does.
/// @param rows of planQuantization or planMerging  @param stored the recipe that chose their types
/// @param name where it goes: one that ends in ".gguf" or ".safetensors" is that file, any other a folder, or a file
///        with ".gguf" added
std::optional<QuantizeTarget> holdingTarget(const core::io::Checkpoint& source, const core::model::Recipe& stored,
                                            const std::vector<QuantizedFileRow>& rows,
                                            const std::filesystem::path& name);

/// Why a target cannot hold the rows, as a sentence; empty when it can.
std::string whyNotHeld(const core::io::Checkpoint& source, const core::model::Recipe& stored,
                       std::vector<QuantizedFileRow> rows, const QuantizeTarget& target);

}  // namespace app
