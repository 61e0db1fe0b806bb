#include <algorithm>
#include <cstring>

#include "core/io/packed_compressed.h"
#include "core/quant/assemble/assemble.h"
#include "core/quant/assemble/pieces.h"
#include "core/quant/assemble/repack.h"
#include "core/quant/assemble/stored_scheme.h"
#include "core/quant/bit_stream.h"
#include "core/quant/scaled_levels.h"

namespace core::quant {

namespace {

using tensor::DType;

/// Zero-points in the order of the grid's scales: signed bytes, or a stream of codes down the words of each group.
std::vector<float> zeroPoints(const io::PackedTensor& stored, const io::PackedIntegerWeight& weight) {
  if (weight.zeros->dtype == DType::I8) return signedBytesOf(stored, *weight.zeros);
  const std::span<const std::byte> words = stored.bytes(*weight.zeros);
  const std::uint64_t groups = weight.grid.gridColumns, mask = (1U << weight.bits) - 1;
  const auto half = static_cast<float>(1U << (weight.bits - 1));
  const auto wordAt = [&](std::uint64_t word, std::uint64_t group) {
    std::uint32_t value = 0;
    const std::uint64_t at = (word * groups + group) * sizeof(value);
    if (at < words.size()) std::memcpy(&value, words.data() + at, sizeof(value));
    return std::uint64_t{value};
  };
  std::vector<float> zeros(weight.rows * groups);
  for (std::uint64_t r = 0; r < weight.rows; ++r) {
    const std::uint64_t bit = weight.bitOf(r);
    for (std::uint64_t g = 0; g < groups; ++g) {
      const std::uint64_t two = wordAt(bit / 32, g) | wordAt(bit / 32 + 1, g) << 32;
      zeros[r * groups + g] = static_cast<float>(two >> bit % 32 & mask) - half;
    }
  }
  return zeros;
}

void placeCodes(const io::PackedIntegerWeight& weight, std::uint32_t bits, QuantizedTensor& out) {
  const bool areRows = bits == weight.bits && weight.isStream &&
                       codeRowBytes(bits, weight.columns) == weight.words * sizeof(std::uint32_t);
  if (areRows && weight.order.empty()) return;
  const WordRows rows{out.payload, weight.words, weight.bits, weight.isStream};
  OwnCodes own = fromWordRows(rows, bits, weight.rows, weight.columns);
  if (!weight.order.empty()) takeColumns(own, weight.order);
  std::move(own).moveInto(out);
}

FormatName elementFormat(const io::TensorInfo& codes, ScaleType scales, const Grouping& grouping) {
  constexpr std::uint32_t kMxGroup = 32;
  const bool isMx = scales == ScaleType::E8M0 && grouping == Grouping{Granularity::Group, kMxGroup};
  if (codes.dtype == DType::F8E5M2) return isMx ? FormatName::MxE5M2 : FormatName::Fp8E5M2;
  return isMx ? FormatName::MxE4M3 : FormatName::Fp8E4M3;
}

}  // namespace

void assemblePackedIntegers(const io::PackedTensor& stored, QuantizedTensor& out) {
  io::PackedIntegerWeight weight = io::packedIntegerWeight(stored);
  Uniform codes;
  codes.bits = std::max(weight.bits, 2U);  // single bits get the room of two
  codes.qmin = -static_cast<std::int32_t>(1U << (weight.bits - 1));
  codes.grouping = groupingOf(weight.grid);
  codes.scaleType = scaleTypeOf(*weight.scales);
  codes.scales = arranged(weight.grid, codes.grouping, floatsOf(stored, *weight.scales));
  if (weight.zeros != nullptr) setZeroPoints(codes, arranged(weight.grid, codes.grouping, zeroPoints(stored, weight)));
  placeCodes(weight, codes.bits, out);
  const bool isOrdered = !weight.order.empty();
  if (isOrdered) {
    auto changes = std::make_shared<ColumnChanges>();
    changes->order = std::move(weight.order);
    out.changes = std::move(changes);
  }
  const bool isExpressed = codes.bits == weight.bits;
  if (isExpressed)
    setScheme(out, integerScheme(codes, isOrdered ? MethodName::Gptq : MethodName::RoundToNearest,
                                 isOrdered ? ActOrder::On : ActOrder::Off));
  out.layout = std::move(codes);
  setInputs(stored, out);
}

void assembleScaledElements(const io::PackedTensor& stored, QuantizedTensor& out) {
  const io::ScaledWeight weight = io::scaledElementsWeight(stored);
  const Grouping grouping = groupingOf(weight.grid);
  const ScaleType scaleType = scaleTypeOf(*weight.scales);
  std::vector<float> scales = arranged(weight.grid, grouping, floatsOf(stored, *weight.scales));
  if (stored.codes().dtype == DType::I8) {
    Uniform codes;
    codes.bits = 8;
    codes.qmin = -128;
    codes.grouping = grouping;
    codes.scaleType = scaleType;
    codes.scales = std::move(scales);
    if (weight.zeros != nullptr)
      setZeroPoints(codes, arranged(weight.grid, grouping, signedBytesOf(stored, *weight.zeros)));
    fromSignedBytes(out.payload, out.rows(), out.rowValues()).moveInto(out);
    setScheme(out, integerScheme(codes, MethodName::RoundToNearest));
    out.layout = std::move(codes);
  } else {
    Scheme scheme = Scheme::defaults(elementFormat(stored.codes(), scaleType, grouping));
    scheme.format.grouping = grouping;
    out.layout = CodeBook{.bits = 8,
                          .packing = Packing::Rows,
                          .grouping = grouping,
                          .levels = levelsOf(scheme.format),
                          .scaleType = scaleType,
                          .scales = std::move(scales),
                          .nested = std::nullopt};
    setScheme(out, scheme);
  }
  setInputs(stored, out);
}

}  // namespace core::quant
