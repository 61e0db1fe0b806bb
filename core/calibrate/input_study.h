#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/calibrate/token_windows.h"
#include "core/model/graph.h"
#include "core/quant/calibration.h"
#include "core/quant/input_range.h"

namespace core::calibrate {

/// What one way of quantizing the inputs of a layer does to a text.
struct RangeStudy {
  quant::Activations how;
  quant::InputRange range;          ///< what the outermost codes stand for; dynamic: the widest that a token had
  double step = 0.0;                ///< between two codes; dynamic: of the token in the middle; of FP8 at its upper end
  double clippedBefore = 0.0;       ///< share of the values of the text it was calibrated with, from its histogram
  double clipped = 0.0;             ///< share of the values of the text that was read
  std::uint64_t clippedTokens = 0;  ///< with such a value
  double error = 0.0;               ///< Σ (x̂ − x)² / Σ x² over the text that was read
};

/// The extremes of one token's inputs.
struct TokenExtremes {
  float min = 0.0F, max = 0.0F;
  float magnitude() const { return std::max(-min, max); }
};

/// The inputs of one layer on a text, and what ranges chosen before make of them.
struct InputStudy {
  std::vector<RangeStudy> ranges;     ///< as they were asked for
  std::vector<TokenExtremes> tokens;  ///< of the text that was read, in order
  quant::InputHistogram inputs;       ///< likewise

  /// The largest |x| that a share of the tokens stays below. @param share 0 … 1
  float magnitudeOf(double share) const;
};

/// Whether a range clips a token: a value would have a code that there is none of.
bool clips(const RangeStudy& range, const TokenExtremes& token);

/// Runs a model over a text as far as one layer and quantizes what enters it in every way, as executors do
/// (model/ops/quantize_rows).
/// @param known what another text has shown about these inputs: what static ranges go by
/// @param ways Int8Static, Int8Dynamic, Fp8Static or Fp8Dynamic
/// @throws Error (InvalidArgument) when no layer multiplies with the tensor, or as quant::inputQuantizer; as
/// SectionStream::run; Cancelled
InputStudy studyInputs(const model::Graph& graph, const TokenWindows& windows, const std::string& tensor,
                       const quant::TensorCalibration& known, const std::vector<quant::Activations>& ways,
                       const JobContext& job);

}  // namespace core::calibrate
