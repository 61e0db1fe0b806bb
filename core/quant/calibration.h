#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/input_histogram.h"
#include "core/quant/scheme.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// What a text has shown about the inputs x of one linear layer, per input column (the columns of its weight matrix
/// [out, in]). Every vector is empty or has one value per column; importance of a stack of matrices [experts, out, in]
/// may have a row of them per matrix.
struct TensorCalibration {
  /// Mean of x² (an importance matrix of llama.cpp): weight of a column's squared error.
  std::vector<float> importance;
  std::vector<float> meanMagnitude;  ///< mean of |x|
  std::vector<float> maxMagnitude;   ///< max of |x|
  std::vector<float> hessian;        ///< mean of x xᵀ, [in, in] row-major, or empty
  InputHistogram inputs;             ///< of all x, whatever their column; empty where only an imatrix is known
  std::uint64_t samples = 0;         ///< rows of x that were seen
};
using TensorCalibrationPtr = std::shared_ptr<const TensorCalibration>;

/// What a scheme asks of a calibration; each includes those before it.
enum class CalibrationNeed : std::uint8_t {
  None,
  Importance,  ///< importance: what an importance matrix has
  Columns,     ///< meanMagnitude, maxMagnitude and inputs as well
  Hessian
};
CalibrationNeed calibrationNeed(const Scheme& scheme);

/// The same scheme with method=imatrix; nothing where another method is asked for or the format cannot use importance.
std::optional<Scheme> byImportance(const Scheme& scheme);

/// What a text has shown about a whole model: of every linear layer on demand. Implementations read from an importance
/// matrix (core/io) or run the model (core/calibrate). Thread-safe.
class Calibration {
 public:
  Calibration() = default;
  virtual ~Calibration() = default;
  Calibration(const Calibration&) = delete;
  Calibration& operator=(const Calibration&) = delete;

  /// Statistics of the inputs of the layer whose weight has this name, as much as was asked for or more; null when the
  /// text has shown none: no layer multiplies with it, or no token came by (experts). Cheapest in the order of layers.
  /// @throws Error (Unsupported) when this calibration cannot know as much (an importance matrix has no Hessian), as
  ///         running the model does; Cancelled
  virtual TensorCalibrationPtr of(const std::string& tensor, CalibrationNeed need, const JobContext& job) = 0;
  /// What it depends on: two with the same identity say the same. For caches and reports.
  virtual std::string identity() const = 0;
  /// For people: "demo text · 4,096 tokens", "imatrix.gguf".
  virtual std::string title() const = 0;
};
using CalibrationPtr = std::shared_ptr<Calibration>;

/// The importance of a tensor's columns: one row for all of it, or one per matrix of a stack (row_importance.h has them
/// by row); empty without a calibration or importance in it.
/// @throws Error (InvalidArgument) when it has another length, or a value that is negative or not finite
std::span<const float> importanceRows(const TensorCalibration* calibration, const tensor::Shape& shape);

}  // namespace core::quant
