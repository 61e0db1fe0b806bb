#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/open_model.h"

namespace app {

/// A result that was written somewhere.
struct WrittenResult {
  std::filesystem::path path;
  std::vector<std::string> notes;  ///< sentences: how it is stored, what is not carried over
  std::string storedAs = {};  ///< of a trained model: "gguf", a folder's layout, or what was decoded: "fp32 in gguf"
  double bitsPerWeight = 0;   ///< of a trained model's matrices there
};

/// Writes the model that a recipe of replacements makes: as GGUF where every type is one of GGUF's (or the name ends in
/// ".gguf"), else as a folder in the first layout that holds it exactly. What no layout holds is decoded to the
/// narrowest of FP16, BF16 and FP32 that has all of its values; the result says so.
/// @param target a name that ends in ".gguf", or any other: a folder, or with ".gguf" added a file
/// @throws core::Error as writeModel; core::Cancelled
WrittenResult writeTrained(const OpenModel& model, const core::model::Recipe& trained,
                           const std::filesystem::path& target, const core::JobContext& job = core::JobContext());

/// The trained model of a run of QAT, of its last checkpoint. @throws core::Error as writeTrained, trainedRecipe
WrittenResult exportTrained(OpenModel& model, const std::filesystem::path& run, const std::filesystem::path& target,
                            const core::JobContext& job = core::JobContext());

/// The adapter of a run of QLoRA: a GGUF file where the name ends in ".gguf", else a folder as PEFT keeps one.
/// @throws core::Error; core::Cancelled
WrittenResult exportAdapter(OpenModel& model, const std::filesystem::path& run, const std::filesystem::path& target,
                            const core::JobContext& job = core::JobContext());

}  // namespace app
