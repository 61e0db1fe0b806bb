#include <algorithm>
#include <cstring>

#include "core/base/parallel.h"
#include "core/io/packed_hqq.h"
#include "core/quant/assemble/assemble.h"
#include "core/quant/assemble/pieces.h"
#include "core/quant/assemble/repack.h"
#include "core/quant/assemble/stored_scheme.h"
#include "core/quant/bit_stream.h"

namespace core::quant {

namespace {

constexpr std::size_t kRowsAtOnce = 16;

/// The codes [first, first + count) of the weights row-major, all in one group.
void readRun(const io::HqqWeight& weight, std::span<const std::byte> packed, std::uint64_t first, std::uint64_t count,
             std::uint8_t* codes) {
  const std::uint64_t group = first / weight.groupSize, part = group / weight.partRows;
  const std::uint64_t at = group % weight.partRows * weight.groupSize + first % weight.groupSize;
  const std::uint32_t mask = (1U << weight.bits) - 1;
  const auto shift = static_cast<std::uint32_t>((weight.parts - 1 - part) * weight.bits);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint32_t word = 0;
    if (weight.bits == 3)
      std::memcpy(&word, packed.data() + (at + i) * sizeof(word), sizeof(word));
    else
      word = std::to_integer<std::uint32_t>(packed[at + i]);
    codes[i] = static_cast<std::uint8_t>(word >> shift & mask);
  }
}

OwnCodes rowsOf(const io::HqqWeight& weight, std::span<const std::byte> packed) {
  OwnCodes out(std::max(weight.bits, 2U), weight.rows, weight.columns);  // single bits get the room of two
  parallelFor(weight.rows, kRowsAtOnce, [&](std::size_t first, std::size_t last) {
    std::vector<std::uint8_t> codes(weight.columns);
    for (std::uint64_t r = first; r < last; ++r) {
      for (std::uint64_t c = 0; c < weight.columns;) {
        const std::uint64_t at = r * weight.columns + c;
        const std::uint64_t count = std::min(weight.columns - c, weight.groupSize - at % weight.groupSize);
        readRun(weight, packed, at, count, codes.data() + c);
        c += count;
      }
      packBits(codes.data(), weight.columns, out.bits, reinterpret_cast<std::uint8_t*>(out.row(r)));
    }
  });
  return out;
}

Grouping groupingOf(const io::HqqWeight& weight) {
  const auto size = static_cast<std::uint32_t>(weight.groupSize);
  if (weight.groups == 1) return {Granularity::Tensor, 0};
  if (weight.groupSize == weight.columns) return {Granularity::Row, 0};
  return {weight.columns % weight.groupSize == 0 ? Granularity::Group : Granularity::Block, size};
}

}  // namespace

void assembleHqq(const io::PackedTensor& stored, QuantizedTensor& out) {
  const io::HqqWeight weight = io::hqqWeight(stored);
  Uniform codes;
  codes.bits = std::max(weight.bits, 2U);
  codes.grouping = groupingOf(weight);
  codes.scaleType = scaleTypeOf(*weight.scales);
  codes.scales = floatsOf(stored, *weight.scales);
  codes.zeroPoints = floatsOf(stored, *weight.zeros);
  codes.zeroPointBits = weight.zeros->dtype == tensor::DType::F32 ? 32 : 16;
  if (weight.bits != 8) rowsOf(weight, out.payload).moveInto(out);
  if (codes.bits == weight.bits) setScheme(out, integerScheme(codes, MethodName::Hqq));
  out.layout = std::move(codes);
}

}  // namespace core::quant
