#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/methods/gptq_trace.h"
#include "core/quant/methods/hqq_groups.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// GPTQ: the steps of the row with what is left over.
struct GptqExplanation {
  GptqTrace trace;
  std::vector<float> inputs;             ///< mean of x² of each column: the diagonal of the Hessian
  std::vector<float> roundedAlone;       ///< what round-to-nearest makes of each column
  double error = 0.0, errorAlone = 0.0;  ///< mean over inputs x of (Δw · x)² of the row, under the method and without
  /// What round-to-nearest loses by the measure that the method itself goes by, Δwᵀ (H + damping · mean(diag H) · I)
  /// Δw. Under the method that is the sum of the steps' scaledError², each what its column adds.
  double lossAlone = 0.0;
};

/// One column of a row whose columns were multiplied before they were rounded.
struct ScaledColumn {
  float input = 0.0F;                ///< AWQ: mean |x|; SmoothQuant: max |x|
  float largestWeight = 0.0F;        ///< SmoothQuant: max |w| over all rows; AWQ: 0
  float factor = 1.0F;               ///< s
  float weight = 0.0F;               ///< w
  float multiplied = 0.0F;           ///< w · s
  float limited = 0.0F;              ///< the same, clipped to its group's range (AWQ)
  std::optional<std::uint8_t> code;  ///< nothing where weights do not become codes one by one
  float decoded = 0.0F;              ///< what is stored over s
  float decodedAlone = 0.0F;         ///< what the same format makes of w without a factor
};

/// AWQ and SmoothQuant.
struct ScaledExplanation {
  std::vector<ScaledColumn> columns;
  std::optional<double> ratio;  ///< AWQ: the exponent
  std::vector<double> losses;   ///< AWQ: output error of the tensor for the ratios 0, 1/20, … 19/20, not clipped
  std::optional<double> error, errorAlone;  ///< as GptqExplanation; nothing without a Hessian
};

/// One column of a row under HQQ.
struct HqqColumn {
  std::uint32_t group = 0;  ///< into HqqExplanation::trace.stored
  float weight = 0.0F;
  std::uint8_t code = 0;
  float decoded = 0.0F;
  float decodedBefore = 0.0F;  ///< under the zero-point of min … max, where the search began
};

struct HqqExplanation {
  HqqTrace trace;
  std::vector<HqqColumn> columns;
};

/// What a method did to one row, column by column. All numbers are those of the method itself.
struct MethodExplanation {
  std::string tensor;
  Scheme scheme;
  std::uint64_t row = 0;
  std::variant<GptqExplanation, ScaledExplanation, HqqExplanation> of;

  template <class Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&of);
  }
};

/// Columns of the row.
std::size_t columnCount(const MethodExplanation& explanation);

/// Whether a scheme's method looks at columns, so that there is something to explain.
bool explainsColumns(const Scheme& scheme);

/// Runs the method for one row; what it chooses for all of them (AWQ's ratio, HQQ's iterations) it chooses for all.
/// @param calibration as quantize() asks for
/// @pre explainsColumns(scheme)  @throws Error as quantize(), and (InvalidArgument) for a row that is not there;
/// Cancelled
MethodExplanation explainColumns(const Scheme& scheme, const QuantizedTensor& source, std::uint64_t row,
                                 const TensorCalibration* calibration, const JobContext& job = JobContext());

}  // namespace core::quant
