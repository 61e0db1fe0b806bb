#pragma once
#include <span>

namespace core::classic {

/// R² = 1 − Σ (y − ŷ)² / Σ (y − mean y)²: the share of the targets' variance that the predictions explain. 1 is
/// perfect, 0 as good as always saying the mean; NaN when all targets are equal or there are none.
double rSquared(std::span<const float> targets, std::span<const double> predictions);
/// Mean of |y − ŷ|. NaN for none.
double meanAbsoluteError(std::span<const float> targets, std::span<const double> predictions);
/// Share of predictions that are the target itself. NaN for none.
double accuracy(std::span<const float> targets, std::span<const double> predictions);

}  // namespace core::classic
