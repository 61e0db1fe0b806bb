#include "core/train/qat/learned_clips.h"

#include <algorithm>
#include <cmath>

#include "core/quant/methods/finite_weights.h"
#include "core/quant/row_importance.h"
#include "core/quant/tensor_rows.h"

namespace core::train {

namespace {

/// What OmniQuant begins with, and for a range that is almost nothing.
constexpr float kLargest = 4.0F, kSmallest = -4.0F;

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

/// What makes a share of a range, as far as the sigmoid has a slope there.
float logitOf(float part, float whole) {
  if (!(part < whole)) return kLargest;
  const float share = part / whole;
  return std::clamp(std::log(share / (1.0F - share)), kSmallest, kLargest);
}

/// d σ(x) / dx
double slopeAt(float x) {
  const double share = static_cast<double>(sigmoid(x));
  return share * (1.0 - share);
}

}  // namespace

LearnedClips::LearnedClips(std::string name, const quant::Scheme& scheme, const tensor::Shape& shape,
                           const std::vector<float>& latent, double rateFactor, const JobContext& job)
    : m_name(std::move(name)), m_scheme(scheme), m_shape(shape), m_rateFactor(rateFactor) {
  findExtremes(latent, job);
  std::vector<quant::Extremes> own(m_extremes.size());
  if (scheme.format.grouping.granularity == quant::Granularity::Tensor) {
    const quant::RowImportance none(nullptr, shape);
    own.front() = quant::chooseGridOfTensor(scheme, quant::tensorOf(latent, shape), none, job).range;
  } else {
    quant::forEachRow(quant::tensorOf(latent, shape), job, "Choosing ranges",
                      [&](std::uint64_t row, const float* values) {
                        quant::forEachRun(scheme.format.grouping, shape.rowValues(), row,
                                          [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
                                            own[g] = quant::chooseGrid(scheme, values + at, n, nullptr).range;
                                          });
                      });
  }
  for (std::size_t g = 0; g < own.size(); ++g) {
    const quant::Extremes &full = m_extremes[g], &part = own[g];
    if (isSymmetric()) {
      m_high.push_back(logitOf(std::max(part.negative, part.positive), std::max(full.negative, full.positive)));
    } else {
      m_low.push_back(logitOf(part.negative, full.negative));
      m_high.push_back(logitOf(part.positive, full.positive));
    }
  }
}

std::vector<Parameter> LearnedClips::initial() const {
  if (isSymmetric()) return {{m_name + ".clip", m_high, {}, m_rateFactor, false}};
  return {{m_name + ".clip_low", m_low, {}, m_rateFactor, false},
          {m_name + ".clip_high", m_high, {}, m_rateFactor, false}};
}

void LearnedClips::findExtremes(const std::vector<float>& latent, const JobContext& job) {
  m_extremes.assign(quant::groupCount(m_scheme.format.grouping, m_shape), {});
  if (m_scheme.format.grouping.granularity == quant::Granularity::Tensor) {
    m_extremes.front() = quant::extremesOfTensor(quant::tensorOf(latent, m_shape), job);
    return;
  }
  const std::uint64_t width = m_shape.rowValues();
  forEachChunk(m_shape.rows(), itemsPerChunk(width), job, "Quantizing", [&](std::uint64_t first, std::uint64_t rows) {
    for (std::uint64_t row = first; row < first + rows; ++row)
      quant::forEachRun(m_scheme.format.grouping, width, row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
        m_extremes[g] = quant::extremesOf({latent.data() + row * width + at, n});
      });
  });
}

void LearnedClips::make(std::span<const Parameter> ranges, const std::vector<float>& latent, quant::Uniform& codes,
                        const JobContext& job) {
  findExtremes(latent, job);
  std::vector<quant::Extremes> clipped(m_extremes.size());
  for (std::size_t g = 0; g < clipped.size(); ++g) {
    const float low = sigmoid(ranges.front().values[g]), high = sigmoid(ranges.back().values[g]);
    clipped[g] = {low * m_extremes[g].negative, high * m_extremes[g].positive};
    const quant::UniformGrid grid = quant::chooseGrid(m_scheme, clipped[g]);
    codes.scales[g] = grid.scale;
    if (!codes.zeroPoints.empty()) codes.zeroPoints[g] = grid.zeroPoint;
  }
  if (codes.scaleType == quant::ScaleType::UInt8)
    quant::storeSecondLevel(codes, quant::uniformLevels(m_scheme.format), clipped);
}

void LearnedClips::add(const quant::Uniform& codes, std::uint64_t group, const GridGradient& gradient,
                       std::span<Parameter> ranges) const {
  const quant::UniformLevels level = quant::uniformLevels(m_scheme.format);
  const double n = static_cast<double>(m_extremes[group].negative), p = static_cast<double>(m_extremes[group].positive);
  const double scale = static_cast<double>(codes.scales[group]);
  if (scale == 0.0) return;
  Parameter &low = ranges.front(), &high = ranges.back();
  if (isSymmetric()) {
    high.gradient[group] +=
        static_cast<float>(gradient.scale * std::max(n, p) / level.max * slopeAt(high.values[group]));
    return;
  }
  const double steps = level.max - level.min;
  const double lowRange = static_cast<double>(sigmoid(low.values[group])) * n;
  // Z = qmin + σ(β) n / s depends on the scale, and through it on both.
  const double ofScale = gradient.scale - gradient.zeroPoint * lowRange / (scale * scale);
  low.gradient[group] +=
      static_cast<float>((ofScale / steps + gradient.zeroPoint / scale) * n * slopeAt(low.values[group]));
  high.gradient[group] += static_cast<float>(ofScale / steps * p * slopeAt(high.values[group]));
}

}  // namespace core::train
