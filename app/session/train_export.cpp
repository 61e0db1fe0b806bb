#include "app/session/train_export.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/quantize_model.h"
#include "app/session/train_qat.h"
#include "app/session/writing_plan.h"
#include "core/base/error.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

using core::model::Recipe;
using core::quant::FolderLayout;

/// The same values as FP32 elements: what every target holds.
Recipe decoded(const Recipe& trained, const core::JobContext& job) {
  Recipe recipe = trained;
  for (auto& [name, tensor] : recipe.replacements)
    if (!tensor->dtype() || core::tensor::info(*tensor->dtype()).blockValues != 1)
      tensor = core::quant::quantize(core::quant::Scheme::defaults(core::quant::FormatName::Fp32), *tensor, job);
  return recipe;
}

/// Why a target cannot hold it; empty when it can.
std::string whyNot(const OpenModel& model, const Recipe& recipe, const QuantizeTarget& target) {
  try {
    auto rows = planQuantization(model.checkpoint(), recipe).rows;
    planWriting(model.checkpoint(), recipe, rows, targetKind(target, model.checkpoint()));
    return {};
  } catch (const core::Error& error) {
    return error.what();
  }
}

std::filesystem::path asGguf(std::filesystem::path target) {
  if (target.extension() != ".gguf") target += ".gguf";
  return target;
}

WrittenResult write(const OpenModel& model, const Recipe& recipe, const QuantizeTarget& target, std::string how,
                    const core::JobContext& job) {
  WrittenModel written = writeModel(model.checkpoint(), recipe, target, job);
  WrittenResult result{target.file, {std::move(how)}};
  result.notes.insert(result.notes.end(), written.notes.begin(), written.notes.end());
  return result;
}

}  // namespace

WrittenResult writeTrained(const OpenModel& model, const Recipe& trained, const std::filesystem::path& target,
                           const core::JobContext& job) {
  const QuantizeTarget file(asGguf(target));
  if (whyNot(model, trained, file).empty())
    return write(model, trained, file, "The trained model is a GGUF file in its own types.", job);
  const bool wantsFile = target.extension() == ".gguf";
  if (!wantsFile)
    for (const FolderLayout layout : core::quant::allFolderLayouts()) {
      const QuantizeTarget folder(target, {}, layout);
      if (layout == FolderLayout::Plain || !whyNot(model, trained, folder).empty()) continue;
      return write(
          model, trained, folder,
          fmt::format("The trained model is a folder in the layout {}, code for code.", core::quant::toString(layout)),
          job);
    }
  return write(model, decoded(trained, job.part(0.0, 0.2)), file,
               wantsFile ? "GGUF has no type for the trained matrices, so they are stored decoded, as FP32."
                         : "No layout has a type for the trained matrices, so they are stored decoded, as FP32.",
               job.part(0.2, 1.0));
}

WrittenResult exportTrained(OpenModel& model, const std::filesystem::path& run, const std::filesystem::path& target,
                            const core::JobContext& job) {
  const Recipe trained = trainedRecipe(model, run, job.part(0.0, 0.5));
  return writeTrained(model, trained, target, job.part(0.5, 1.0));
}

}  // namespace app
