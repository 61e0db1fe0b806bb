#include "app/session/export_preview.h"

#include <cmath>
#include <limits>

#include "app/session/quantize_model.h"
#include "core/base/error.h"

namespace app {

namespace {

std::string whyNot(const core::io::Checkpoint& source, const ExportPreview& preview, const TargetKind& kind) {
  try {
    refuseWhatCannotBeWritten(source, preview.recipe, preview.plan.rows, kind);
    return {};
  } catch (const core::Error& error) {
    return error.what();
  }
}

void addSizes(const core::io::Checkpoint& source, ExportPreview& preview) {
  const auto& rows = preview.plan.rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& tensor = source.tensors()[i];
    preview.bytesBefore += tensor.bytes;
    // The scales of a packed weight go with it.
    const auto whole = tensor.pieceOf.empty() ? std::nullopt : source.find(tensor.pieceOf);
    if (!whole || rows[*whole].isKept()) preview.bytesAfter += rows[i].bytes;
  }
  const auto weights = static_cast<double>(source.parameters());
  if (weights == 0) return;
  preview.bitsBefore = 8 * static_cast<double>(preview.bytesBefore) / weights;
  preview.bitsAfter = 8 * static_cast<double>(preview.bytesAfter) / weights;
}

void addQuality(const OpenModel& model, ExportPreview& preview) {
  const auto calibration = model.calibration().current();
  double sum = 0;
  std::size_t finite = 0;
  preview.worstSqnrDb = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < preview.plan.rows.size(); ++i) {
    const QuantizedFileRow& row = preview.plan.rows[i];
    auto& sqnr = preview.sqnrDb.emplace_back();
    if (row.isKept()) continue;
    ++preview.made;
    const auto error =
        row.decision.scheme ? model.errors().find(i, *row.decision.scheme, calibration.get()) : std::nullopt;
    if (!error || !error->refused.empty()) continue;
    ++preview.known;
    sqnr = error->stats.sqnrDb();
    if (!std::isfinite(*sqnr)) continue;
    sum += *sqnr;
    if (finite++ == 0 || *sqnr < preview.worstSqnrDb) {
      preview.worstSqnrDb = *sqnr;
      preview.worstTensor = row.tensor;
    }
  }
  preview.meanSqnrDb = sum / static_cast<double>(finite);  // NaN for none
}

}  // namespace

ExportPreview previewExport(const OpenModel& model, const core::model::Recipe& recipe) {
  const auto& source = model.checkpoint();
  ExportPreview preview;
  preview.recipe = recipe;
  preview.plan = planQuantization(source, recipe);
  addSizes(source, preview);
  addQuality(model, preview);
  preview.whyNoGguf = whyNot(source, preview, {core::io::FileFormat::Gguf, {}});
  preview.whyNoSafetensors = whyNot(source, preview, {core::io::FileFormat::Safetensors, {}});
  for (const auto layout : core::quant::allFolderLayouts())
    preview.layouts.push_back({layout, whyNot(source, preview, {core::io::FileFormat::Safetensors, layout})});
  return preview;
}

}  // namespace app
