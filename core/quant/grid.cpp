#include "core/quant/grid.h"

#include <algorithm>
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
void addBlockLevels(const QuantizedTensor& tensor, std::uint64_t flatIndex, Grid& grid) {
  const auto* code = std::find_if(std::begin(kCodeBytes), std::end(kCodeBytes),
                                  [&](const CodeBytes& c) { return c.dtype == tensor.dtype; });
  if (code == std::end(kCodeBytes)) return;
  const auto& info = tensor::info(tensor.dtype);
  const std::uint64_t block = grid.first / info.blockValues;
  const auto stored = tensor.payload.subspan(block * info.blockBytes, info.blockBytes);
  std::vector<std::byte> bytes(stored.begin(), stored.end());
  tensor::TensorView view;
  view.dtype = tensor.dtype;
  view.shape = tensor::Shape{1, info.blockValues};
  view.bytes = bytes;
  for (std::uint32_t c = 0; c < 1U << code->bits; ++c) {
    if (code->bits == 8 && c == 128) continue;  // −128 is never written: the scale belongs to ±127
    const std::uint32_t low = code->bits == 8 ? c : (c & 15U) * 0x11U;
    if (code->high != 0) {
      std::fill_n(bytes.begin() + code->high, 4, c >> 4U != 0 ? std::byte{0xFF} : std::byte{0});
    }
    std::fill(bytes.begin() + code->low, bytes.end(), static_cast<std::byte>(low));
    float value = 0;
    decode(view, flatIndex - grid.first, 1, &value);
    grid.levels.push_back(static_cast<double>(value));
  }
}

void addIntegerLevels(const QuantizedTensor& tensor, std::uint64_t scale, Grid& grid) {
  const std::int64_t zero = tensor.zeroPoints.empty() ? 0 : tensor.zeroPoints[scale];
  const std::int64_t top = (std::int64_t{1} << (tensor.bits - 1)) - 1;
  for (std::int64_t q = tensor.qmin; q <= top; ++q)
    grid.levels.push_back(static_cast<double>(tensor.scales[scale]) * static_cast<double>(q - zero));
}

/// @return index of the scale
std::uint64_t locateInteger(const QuantizedTensor& tensor, std::uint64_t flatIndex, Grid& grid) {
  const std::uint64_t columns = tensor.rowValues(), row = flatIndex / columns, column = flatIndex % columns;
  if (tensor.granularity == Granularity::Tensor) {
    grid.count = tensor.shape.count();
    return 0;
  }
  if (tensor.granularity == Granularity::Row) {
    grid.first = row * columns, grid.count = columns;
    return row;
  }
  const std::uint64_t size = tensor.groupSize, group = column / size;
  grid.first = row * columns + group * size;
  grid.count = std::min(size, columns - group * size);
  return row * ((columns + size - 1) / size) + group;
}

}  // namespace

Grid gridAround(const QuantizedTensor& tensor, std::uint64_t flatIndex) {
  Grid grid;
  switch (tensor.layout) {
    case Layout::Plain:
      grid.first = flatIndex, grid.count = 1;
      return grid;
    case Layout::Integer:
      addIntegerLevels(tensor, locateInteger(tensor, flatIndex, grid), grid);
      break;
    case Layout::CodeBook: {
      const std::uint64_t block = flatIndex / tensor.blockSize;
      grid.first = block * tensor.blockSize;
      grid.count = std::min<std::uint64_t>(tensor.blockSize, tensor.shape.count() - grid.first);
      for (const float code : tensor.codeBook)
        grid.levels.push_back(static_cast<double>(code) * static_cast<double>(tensor.absmax[block]));
      break;
    }
    case Layout::Block: {
      const std::uint64_t size = tensor::info(tensor.dtype).blockValues;
      grid.first = flatIndex / size * size, grid.count = size;
      addBlockLevels(tensor, flatIndex, grid);
      break;
    }
  }
  std::sort(grid.levels.begin(), grid.levels.end());
  grid.levels.erase(std::unique(grid.levels.begin(), grid.levels.end()), grid.levels.end());
  return grid;
}

FlatRange rangeToQuantize(const Scheme& scheme, const tensor::Shape& shape, std::uint64_t flatIndex) {
  const std::uint64_t columns = shape.rowValues(), all = shape.count();
  const FlatRange row{flatIndex / columns * columns, columns};
  switch (family(scheme.name)) {
    case Family::Cast:
      return {flatIndex, 1};
    case Family::GgufBlock:
      return row;
    case Family::Integer:
      return scheme.granularity == Granularity::Tensor ? FlatRange{0, all} : row;
    case Family::CodeBook: {
      // The scales of double quantization are quantized together.
      if (scheme.doubleQuantization == DoubleQuantization::On) return {0, all};
      const std::uint64_t first = flatIndex / scheme.blockSize * scheme.blockSize;
      return {first, std::min<std::uint64_t>(scheme.blockSize, all - first)};
    }
  }
  return {0, all};
}

}  // namespace core::quant
