#include "core/quant/uniform.h"

#include "core/base/multiversion.h"
#include "core/quant/bit_stream.h"

namespace core::quant {

namespace {

QS_MULTIVERSION void decodeGroup(const std::uint8_t* __restrict__ codes, std::size_t count, float scale, float offset,
                                 float* __restrict__ out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = scale * (static_cast<float>(codes[i]) + offset);
}

}  // namespace

void decodeRows(const Uniform& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out) {
  const std::uint64_t rowValues = shape.rowValues();
  CodeRows rows(payload, codes.bits, rowValues);
  for (std::uint64_t r = firstRow; r < firstRow + rowCount; ++r, out += rowValues) {
    const std::uint8_t* row = rows.at(r);
    forEachRun(codes.grouping, rowValues, r, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
      const float zeroPoint = codes.zeroPoints.empty() ? 0.0F : codes.zeroPoints[g];
      decodeGroup(row + at, n, codes.scales[g], static_cast<float>(codes.qmin) - zeroPoint, out + at);
    });
  }
}

std::uint64_t sideBytes(const Uniform& codes) {
  return scaleBytes(codes.scaleType, codes.scales.size()) + (codes.zeroPoints.size() * codes.zeroPointBits + 7) / 8;
}

}  // namespace core::quant
