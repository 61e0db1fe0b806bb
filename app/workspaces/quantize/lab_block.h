#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/metrics/error_stats.h"
#include "core/metrics/step_errors.h"
#include "core/quant/calibration.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/grid.h"
#include "core/quant/quantized_tensor.h"

namespace app {

/// Weights by flat index that differ from a tensor's own.
using WeightEdits = std::map<std::uint64_t, float>;

/// The scheme without a method that looks at data and without what becomes of inputs: what its format does by itself.
core::quant::Scheme roundedAlone(const core::quant::Scheme& scheme);

/// What to make of which block.
struct LabRequest {
  core::quant::QuantizedTensorPtr tensor;
  WeightEdits edits;
  core::quant::Scheme scheme;
  double clip = 1;           ///< of the range of the weights that share the scale
  std::uint64_t weight = 0;  ///< flat index of a weight of the block
  /// Where methods that look at data learn of the tensor's inputs; null: there is none, and those refuse.
  core::quant::CalibrationPtr calibration = nullptr;

  /// What a text has shown about the tensor, as far as the scheme asks; null where it asks nothing or nothing is known.
  core::quant::TensorCalibrationPtr known(const core::JobContext& job) const;
  /// Whether a text may have to be read first.
  bool asksText() const;
  /// Weights that must be quantized to know the block.
  core::quant::FlatRange context() const;
  /// Where a scheme makes each matrix of a stack by what a text has shown of that expert's own inputs, as GPTQ and AWQ
  /// do: flat index of the first weight of the one that `weight` is in. (The file's AWQ has one set of factors for all
  /// of a stack; here it is the one's.) Nothing elsewhere.
  std::optional<std::uint64_t> matrixFirst() const;
  /// The same about that matrix alone. @pre matrixFirst() is there
  LabRequest ofMatrix() const;
};

/// The request with rounding to nearest in its scheme's place where the text sent no token through an expert, as files
/// are made. @throws as Calibration::of
LabRequest forWhatIsKnown(LabRequest request, const core::JobContext& job = core::JobContext());

/// One block of a tensor and what a scheme makes of it.
struct LabBlock {
  static constexpr std::uint64_t kMostShown = 4096, kMostRow = 1U << 15U;

  core::quant::Scheme scheme;
  std::string refused;              ///< why the scheme cannot hold these weights; then there is nothing else
  core::quant::FlatRange sharing;   ///< flat range in the tensor of the weights under one scale
  core::quant::FlatRange shown;     ///< those that are explained, or their part around the weight where they are many
  std::vector<float> values;        ///< of the shown weights, edits in
  std::vector<float> clipped;       ///< the same, clipped: what was quantized
  std::vector<float> decoded;       ///< what is stored in their place
  core::metrics::ErrorStats error;  ///< of the shown weights against their values before clipping
  core::quant::QuantizedTensorPtr unclipped;  ///< what had to be quantized, as float32, edits in, before clipping
  core::quant::QuantizedTensorPtr source;     ///< the same, clipped
  core::quant::QuantizedTensorPtr quantized;  ///< the same under the scheme
  std::uint64_t sourceFirst = 0;              ///< flat index in the tensor of their first weight
  core::quant::BlockExplanation explanation;  ///< of the clipped weights
  std::size_t offset = 0;                     ///< of the first shown weight in the explanation's values

  bool isEmpty() const { return values.empty(); }
  /// Where a shown weight lies in the tensor: beside its neighbours, but where columns are stored in another order.
  std::uint64_t flatIndex(std::size_t shownIndex) const;
  /// The shown weight that lies there; −1 for none.
  int shownIndex(std::uint64_t flatIndex) const;
  /// The order in which the columns of its tensor are stored; empty: as they lie.
  std::span<const std::uint32_t> order() const;
  /// Whether a weight was cut off before it was quantized. (NaN is as it was.)
  bool isCut(std::size_t shownIndex) const {
    return values[shownIndex] < clipped[shownIndex] || values[shownIndex] > clipped[shownIndex];
  }
  bool isAnyCut() const;
  /// Every value that a shown weight can become, ascending; empty for casts and lattices.
  std::span<const double> levelsAt(std::size_t shownIndex) const;
  std::size_t becameZero() const;    ///< shown weights that are stored as 0 and were not 0
  std::size_t beyondLevels() const;  ///< shown weights outside of their outermost levels

  std::vector<double> levels;  ///< of all shown weights where the explanation has none of single groups
};

/// Quantizes no more of the tensor than the block's scale depends on. @throws core::Error, core::Cancelled
LabBlock computeBlock(const LabRequest& request, const core::JobContext& job = core::JobContext());

/// The row of a weight, or the piece of it that can be looked at.
core::quant::FlatRange rowAround(const core::tensor::Shape& shape, std::uint64_t flatIndex);
/// Errors in steps of the row that the block lies in, as far as it is one that can be looked at, without the clip.
/// @throws core::Error
core::metrics::StepErrors rowStepErrors(const LabRequest& request, const LabBlock& block);

/// A range of a tensor as float32 with the edits in: a tensor of its shape where it is all of it, else of one row.
core::quant::QuantizedTensorPtr editedPart(const core::quant::QuantizedTensor& tensor,
                                           const core::quant::FlatRange& range, const WeightEdits& edits);

}  // namespace app
