#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/job_context.h"
#include "core/classic/activation_ranges.h"
#include "core/classic/affine_grid.h"
#include "core/classic/image_network.h"

/// The models of lesson 12, fitted on drawn data and measured on other data of the same kind, before and after
/// quantization. Everything is computed when it is asked for; the same on every machine up to the last digits of float
/// sums.
namespace core::classic {

/// Integers for parameters and inputs; nothing: as fitted.
struct TableQuantization {
  std::uint32_t bits = 16;  ///< 2 … 16
  ColumnScale sharing = ColumnScale::Own;
};

struct RegressionScore {
  double rSquared = 0.0;
  double meanError = 0.0;  ///< mean of |error|, thousands
};
/// Prices of 1000 houses, by a regression fitted on 500 others.
RegressionScore houseRegression(const std::optional<TableQuantization>& quantization);
/// Share of 2000 fruits that a tree, grown on 600 others, names rightly.
double fruitTree(const std::optional<TableQuantization>& quantization);

/// Integers for weights and activations of the image network.
struct ImageQuantization {
  quant::Scheme weights = quant::Scheme::defaults(quant::FormatName::Int8);
  ActivationRule activations;
};
/// Images the calibrated rules look at: of the training series, none of those measured.
constexpr std::size_t kCalibrationImages = 100;
constexpr std::size_t kHeldOutImages = 2000;
std::vector<std::vector<float>> calibrationImages();

/// Share of the first `images` held-out digits named rightly. Takes 0.2 s or less.
/// @throws Error as QuantizedImageNetwork, Cancelled
double digitAccuracy(const ImageNetwork& network, const std::optional<ImageQuantization>& quantization,
                     std::size_t images = kHeldOutImages, const JobContext& job = JobContext());
/// The same where only the weights are quantized, by any scheme.
double digitAccuracyOfWeights(const ImageNetwork& network, const quant::Scheme& weights,
                              std::size_t images = kHeldOutImages, const JobContext& job = JobContext());

}  // namespace core::classic
