#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/session/divergence_study.h"
#include "core/evaluate/output_error.h"
#include "core/evaluate/rank_correlation.h"

namespace app {

/// What is measured of a recipe's tensors.
struct SensitivityRequest {
  core::model::Recipe recipe;
  std::string pattern = "*";                  ///< of the tensors (* and ?)
  std::vector<core::evaluate::Level> levels;  ///< what is exchanged at once
  bool swaps = true, restores = false;
  bool proxies = true;  ///< what is quickly known of single tensors beside
};

/// One part of a model, exchanged.
struct SensitivityRow {
  core::evaluate::Level level = core::evaluate::Level::Tensor;
  std::string name;  ///< of the tensor, "layer 3", "value"
  std::vector<std::string> tensors;
  std::optional<std::uint32_t> layer;  ///< of a tensor
  std::string role, scheme;            ///< of a tensor; what it is quantized to, "several" where parts differ
  core::evaluate::Direction direction = core::evaluate::Direction::Swap;
  core::evaluate::Estimate kl, change;  ///< as core::evaluate::Sensitivity
  std::string failure;                  ///< likewise
  // Of single tensors, NaN where not measured.
  double weightError = core::evaluate::ProxyPoint::kNotMeasured;
  core::evaluate::OutputError outputError;
  /// KL by gradients at the reference (core::train::estimateDivergences), over all tokens of inputWindows().
  double gradientEstimate = core::evaluate::ProxyPoint::kNotMeasured;
};

struct SensitivityReport {
  std::string recipe, textTitle, device;
  std::uint64_t tokens = 0, scored = 0;
  std::uint64_t leftOut = 0, unread = 0;  ///< as core::evaluate::Reading
  std::uint32_t blocks = 0;
  std::size_t parts = 0;                 ///< figures there will be, in rows
  core::evaluate::Estimate quantizedKl;  ///< of the recipe as a whole
  std::string quantizedFailure;          ///< one sentence, where it computes no numbers
  std::vector<SensitivityRow> rows;      ///< in the order in which they were measured
  /// Quick figures against measured KL of swapped tensors; no points where those were not measured.
  core::evaluate::ProxyComparison proxies;
};

/// Shown what is known so far, after every row; the last one is the newest.
using OnSensitivity = std::function<void(const SensitivityReport&)>;

/// Measures what a recipe does to a model tensor by tensor, layer by layer or role by role.
/// @throws core::Error (NotFound) when the recipe changes no tensor of the pattern, as the study's; core::Cancelled
///         (what was shown is right, and kept)
SensitivityReport measureSensitivity(DivergenceStudy& study, const SensitivityRequest& request,
                                     const OnSensitivity& onRow, const core::JobContext& job);

/// Windows of a study's text, for the inputs of layers: as many tokens as it reads, at most 2048, in its context or
/// 256. Nothing for a text that is too short.
std::optional<core::calibrate::TokenWindows> inputWindows(const DivergenceStudy& study, const core::JobContext& job);

}  // namespace app
