#include "core/quant/grid.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

/// Where a legacy GGUF block keeps its codes.
struct CodeBytes {
  tensor::DType dtype;
  std::uint32_t bits, high, low;  ///< offsets of the fifth bits (0: none) and of the rest
};
constexpr CodeBytes kCodeBytes[] = {{tensor::DType::Q4_0, 4, 0, 2},
                                    {tensor::DType::Q4_1, 4, 0, 4},
                                    {tensor::DType::Q5_0, 5, 2, 6},
                                    {tensor::DType::Q5_1, 5, 4, 8},
                                    {tensor::DType::Q8_0, 8, 0, 2}};

/// Decodes copies of the weight's block in which every code is the same, once per code.
void addLevels(const Elements& elements, const QuantizedTensor& tensor, std::uint64_t flatIndex, Grid& grid) {
  const auto& info = tensor::info(elements.dtype);
  const std::uint64_t size = info.blockValues;
  grid.first = flatIndex / size * size, grid.count = size;
  const auto* code = std::find_if(std::begin(kCodeBytes), std::end(kCodeBytes),
                                  [&](const CodeBytes& c) { return c.dtype == elements.dtype; });
  if (code == std::end(kCodeBytes)) return;
  const auto stored = tensor.payload.subspan(grid.first / size * info.blockBytes, info.blockBytes);
  std::vector<std::byte> bytes(stored.begin(), stored.end());
  for (std::uint32_t c = 0; c < 1U << code->bits; ++c) {
    if (code->bits == 8 && c == 128) continue;  // −128 is never written: the scale belongs to ±127
    const std::uint32_t low = code->bits == 8 ? c : (c & 15U) * 0x11U;
    if (code->high != 0) {
      std::fill_n(bytes.begin() + code->high, 4, c >> 4U != 0 ? std::byte{0xFF} : std::byte{0});
    }
    std::fill(bytes.begin() + code->low, bytes.end(), static_cast<std::byte>(low));
    float value = 0;
    decodeElements(elements.dtype, bytes.data(), flatIndex - grid.first, 1, &value);
    grid.levels.push_back(static_cast<double>(value));
  }
}

/// The flat range of the values that share a scale, as far as it is one: a tile's is the part in the weight's row.
FlatRange rangeOf(const Grouping& grouping, const tensor::Shape& shape, std::uint64_t flatIndex) {
  const std::uint64_t columns = shape.rowValues(), row = flatIndex / columns, all = shape.count();
  switch (grouping.granularity) {
    case Granularity::None:
      return {flatIndex, 1};
    case Granularity::Tensor:
      return {0, all};
    case Granularity::Row:
      return {row * columns, columns};
    case Granularity::Block: {
      const std::uint64_t first = flatIndex / grouping.size * grouping.size;
      return {first, std::min<std::uint64_t>(grouping.size, all - first)};
    }
    case Granularity::Group:
    case Granularity::Tile: {
      const std::uint64_t column = flatIndex % columns / grouping.size * grouping.size;
      return {row * columns + column, std::min<std::uint64_t>(grouping.size, columns - column)};
    }
  }
  return {0, all};
}

template <class Codes>
std::uint64_t locate(const Codes& codes, const QuantizedTensor& tensor, std::uint64_t flatIndex, Grid& grid) {
  const FlatRange range = rangeOf(codes.grouping, tensor.shape, flatIndex);
  grid.first = range.first, grid.count = range.count;
  return groupOf(codes.grouping, tensor.rowValues(), flatIndex);
}

void addLevels(const Uniform& codes, const QuantizedTensor& tensor, std::uint64_t flatIndex, Grid& grid) {
  const std::uint64_t group = locate(codes, tensor, flatIndex, grid);
  const double zero = codes.zeroPoints.empty() ? 0.0 : static_cast<double>(codes.zeroPoints[group]);
  // Symmetric levels leave one code out; packed files of other programs may count from 0.
  const std::int32_t half = 1 << (codes.bits - 1);
  const std::int32_t top = codes.qmin == 1 - half ? half - 1 : codes.qmin + 2 * half - 1;
  for (std::int32_t q = codes.qmin; q <= top; ++q)
    grid.levels.push_back(static_cast<double>(codes.scales[group]) * (static_cast<double>(q) - zero));
}

void addLevels(const CodeBook& codes, const QuantizedTensor& tensor, std::uint64_t flatIndex, Grid& grid) {
  const std::uint64_t group = locate(codes, tensor, flatIndex, grid);
  for (const float level : codes.levels)
    if (std::isfinite(level))
      grid.levels.push_back(static_cast<double>(level) * static_cast<double>(codes.scale(group)));
}

void addLevels(const LearnedCodeBooks& codes, const QuantizedTensor& tensor, std::uint64_t flatIndex, Grid& grid) {
  const std::uint64_t group = locate(codes, tensor, flatIndex, grid);
  for (std::size_t code = 0; code < std::size_t{1} << codes.bits; ++code)
    grid.levels.push_back(static_cast<double>(codes.levels[(group << codes.bits) + code]));
}

}  // namespace

Grid gridAround(const QuantizedTensor& tensor, std::uint64_t flatIndex) {
  Grid grid;
  const ColumnChanges none;
  const ColumnChanges& changes = tensor.changes != nullptr ? *tensor.changes : none;
  const std::uint64_t column = flatIndex % tensor.rowValues();
  std::uint64_t stored = flatIndex;
  if (!changes.order.empty()) {
    const auto place = std::find(changes.order.begin(), changes.order.end(), column);
    stored = flatIndex - column + static_cast<std::uint64_t>(place - changes.order.begin());
  }
  std::visit([&](const auto& codes) { addLevels(codes, tensor, stored, grid); }, tensor.layout);
  if (!changes.inputScales.empty())
    for (double& level : grid.levels)
      level = static_cast<double>(static_cast<float>(level) / changes.inputScales[column]);
  if (!changes.order.empty() || !changes.inputScales.empty()) grid.first = flatIndex, grid.count = 1;
  std::sort(grid.levels.begin(), grid.levels.end());
  grid.levels.erase(std::unique(grid.levels.begin(), grid.levels.end()), grid.levels.end());
  return grid;
}

FlatRange rangeToQuantize(const Scheme& scheme, const tensor::Shape& shape, std::uint64_t flatIndex) {
  const Format& format = scheme.format;
  const FlatRange row{flatIndex / shape.rowValues() * shape.rowValues(), shape.rowValues()};
  const FlatRange all{0, shape.count()};
  // Scales of a second level are quantized together, and tiles need their other rows.
  const bool isNested = format.doubleQuantization == DoubleQuantization::On || format.scaleType == ScaleType::UInt8 ||
                        format.scaleType == ScaleType::E4M3;
  // Methods that look at what the other columns or groups lost choose nothing for one block alone.
  const MethodName method = scheme.method.name;
  if (method != MethodName::RoundToNearest && method != MethodName::ImportanceMatrix) return all;
  if (isNested || format.grouping.granularity == Granularity::Tile) return all;
  if (family(format.name) == Family::GgufBlock) return row;
  if (format.grouping.granularity == Granularity::Group) return row;  // groups begin with their row
  return rangeOf(format.grouping, shape, flatIndex);
}

}  // namespace core::quant
