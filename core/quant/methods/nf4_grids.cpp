#include "core/quant/methods/nf4_grids.h"

#include "core/quant/bitsandbytes.h"
#include "core/quant/bitsandbytes_codes.h"
#include "core/quant/finite_values.h"

namespace core::quant {

Nf4Grids::Nf4Grids(const Grouping& grouping, const tensor::Shape& shape) {
  m_codes.bits = codeBits(FormatName::Nf4);
  m_codes.packing = Packing::NibblesHighFirst;
  m_codes.grouping = grouping;
  const auto levels = bitsandbytesLevels(FormatName::Nf4);
  m_codes.levels.assign(levels.begin(), levels.end());
  m_codes.scales.resize(groupCount(grouping, shape));
}

void Nf4Grids::choose(std::uint64_t group, std::span<const float> weights) {
  m_codes.scales[group] = maxFiniteMagnitude(weights.data(), weights.size());
}

RoundedValue Nf4Grids::round(std::uint64_t group, float value) const {
  const float absmax = m_codes.scales[group];
  const auto code = static_cast<std::uint8_t>(nf4Code(value * (1.0F / absmax)));
  return {code, m_codes.levels[code] * absmax};
}

Layout Nf4Grids::store(std::span<const std::uint8_t> codes, std::uint8_t* payload) {
  const std::size_t pairs = codes.size() / 2 * 2;
  packHighFirst(codes.data(), pairs, payload);
  if (pairs != codes.size()) {
    const std::uint8_t last[] = {codes.back(), static_cast<std::uint8_t>(nf4Code(0.0F))};
    packHighFirst(last, 2, payload + pairs / 2);
  }
  return std::move(m_codes);
}

}  // namespace core::quant
