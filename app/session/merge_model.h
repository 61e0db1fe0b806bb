#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/session/engine.h"
#include "app/session/evaluate_model.h"
#include "app/session/quantize_model.h"

namespace app {

/// An adapter that is to go into the weights for good.
struct MergeRequest {
  core::model::Recipe runs;    ///< what is merged: a base with an adapter that is open, for this model
  core::model::Recipe stored;  ///< what the sums are stored as; the default: not quantized again
  QuantizeTarget target;
  /// What base and adapter, the plain sums and the file are compared on; nothing: only weights are.
  std::optional<core::calibrate::CalibrationText> text = std::nullopt;
  core::evaluate::ReadingSettings reading = {};
  DeviceChoice device = {};
  Noise noise = Noise::Measure;
};

/// What became of one matrix.
struct MergedTensor {
  std::string name;
  std::string type;          ///< in the new model, for people and programs: "q8_0", "nf4:double=on", "f16"
  bool isAdapted = false;    ///< else it is only stored in another way
  double relativeError = 0;  ///< of the stored values against those that run: ‖x − y‖ / ‖x‖
  double sqnrDb = 0;         ///< +∞ without an error
};

/// What was written, and what that lost.
struct MergeReport {
  WrittenModel written;
  std::filesystem::path path;         ///< the file, or the folder
  std::vector<MergedTensor> tensors;  ///< all that are not the source's, in its order
  /// Reference: base and adapter, beside each other. Rows: the plain sums, where they are quantized again, and last
  /// what was written, read from where it was written. Nothing without a text, or for a model that cannot be run.
  std::optional<Evaluation> evaluation;

  const EvaluationRow& writtenRow() const { return evaluation->rows.back(); }
};

/// Writes base and adapter as one model (writeMerged) and measures it against both beside each other: weights, and on a
/// text what it says. What is measured is the file, opened again. For the inference thread.
/// @throws core::Error as writeMerged, openOther, evaluateModel: what was written by then stays; core::Cancelled
MergeReport mergeModel(OpenModel& model, Engine& engine, const MergeRequest& request,
                       const core::JobContext& job = core::JobContext());

}  // namespace app
