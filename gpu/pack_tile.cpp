// Repacking of tensors for the device; the layouts are those of shaders/common/unit.glsl and shaders/dequant/*.glsl.
#include <bit>
#include <cstring>

#include "core/numeric/half.h"
#include "core/quant/quantizer.h"
#include "gpu/packed_tile.h"

namespace gpu {

namespace {

using core::quant::Granularity;
using core::quant::Layout;
using core::quant::QuantizedTensor;
using core::tensor::DType;

std::uint8_t byteAt(const QuantizedTensor& tensor, std::uint64_t i) {
  return std::to_integer<std::uint8_t>(tensor.payload[i]);
}
const std::uint8_t* bytesAt(const QuantizedTensor& tensor, std::uint64_t i) {
  return reinterpret_cast<const std::uint8_t*>(tensor.payload.data()) + i;
}
std::uint64_t blockRowBytes(const QuantizedTensor& tensor) {
  const core::tensor::DTypeInfo& info = core::tensor::info(tensor.dtype);
  return tensor.rowValues() / info.blockValues * info.blockBytes;
}

void packPlain(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
               PackedTile& tile) {
  const std::uint32_t size = format.quads / 2;  // bytes per value: 16 · quads / 32
  const std::uint64_t rowBytes = format.rowValues * size;
  std::array<std::uint32_t, 32> words{};
  for (std::uint32_t unit = 0; unit < format.units; ++unit) {
    const std::uint64_t at = std::uint64_t{unit} * kUnitValues * size;
    const std::uint64_t count = std::min<std::uint64_t>(std::uint64_t{kUnitValues} * size, rowBytes - at);
    words.fill(0);
    std::memcpy(words.data(), bytesAt(tensor, row * rowBytes + at), count);
    for (std::uint32_t w = 0; w < format.quads * 4; ++w) tile.quadWord(unit, r, w) = words[w];
  }
}

void packDecoded(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t firstRow,
                 std::uint32_t rowCount, PackedTile& tile) {
  std::vector<float> values(rowCount * format.rowValues);
  core::quant::dequantizeRows(tensor, firstRow, rowCount, values.data());
  for (std::uint32_t r = 0; r < rowCount; ++r) {
    for (std::uint64_t i = 0; i < format.rowValues; ++i) {
      tile.quadWord(static_cast<std::uint32_t>(i / kUnitValues), r, i % kUnitValues) =
          std::bit_cast<std::uint32_t>(values[r * format.rowValues + i]);
    }
  }
}

void packIntegerParams(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                       PackedTile& tile) {
  const bool grouped = tensor.granularity == Granularity::Group;
  const std::uint64_t perRow = grouped ? (format.rowValues + tensor.groupSize - 1) / tensor.groupSize : 1;
  for (std::uint32_t g = 0; g < perRow; ++g) {
    const std::uint64_t index = tensor.granularity == Granularity::Tensor ? 0 : row * perRow + g;
    const float scale = tensor.scales[index];
    const std::int32_t zero = tensor.qmin - (tensor.zeroPoints.empty() ? 0 : tensor.zeroPoints[index]);
    switch (std::get<IntegerConstants>(format.constants).scaleMode) {
      case kHalfScales:
        tile.setHalf(0, g, r, core::numeric::floatToHalf(scale));
        break;
      case kHalfScalesAndZeros:
        tile.param(g, r) = core::numeric::floatToHalf(scale) | static_cast<std::uint32_t>(zero) << 16;
        break;
      case kFullScales:
        tile.param(g, r) = std::bit_cast<std::uint32_t>(scale);
        break;
      default:
        tile.param(std::size_t{g} * 2, r) = std::bit_cast<std::uint32_t>(scale);
        tile.param(std::size_t{g} * 2 + 1, r) = static_cast<std::uint32_t>(zero);
    }
  }
}

void packInteger(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                 PackedTile& tile) {
  const std::uint64_t rowBytes = (format.rowValues * tensor.bits + 7) / 8;
  const std::uint8_t* stream = bytesAt(tensor, row * rowBytes);
  const std::uint32_t mask = (1U << tensor.bits) - 1;
  for (std::uint32_t unit = 0; unit < format.units; ++unit) {
    Codes codes{};
    for (std::uint32_t i = 0; i < kUnitValues; ++i) {
      const std::uint64_t value = std::uint64_t{unit} * kUnitValues + i;
      if (value >= format.rowValues) break;
      const std::uint64_t bit = value * tensor.bits;
      std::uint32_t two = stream[bit / 8];
      if (bit / 8 + 1 < rowBytes) two |= std::uint32_t{stream[bit / 8 + 1]} << 8;
      codes[i] = static_cast<std::uint8_t>(two >> (bit % 8) & mask);
    }
    tile.setCodes(unit, r, codes, tensor.bits);
  }
  packIntegerParams(tensor, format, row, r, tile);
}

void packCodeBook(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                  PackedTile& tile) {
  const std::uint64_t first = row * format.rowValues;
  for (std::uint32_t unit = 0; unit < format.units; ++unit) {
    Codes codes{};
    for (std::uint32_t i = 0; i < kUnitValues; ++i) {
      const std::uint64_t flat = first + std::uint64_t{unit} * kUnitValues + i;
      const std::uint8_t byte = byteAt(tensor, flat / 2);
      codes[i] = flat % 2 == 0 ? byte >> 4 : byte & 15U;
    }
    tile.setCodes(unit, r, codes, 4);
  }
  const bool nested = std::get<CodeBookConstants>(format.constants).nested == 1;
  for (std::uint32_t g = 0; g < format.groups; ++g) {
    const std::uint64_t block = (first + std::uint64_t{g} * format.unitsPerGroup * kUnitValues) / tensor.blockSize;
    if (nested) {
      tile.setByte(0, g, r, tensor.nestedCodes[block]);
    } else {
      tile.param(g, r) = std::bit_cast<std::uint32_t>(tensor.absmax[block]);
    }
  }
}

}  // namespace

void packTile(const QuantizedTensor& tensor, const PackedFormat& format, std::uint32_t tileIndex,
              std::span<std::uint32_t> out) {
  std::memset(out.data(), 0, out.size_bytes());
  PackedTile tile(format, out);
  const std::uint64_t firstRow = std::uint64_t{tileIndex} * kTileRows;
  const auto rowCount = static_cast<std::uint32_t>(std::min<std::uint64_t>(kTileRows, format.rows - firstRow));
  if (format.isDecoded) return packDecoded(tensor, format, firstRow, rowCount, tile);
  for (std::uint32_t r = 0; r < rowCount; ++r) {
    switch (tensor.layout) {
      case Layout::Plain:
        packPlain(tensor, format, firstRow + r, r, tile);
        break;
      case Layout::Integer:
        packInteger(tensor, format, firstRow + r, r, tile);
        break;
      case Layout::CodeBook:
        packCodeBook(tensor, format, firstRow + r, r, tile);
        break;
      case Layout::Block:
        packBlockRow(tensor.dtype, bytesAt(tensor, (firstRow + r) * blockRowBytes(tensor)), format, r, tile);
    }
  }
}

}  // namespace gpu
