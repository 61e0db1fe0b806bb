#include "core/quant/methods/uniform_grids.h"

#include "core/base/parallel.h"
#include "core/quant/bit_stream.h"
#include "core/quant/uniform_encode.h"

namespace core::quant {

UniformGrids::UniformGrids(const Scheme& scheme, const tensor::Shape& shape)
    : m_scheme(scheme), m_shape(shape), m_level(uniformLevels(scheme.format)), m_codes(emptyUniform(scheme, shape)) {
  if (areTogether()) m_ranges.resize(m_codes.scales.size());
}

void UniformGrids::choose(std::uint64_t group, std::span<const float> weights) {
  const UniformGrid grid = chooseGrid(m_scheme, weights.data(), weights.size(), nullptr);
  m_codes.scales[group] = grid.scale;
  if (areTogether()) m_ranges[group] = grid.range;
  if (!m_codes.zeroPoints.empty()) m_codes.zeroPoints[group] = grid.zeroPoint;
}

void UniformGrids::finish() {
  if (areTogether()) storeSecondLevel(m_codes, m_level, m_ranges);
}

RoundedValue UniformGrids::round(std::uint64_t group, float value) const {
  const float scale = m_codes.scales[group];
  const float zero = m_codes.zeroPoints.empty() ? 0.0F : m_codes.zeroPoints[group];
  const auto lowest = static_cast<float>(m_level.min) - zero, highest = static_cast<float>(m_level.max) - zero;
  const float level = scale == 0.0F ? 0.0F : levelOf(value, scale, lowest, highest);
  return {static_cast<std::uint8_t>(static_cast<std::int32_t>(level - lowest)), scale * level};
}

Layout UniformGrids::store(std::span<const std::uint8_t> codes, std::uint8_t* payload) {
  const std::uint64_t rowValues = m_shape.rowValues(), rowBytes = codeRowBytes(m_codes.bits, rowValues);
  parallelFor(m_shape.rows(), 16, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row)
      packBits(codes.data() + row * rowValues, rowValues, m_codes.bits, payload + row * rowBytes);
  });
  return std::move(m_codes);
}

}  // namespace core::quant
