#pragma once
#include <cstddef>

namespace core::quant {

/// Matrices cut into strips of 32 columns: [row][32], one strip after the other, the last filled up with zeros. All
/// large sums of the methods are products of such strips.
constexpr std::size_t kStrip = 32;

constexpr std::size_t stripCount(std::size_t columns) { return (columns + kStrip - 1) / kStrip; }

/// out[i][j] = Σ_k a[k][i] · b[k][j] of two strips of `depth` rows, [32, 32]. One addend after the other, so the result
/// is the same on every CPU.
void stripProduct(const float* a, const float* b, std::size_t depth, float* out);
void stripProduct(const double* a, const double* b, std::size_t depth, double* out);

}  // namespace core::quant
