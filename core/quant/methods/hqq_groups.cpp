#include "core/quant/methods/hqq_groups.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/parallel_chunks.h"
#include "core/quant/finite_values.h"
#include "core/quant/uniform_code.h"

namespace core::quant {

namespace {

constexpr int kIterations = 20;
constexpr float kNorm = 0.7F, kFirstBeta = 10.0F, kBetaGrowth = 1.01F;
/// Zero-points beyond these are stored too coarsely: with an error of over 1/16 step.
constexpr float kFarthestHalfZero = 256.0F, kFarthestFloatZero = 0x1p20F;

float levelOf(const HqqGrid& grid, float value, float largest) {
  return std::clamp(roundToEven(value * grid.inverse + grid.zero), 0.0F, largest);
}

/// sign(r) · max(|r| − |r|^(p − 1) / β, 0). @param threshold up to where that is surely 0
float shrink(float error, float beta, float threshold) {
  const float magnitude = std::fabs(error);
  if (magnitude < threshold) return 0.0F;
  return std::copysign(std::max(magnitude - std::pow(magnitude, kNorm - 1.0F) / beta, 0.0F), error);
}

}  // namespace

HqqGroups::HqqGroups(std::span<const float> weights, std::vector<std::uint64_t> starts, std::uint32_t bits,
                     ScaleType scaleType)
    : m_weights(weights),
      m_starts(std::move(starts)),
      m_largest(static_cast<float>((1U << bits) - 1U)),
      m_grids(m_starts.size() - 1) {
  const float farthest = scaleType == ScaleType::Fp32 ? kFarthestFloatZero : kFarthestHalfZero;
  for (std::uint64_t group = 0; group < m_grids.size(); ++group) span(group, farthest);
  if (scaleType == ScaleType::Fp32) return;
  std::vector<float> scales(m_grids.size());
  std::transform(m_grids.begin(), m_grids.end(), scales.begin(),
                 [&](const HqqGrid& grid) { return storedScale(scaleType, grid.scale); });
  if (scaleType == ScaleType::UInt8) storeSecondLevel(scales);
  for (std::uint64_t group = 0; group < m_grids.size(); ++group) {
    HqqGrid& grid = m_grids[group];
    const float minusLow = grid.zero * grid.scale;
    grid.scale = scales[group];
    grid.inverse = safeReciprocal(grid.scale);
    grid.zero = minusLow * grid.inverse;
  }
}

std::span<const float> HqqGroups::valuesOf(std::uint64_t group) const {
  return m_weights.subspan(m_starts[group], m_starts[group + 1] - m_starts[group]);
}

void HqqGroups::span(std::uint64_t group, float farthestZero) {
  const std::span<const float> values = valuesOf(group);
  auto [low, high] =
      std::pair(*std::min_element(values.begin(), values.end()), *std::max_element(values.begin(), values.end()));
  const auto inverse = [&] { return m_largest / std::min(high - low, std::numeric_limits<float>::max()); };
  if (low == high || !(std::fabs(low * inverse()) <= farthestZero)) {
    low = std::min(low, 0.0F);
    high = std::max(high, 0.0F);
  }
  if (low == high || !std::isfinite(inverse())) return;
  m_grids[group] = {1.0F / inverse(), inverse(), -low * inverse()};
}

double HqqGroups::improve(std::uint64_t group, float beta) {
  HqqGrid& grid = m_grids[group];
  if (grid.scale == 0.0F) return 0.0;
  const float threshold = 0.99F * std::pow(beta, 1.0F / (kNorm - 2.0F));
  const std::span<const float> values = valuesOf(group);
  double errors = 0.0, zeros = 0.0;
  for (const float value : values) {
    const float level = levelOf(grid, value, m_largest);
    const float error = value - (level - grid.zero) / grid.inverse;
    errors += static_cast<double>(std::fabs(error));
    zeros += static_cast<double>(level - (value - shrink(error, beta, threshold)) * grid.inverse);
  }
  grid.zero = static_cast<float>(zeros / static_cast<double>(values.size()));
  return errors;
}

void HqqGroups::optimize(const JobContext& job, HqqTrace* trace, std::uint64_t groups) {
  const auto note = [&] {
    if (trace == nullptr) return;
    const auto first = m_grids.begin() + static_cast<std::ptrdiff_t>(trace->firstGroup);
    trace->grids.emplace_back(first, first + static_cast<std::ptrdiff_t>(groups));
  };
  note();
  std::vector<double> errors(m_grids.size());
  const std::uint64_t chunk = itemsPerChunk(m_weights.size() / std::max<std::size_t>(1, m_grids.size()));
  double least = std::numeric_limits<double>::infinity();
  float beta = kFirstBeta;
  for (int i = 0; i < kIterations; ++i, beta *= kBetaGrowth) {
    forEachChunk(m_grids.size(), chunk, job.part(0.0, 0.0), "Moving zero-points",
                 [&](std::uint64_t first, std::uint64_t count) {
                   for (std::uint64_t group = first; group < first + count; ++group)
                     errors[group] = improve(group, beta);
                 });
    job.progress(static_cast<double>(i + 1) / kIterations, "Moving zero-points");
    const double sum = std::accumulate(errors.begin(), errors.end(), 0.0);  // in one order
    note();
    if (trace != nullptr) trace->errors.push_back(sum / static_cast<double>(m_weights.size()));
    if (!(sum < least)) return;
    least = sum;
  }
}

void HqqGroups::roundZeros(float offset) {
  for (HqqGrid& grid : m_grids) grid.zero = numeric::halfToFloat(finiteHalf(grid.zero - offset)) + offset;
}

float valueUnder(const HqqGrid& grid, float weight, std::uint32_t bits) {
  return (levelOf(grid, weight, static_cast<float>((1U << bits) - 1U)) - grid.zero) * grid.scale;
}

std::uint8_t HqqGroups::code(std::uint64_t group, float value) const {
  return static_cast<std::uint8_t>(static_cast<std::int32_t>(levelOf(m_grids[group], value, m_largest)));
}

}  // namespace core::quant
