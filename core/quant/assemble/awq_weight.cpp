#include <array>

#include "core/io/packed_awq.h"
#include "core/quant/assemble/assemble.h"
#include "core/quant/assemble/pieces.h"
#include "core/quant/assemble/repack.h"
#include "core/quant/assemble/stored_scheme.h"

namespace core::quant {

namespace {

constexpr std::uint64_t kPerWord = 8;
constexpr std::array<std::uint8_t, 8> kNibbleOf = {0, 4, 1, 5, 2, 6, 3, 7};  ///< of each output of eight, in Gemm

/// Scale and zero-point of (row, group), in the order in which they are stored.
struct Place {
  std::uint64_t scale, zero;
};

Place placeOf(const io::AwqWeight& weight, std::uint64_t row, std::uint64_t group) {
  if (weight.packing == io::AwqPacking::Gemm)
    return {group * weight.rows + row, group * weight.rows + row / kPerWord * kPerWord + kNibbleOf[row % kPerWord]};
  const std::uint64_t stride = weight.zeros->storedShape[1] * kPerWord;
  return {row * stride + group, row * stride + group};
}

}  // namespace

void assembleAwq(const io::PackedTensor& stored, QuantizedTensor& out) {
  const io::AwqWeight weight = io::awqWeight(stored);
  Uniform codes;
  codes.bits = 4;
  codes.grouping = weight.groups == 1 ? Grouping{Granularity::Row, 0}
                                      : Grouping{Granularity::Group, static_cast<std::uint32_t>(weight.groupSize)};
  codes.scaleType = scaleTypeOf(*weight.scales);
  const std::vector<float> scales = floatsOf(stored, *weight.scales);
  const std::span<const std::byte> zeroWords = stored.bytes(*weight.zeros);
  std::vector<float> zeros(weight.rows * weight.groups);
  codes.scales.resize(zeros.size());
  for (std::uint64_t r = 0; r < weight.rows; ++r) {
    for (std::uint64_t g = 0; g < weight.groups; ++g) {
      const Place place = placeOf(weight, r, g);
      codes.scales[r * weight.groups + g] = scales[place.scale];
      zeros[r * weight.groups + g] = static_cast<float>(codeAt(zeroWords, place.zero, 4));
    }
  }
  setZeroPoints(codes, std::move(zeros));
  // The rows of Gemv are streams already.
  if (weight.packing == io::AwqPacking::Gemm) fromAwqNibbles(out.payload, weight.rows, weight.columns).moveInto(out);
  setScheme(out, integerScheme(codes, MethodName::Awq));
  out.layout = std::move(codes);
}

}  // namespace core::quant
