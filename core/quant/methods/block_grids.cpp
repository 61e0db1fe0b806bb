#include "core/quant/methods/block_grids.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/base/parallel.h"
#include "core/quant/block_bytes.h"
#include "core/quant/finite_values.h"
#include "core/quant/uniform_code.h"

namespace core::quant {

namespace {

constexpr std::uint32_t kValues = 32;
constexpr std::size_t kHalf = kValues / 2;

}  // namespace

BlockGrids::BlockGrids(tensor::DType dtype, const tensor::Shape& shape)
    : m_dtype(dtype),
      m_lowest(dtype == tensor::DType::Q4_0 ? -8.0F : -127.0F),
      m_highest(dtype == tensor::DType::Q4_0 ? 7.0F : 127.0F),
      m_halves(groupCount(grouping(), shape)) {
  assert(dtype == tensor::DType::Q4_0 || dtype == tensor::DType::Q8_0);
}

Grouping BlockGrids::grouping() const { return {Granularity::Group, kValues}; }

void BlockGrids::choose(std::uint64_t group, std::span<const float> weights) {
  const float magnitude = maxFiniteMagnitude(weights.data(), weights.size());
  const auto first = std::find_if(weights.begin(), weights.end(), [&](float w) { return std::fabs(w) == magnitude; });
  const float extreme = first == weights.end() ? 0.0F : *first;
  m_halves[group] = finiteHalf(m_dtype == tensor::DType::Q4_0 ? extreme / -8.0F : std::fabs(extreme) / 127.0F);
}

RoundedValue BlockGrids::round(std::uint64_t group, float value) const {
  const float scale = numeric::halfToFloat(m_halves[group]);
  const float level = scale == 0.0F ? 0.0F : levelOf(value, scale, m_lowest, m_highest);
  return {static_cast<std::uint8_t>(static_cast<std::int32_t>(level - m_lowest)), scale * level};
}

Layout BlockGrids::store(std::span<const std::uint8_t> codes, std::uint8_t* payload) {
  const std::uint32_t blockBytes = tensor::info(m_dtype).blockBytes;
  parallelFor(m_halves.size(), 1024, [&](std::size_t first, std::size_t last) {
    for (std::size_t b = first; b < last; ++b) {
      const std::uint8_t* const from = codes.data() + b * kValues;
      std::uint8_t* const to = payload + b * blockBytes;
      storeU16(to, m_halves[b]);
      if (m_dtype == tensor::DType::Q4_0)
        for (std::size_t j = 0; j < kHalf; ++j) to[2 + j] = static_cast<std::uint8_t>(from[j] | (from[j + kHalf] << 4));
      else
        for (std::size_t j = 0; j < kValues; ++j) to[2 + j] = static_cast<std::uint8_t>(from[j] - 127U);
    }
  });
  return Elements{m_dtype};
}

}  // namespace core::quant
