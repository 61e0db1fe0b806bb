#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/quantize_plan.h"
#include "core/quant/pack/folder_layout.h"

namespace app {

/// What writing a model under a recipe would make, before anything is written.
struct ExportPreview {
  core::model::Recipe recipe;
  QuantizationPlan plan;
  std::uint64_t bytesBefore = 0, bytesAfter = 0;  ///< of all tensors
  double bitsBefore = 0, bitsAfter = 0;           ///< per weight, of the whole model

  // Quality as far as it was measured; nothing is measured for it.
  std::vector<std::optional<double>> sqnrDb;  ///< one per row of the plan; nothing: kept, or not known
  std::size_t made = 0, known = 0;            ///< tensors the recipe changes; of them, with a known error
  double meanSqnrDb = 0, worstSqnrDb = 0;     ///< over the known ones without an infinite SQNR; NaN when there is none
  std::string worstTensor;

  // Why a file of this kind cannot hold it; empty when it can.
  std::string whyNoGguf, whyNoSafetensors;
  /// The same for folders, one per layout.
  struct LayoutAnswer {
    core::quant::FolderLayout layout;
    std::string whyNot;  ///< a sentence; empty when a folder in this layout can hold it
  };
  std::vector<LayoutAnswer> layouts;
  bool canBeWritten() const {
    return whyNoGguf.empty() || whyNoSafetensors.empty() ||
           std::any_of(layouts.begin(), layouts.end(), [](const auto& answer) { return answer.whyNot.empty(); });
  }
};

/// @throws core::Error (Unsupported, InvalidArgument) as planQuantization
ExportPreview previewExport(const OpenModel& model, const core::model::Recipe& recipe);

}  // namespace app
