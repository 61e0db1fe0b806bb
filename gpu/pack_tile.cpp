// Repacking of tensors for the device; the layouts are those of shaders/common/unit.glsl and shaders/dequant/*.glsl.
#include <bit>
#include <cstring>

#include "core/numeric/half.h"
#include "core/quant/bit_stream.h"
#include "core/quant/quantizer.h"
#include "gpu/packed_tile.h"

namespace gpu {

namespace {

using core::quant::CodeBook;
using core::quant::LearnedCodeBooks;
using core::quant::QuantizedTensor;
using core::quant::Uniform;
using core::tensor::DType;

std::uint8_t byteAt(const QuantizedTensor& tensor, std::uint64_t i) {
  return std::to_integer<std::uint8_t>(tensor.payload[i]);
}
const std::uint8_t* bytesAt(const QuantizedTensor& tensor, std::uint64_t i) {
  return reinterpret_cast<const std::uint8_t*>(tensor.payload.data()) + i;
}
std::uint64_t blockRowBytes(const QuantizedTensor& tensor) {
  const core::tensor::DTypeInfo& info = core::tensor::info(*tensor.dtype());
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
  core::quant::dequantizeRows(tensor, firstRow, rowCount, values.data(), format.columns);
  for (std::uint32_t r = 0; r < rowCount; ++r) {
    for (std::uint64_t i = 0; i < format.rowValues; ++i) {
      tile.quadWord(static_cast<std::uint32_t>(i / kUnitValues), r, i % kUnitValues) =
          std::bit_cast<std::uint32_t>(values[r * format.rowValues + i]);
    }
  }
}

/// Scales and zero-points as shaders/common/scales.glsl wants them.
/// @param scaleOf, zeroOf  of a scale's number in the tensor
void packScales(const core::quant::Grouping& grouping, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                const auto& scaleOf, const auto& zeroOf, PackedTile& tile) {
  const std::uint64_t groupValues = std::uint64_t{kUnitValues} * format.unitsPerGroup / format.groupsPerUnit;
  for (std::uint32_t g = 0; g * groupValues < format.rowValues; ++g) {
    const std::uint64_t flat = row * format.rowValues + g * groupValues;
    const bool hasScales = grouping.granularity != core::quant::Granularity::None;
    const std::uint64_t index = hasScales ? core::quant::groupOf(grouping, format.rowValues, flat) : 0;
    const float scale = scaleOf(index);
    const auto bits = std::bit_cast<std::uint32_t>(scale);
    const float zero = zeroOf(index);
    switch (std::get<IntegerConstants>(format.constants).scaleMode) {
      case kHalfScales:
        tile.setHalf(0, g, r, core::numeric::floatToHalf(scale));
        break;
      case kBrainScales:
        tile.setHalf(0, g, r, bits >> 16);
        break;
      case kHalfScalesAndZeros:
        tile.param(g, r) =
            core::numeric::floatToHalf(scale) | static_cast<std::uint32_t>(static_cast<std::int32_t>(zero)) << 16;
        break;
      case kFullScales:
        tile.param(g, r) = bits;
        break;
      default:
        tile.param(std::size_t{g} * 2, r) = bits;
        tile.param(std::size_t{g} * 2 + 1, r) = std::bit_cast<std::uint32_t>(zero);
    }
  }
}

/// A row of a bit stream of codes. @param flipped bits that change  @param pack takes (unit, its codes)
void packCodes(const QuantizedTensor& tensor, std::uint32_t bits, const PackedFormat& format, std::uint64_t row,
               std::uint32_t flipped, const auto& pack) {
  const std::uint64_t rowBytes = core::quant::codeRowBytes(bits, format.rowValues);
  const std::uint8_t* stream = bytesAt(tensor, row * rowBytes);
  const std::uint32_t mask = (1U << bits) - 1;
  for (std::uint32_t unit = 0; unit < format.units; ++unit) {
    Codes codes{};
    for (std::uint32_t i = 0; i < kUnitValues; ++i) {
      const std::uint64_t value = std::uint64_t{unit} * kUnitValues + i;
      if (value >= format.rowValues) break;
      const std::uint64_t bit = value * bits;
      std::uint32_t two = stream[bit / 8];
      if (bit / 8 + 1 < rowBytes) two |= std::uint32_t{stream[bit / 8 + 1]} << 8;
      codes[i] = static_cast<std::uint8_t>((two >> (bit % 8) & mask) ^ flipped);
    }
    pack(unit, codes);
  }
}
void packCodes(const QuantizedTensor& tensor, std::uint32_t bits, const PackedFormat& format, std::uint64_t row,
               std::uint32_t r, PackedTile& tile, std::uint32_t flipped = 0) {
  packCodes(tensor, bits, format, row, flipped,
            [&](std::uint32_t unit, const Codes& codes) { tile.setCodes(unit, r, codes, bits); });
}

void packRow(const QuantizedTensor& tensor, const Uniform& uniform, const PackedFormat& format, std::uint64_t row,
             std::uint32_t r, PackedTile& tile) {
  packCodes(tensor, uniform.bits, format, row, r, tile);
  const auto zeroOf = [&](std::uint64_t i) {
    return static_cast<float>(uniform.qmin) - (uniform.zeroPoints.empty() ? 0.0F : uniform.zeroPoints[i]);
  };
  packScales(
      uniform.grouping, format, row, r, [&](std::uint64_t i) { return uniform.scales[i]; }, zeroOf, tile);
}

/// A row's tables of levels as shaders/dequant/learned.glsl wants them.
void packOwnLevels(const LearnedCodeBooks& codes, std::uint32_t mode, const PackedFormat& format, std::uint64_t row,
                   std::uint32_t r, PackedTile& tile) {
  const std::size_t levels = std::size_t{1} << codes.bits, words = levelWords(mode, codes.bits);
  for (std::uint32_t g = 0; g < format.groups; ++g) {
    const std::uint64_t column = std::uint64_t{g} * format.unitsPerGroup * kUnitValues;
    const std::uint64_t group = core::quant::groupOf(codes.grouping, format.rowValues, row * format.rowValues + column);
    const float* table = codes.levels.data() + group * levels;
    const auto bitsOf = [&](std::size_t i) {
      const auto bits = std::bit_cast<std::uint32_t>(table[i]);
      return mode == kFullScales    ? bits
             : mode == kBrainScales ? bits >> 16
                                    : std::uint32_t{core::numeric::floatToHalf(table[i])};
    };
    for (std::size_t w = 0; w < words; ++w) {
      std::uint32_t& word = tile.param(((std::size_t{g} * kTileRows / 4 + r / 4) * words + w) * 4 + r % 4);
      word = mode == kFullScales ? bitsOf(w) : bitsOf(w) | bitsOf(w + words) << 16;
    }
  }
}

void packRow(const QuantizedTensor& tensor, const LearnedCodeBooks& codes, const PackedFormat& format,
             std::uint64_t row, std::uint32_t r, PackedTile& tile) {
  if (const auto* own = std::get_if<LearnedConstants>(&format.constants)) {
    packCodes(tensor, codes.bits, format, row, 0,
              [&](std::uint32_t unit, const Codes& unitCodes) { tile.setCodesAcross(unit, r, unitCodes, codes.bits); });
    return packOwnLevels(codes, own->levelMode, format, row, r, tile);
  }
  packCodes(tensor, codes.bits, format, row, r, tile);
  const auto none = [](std::uint64_t) { return 0.0F; };
  packScales(
      {}, format, row, r, [](std::uint64_t) { return 1.0F; }, none, tile);
}

/// A row of 4-bit codes of the flattened tensor, the even ones in the high halves of bytes.
void packNibbles(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                 PackedTile& tile) {
  for (std::uint32_t unit = 0; unit < format.units; ++unit) {
    Codes codes{};
    for (std::uint32_t i = 0; i < kUnitValues; ++i) {
      const std::uint64_t column = std::uint64_t{unit} * kUnitValues + i;
      if (column >= format.rowValues) break;
      const std::uint64_t flat = row * format.rowValues + column;
      const std::uint8_t byte = byteAt(tensor, flat / 2);
      codes[i] = flat % 2 == 0 ? byte >> 4 : byte & 15U;
    }
    tile.setCodes(unit, r, codes, 4);
  }
}

/// Levels under scales, as the kernels of integers and levels want them.
void packLevels(const QuantizedTensor& tensor, const CodeBook& codeBook, const PackedFormat& format, std::uint64_t row,
                std::uint32_t r, PackedTile& tile) {
  // Signed bytes times a step: the integers' kernels want them from 0 on, and the step in the scale.
  const bool areIntegers = format.kernel == "int8";
  const float step = areIntegers ? codeBook.levels[1] : 1.0F;
  if (codeBook.packing == core::quant::Packing::Rows)
    packCodes(tensor, codeBook.bits, format, row, r, tile, areIntegers ? 0x80U : 0U);
  else
    packNibbles(tensor, format, row, r, tile);
  const auto scaleOf = [&](std::uint64_t i) {
    return (codeBook.scales.empty() && !codeBook.nested ? 1.0F : codeBook.scale(i)) * step;
  };
  packScales(
      codeBook.grouping, format, row, r, scaleOf, [](std::uint64_t) { return 0.0F; }, tile);
}

void packRow(const QuantizedTensor& tensor, const CodeBook& codeBook, const PackedFormat& format, std::uint64_t row,
             std::uint32_t r, PackedTile& tile) {
  if (format.kernel != "codebook") return packLevels(tensor, codeBook, format, row, r, tile);
  packNibbles(tensor, format, row, r, tile);
  const std::uint64_t first = row * format.rowValues;
  const bool nested = std::get<CodeBookConstants>(format.constants).nested == 1;
  for (std::uint32_t g = 0; g < format.groups; ++g) {
    const std::uint64_t block =
        (first + std::uint64_t{g} * format.unitsPerGroup * kUnitValues) / codeBook.grouping.size;
    if (nested) {
      tile.setByte(0, g, r, codeBook.nested->codes[block]);
    } else {
      tile.param(g, r) = std::bit_cast<std::uint32_t>(codeBook.scale(block));
    }
  }
}

}  // namespace

void packTile(const QuantizedTensor& tensor, const PackedFormat& format, std::uint32_t tileIndex,
              std::span<std::uint32_t> out) {
  std::memset(out.data(), 0, out.size_bytes());
  PackedTile tile(format, out);
  const std::uint64_t each = format.rows / format.matrices, matrix = tileIndex / format.tilesPerMatrix();
  const std::uint64_t inMatrix = std::uint64_t{tileIndex % format.tilesPerMatrix()} * kTileRows;
  const std::uint64_t firstRow = matrix * each + inMatrix;
  const auto rowCount = static_cast<std::uint32_t>(std::min<std::uint64_t>(kTileRows, each - inMatrix));
  if (format.isDecoded) return packDecoded(tensor, format, firstRow, rowCount, tile);
  for (std::uint32_t r = 0; r < rowCount; ++r) {
    const std::uint64_t row = firstRow + r;
    if (const auto* integers = tensor.as<Uniform>())
      packRow(tensor, *integers, format, row, r, tile);
    else if (const auto* codeBook = tensor.as<CodeBook>())
      packRow(tensor, *codeBook, format, row, r, tile);
    else if (const auto* learned = tensor.as<LearnedCodeBooks>())
      packRow(tensor, *learned, format, row, r, tile);
    else if (core::tensor::info(*tensor.dtype()).blockValues == 1)
      packPlain(tensor, format, row, r, tile);
    else
      packBlockRow(*tensor.dtype(), bytesAt(tensor, row * blockRowBytes(tensor)), format, r, tile);
    if (format.hasFactors) tile.param(format.paramWords - kTileRows + r) = std::bit_cast<std::uint32_t>(tensor.factor);
  }
}

}  // namespace gpu
