#include "app/session/train_export.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/holding_target.h"
#include "app/session/quantize_model.h"
#include "app/session/train_qat.h"
#include "core/metrics/error_stats.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

using core::model::Recipe;
using core::quant::FolderLayout;
using core::quant::FormatName;
using core::quant::QuantizedTensorPtr;
using core::quant::Scheme;

bool isElements(const QuantizedTensorPtr& tensor) {
  return tensor->dtype() && core::tensor::info(*tensor->dtype()).blockValues == 1;
}

/// Whether elements of a type have every value of every trained matrix.
bool hasAllValues(const Recipe& trained, FormatName type, const core::JobContext& job) {
  return std::ranges::all_of(trained.replacements, [&](const auto& named) {
    const auto& tensor = named.second;
    if (isElements(tensor)) return true;
    const auto elements = core::quant::quantize(Scheme::defaults(type), *tensor, job);
    return core::metrics::compare(*tensor, *elements, job).outcome() == core::metrics::Outcome::Exact;
  });
}

/// The same values as elements of a type, which every target holds.
Recipe decoded(const Recipe& trained, FormatName type, const core::JobContext& job) {
  Recipe recipe = trained;
  for (auto& [name, tensor] : recipe.replacements)
    if (!isElements(tensor)) tensor = core::quant::quantize(Scheme::defaults(type), *tensor, job);
  return recipe;
}

/// Of the matrices that were trained through a quantization: not what a run moves beside them.
double bitsPerWeight(const Recipe& trained, const Recipe& written) {
  double bits = 0, weights = 0;
  for (const auto& [name, tensor] : trained.replacements) {
    if (isElements(tensor) && !tensor->scheme) continue;
    bits += 8.0 * static_cast<double>(written.replacements.at(name)->bytes());
    weights += static_cast<double>(tensor->shape.count());
  }
  return weights > 0 ? bits / weights : 0.0;
}

/// The first scheme of what was trained, with 16-bit scales: layouts of folders have no other. Nothing where it has
/// them, or has none.
std::optional<Scheme> withHalfScales(const Recipe& trained) {
  for (const auto& [name, tensor] : trained.replacements) {
    if (!tensor->scheme || isElements(tensor)) continue;
    Scheme scheme = *tensor->scheme;
    scheme.format.scaleType = core::quant::ScaleType::Fp16;
    const bool isOther = scheme != *tensor->scheme && scheme.problem().empty();
    const bool isHeld = std::ranges::any_of(core::quant::allFolderLayouts(), [&](FolderLayout layout) {
      return core::quant::whyNotLayout(layout, scheme, tensor->shape).empty();
    });
    return isOther && isHeld ? std::optional(scheme) : std::nullopt;
  }
  return std::nullopt;
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

/// Code for code.
WrittenResult writeHeld(const OpenModel& model, const Recipe& trained, const QuantizeTarget& holds,
                        const core::JobContext& job) {
  std::string how = holds.layout ? fmt::format("The trained model is a folder in the layout {}, code for code.",
                                               core::quant::toString(*holds.layout))
                                 : "The trained model is a GGUF file in its own types.";
  WrittenResult result = write(model, trained, holds, std::move(how), job);
  result.storedAs = holds.layout ? core::quant::toString(*holds.layout) : "gguf";
  result.bitsPerWeight = bitsPerWeight(trained, trained);
  return result;
}

/// Without the codes: the values.
WrittenResult writeDecoded(const OpenModel& model, const Recipe& trained, const std::filesystem::path& target,
                           const core::JobContext& job) {
  FormatName type = FormatName::Fp32;
  for (const FormatName narrow : {FormatName::Bf16, FormatName::Fp16})
    if (hasAllValues(trained, narrow, job.part(0.0, 0.1))) type = narrow;
  const Recipe recipe = decoded(trained, type, job.part(0.1, 0.2));
  const double before = bitsPerWeight(trained, trained), after = bitsPerWeight(trained, recipe);
  const std::string_view name = core::quant::info(type).display;
  std::string how = fmt::format(
      "{} holds the trained matrices, so they are stored decoded, as {}: {:.4g} bits per weight, where the "
      "format itself takes {:.4g}.",
      target.extension() == ".gguf" ? "No type of GGUF" : "No layout", name, after, before);
  WrittenResult result = write(model, recipe, QuantizeTarget(asGguf(target)), std::move(how), job.part(0.2, 1.0));
  if (const auto half = withHalfScales(trained))
    result.notes.push_back(fmt::format("Trained as {}, a folder holds its codes.", half->toString()));
  result.storedAs = fmt::format("{} in gguf", core::quant::toString(type));
  result.bitsPerWeight = after;
  return result;
}

}  // namespace

WrittenResult writeTrained(const OpenModel& model, const Recipe& trained, const std::filesystem::path& target,
                           const core::JobContext& job) {
  const auto rows = planQuantization(model.checkpoint(), trained).rows;
  const auto holds = holdingTarget(model.checkpoint(), trained, rows, target);
  WrittenResult result = holds ? writeHeld(model, trained, *holds, job) : writeDecoded(model, trained, target, job);
  const QuantizeTarget written = holds.value_or(QuantizeTarget(asGguf(target)));
  std::string unsaid = whatIsNotWritten(rows, targetKind(written, model.checkpoint()));
  if (!unsaid.empty()) result.notes.push_back(std::move(unsaid));
  return result;
}

WrittenResult exportTrained(OpenModel& model, const std::filesystem::path& run, const std::filesystem::path& target,
                            const core::JobContext& job) {
  const Recipe trained = trainedRecipe(model, run, job.part(0.0, 0.5));
  return writeTrained(model, trained, target, job.part(0.5, 1.0));
}

}  // namespace app
