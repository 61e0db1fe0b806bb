#include "core/io/packed_gptq.h"
#include "core/quant/assemble/assemble.h"
#include "core/quant/assemble/pieces.h"
#include "core/quant/assemble/repack.h"
#include "core/quant/assemble/stored_scheme.h"

namespace core::quant {

namespace {

/// [groups, rows] → one row's groups after the other.
std::vector<float> transposed(const std::vector<float>& values, std::uint64_t groups, std::uint64_t rows) {
  std::vector<float> result(values.size());
  for (std::uint64_t g = 0; g < groups; ++g)
    for (std::uint64_t r = 0; r < rows; ++r) result[r * groups + g] = values[g * rows + r];
  return result;
}

std::vector<float> zeroPoints(const io::PackedTensor& stored, const io::GptqWeight& weight) {
  const std::uint32_t mask = (1U << weight.bits) - 1;
  if (weight.zeros == nullptr) return std::vector<float>(weight.rows * weight.groups, static_cast<float>(mask / 2 + 1));
  const std::span<const std::byte> bytes = stored.bytes(*weight.zeros);
  const std::uint64_t lineBytes = bytes.size() / weight.groups;
  std::vector<float> zeros(weight.rows * weight.groups);
  for (std::uint64_t g = 0; g < weight.groups; ++g) {
    const auto line = bytes.subspan(g * lineBytes, lineBytes);
    for (std::uint64_t r = 0; r < weight.rows; ++r)
      zeros[r * weight.groups + g] = static_cast<float>((codeAt(line, r, weight.bits) + weight.zeroOffset) & mask);
  }
  return zeros;
}

}  // namespace

void assembleGptq(const io::PackedTensor& stored, QuantizedTensor& out) {
  io::GptqWeight weight = io::gptqWeight(stored);
  Uniform codes;
  codes.bits = weight.bits;
  codes.grouping = weight.groups == 1 ? Grouping{Granularity::Row, 0}
                                      : Grouping{Granularity::Group, static_cast<std::uint32_t>(weight.groupSize)};
  codes.scaleType = scaleTypeOf(*weight.scales);
  codes.scales = transposed(floatsOf(stored, *weight.scales), weight.groups, weight.rows);
  setZeroPoints(codes, zeroPoints(stored, weight));
  OwnCodes own = fromColumnStreams(out.payload, weight.words, weight.bits, weight.rows, weight.columns);
  const bool isOrdered = !weight.order.empty();
  if (isOrdered) {
    takeColumns(own, weight.order);
    auto changes = std::make_shared<ColumnChanges>();
    changes->order = std::move(weight.order);
    out.changes = std::move(changes);
  }
  std::move(own).moveInto(out);
  setScheme(out, integerScheme(codes, MethodName::Gptq, isOrdered ? ActOrder::On : ActOrder::Off));
  out.layout = std::move(codes);
}

}  // namespace core::quant
