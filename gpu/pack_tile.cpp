// Repacking of tensors for the device; the layouts are those of shaders/common/unit.glsl and shaders/dequant/*.glsl.
#include <array>
#include <bit>
#include <cstring>

#include "core/numeric/half.h"
#include "core/quant/quantizer.h"
#include "gpu/packed_format.h"

namespace gpu {

namespace {

using core::quant::Granularity;
using core::quant::Layout;
using core::quant::QuantizedTensor;
using core::tensor::DType;

using Codes = std::array<std::uint8_t, kUnitValues>;

std::uint8_t byteAt(const QuantizedTensor& tensor, std::uint64_t i) {
  return std::to_integer<std::uint8_t>(tensor.payload[i]);
}
const std::uint8_t* bytesAt(const QuantizedTensor& tensor, std::uint64_t i) {
  return reinterpret_cast<const std::uint8_t*>(tensor.payload.data()) + i;
}
std::uint32_t wordAt(const std::uint8_t* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}
std::uint32_t halfAt(const std::uint8_t* bytes) { return bytes[0] | std::uint32_t{bytes[1]} << 8; }

/// One tile being written: where each part of it lies.
class Tile {
 public:
  Tile(const PackedFormat& format, std::span<std::uint32_t> words) : m_format(format), m_words(words) {}

  std::uint32_t& quadWord(std::uint32_t unit, std::uint32_t row, std::uint32_t word) {
    return m_words[((std::size_t{unit} * m_format.quads + word / 4) * kTileRows + row) * 4 + word % 4];
  }
  std::uint32_t& highWord(std::uint32_t unit, std::uint32_t row, std::uint32_t word) {
    return m_words[std::size_t{m_format.units} * m_format.quads * kTileRows * 4 +
                   (std::size_t{unit} * m_format.highs + word) * kTileRows + row];
  }
  std::uint32_t& param(std::size_t word) { return m_words[m_words.size() - m_format.paramWords + word]; }

  void setHalfOfPair(std::uint32_t group, std::uint32_t row, std::uint32_t half) {
    param(std::size_t{group / 2} * kTileRows + row) |= group % 2 == 0 ? half : half << 16;
  }

  /// Codes into their planes. @param bits 2, 3, 4, 5, 6 or 8
  void setCodes(std::uint32_t unit, std::uint32_t row, const Codes& codes, std::uint32_t bits) {
    for (std::uint32_t i = 0; i < kUnitValues; ++i) {
      const std::uint32_t code = codes[i];
      if (bits == 8) {
        quadWord(unit, row, i / 4) |= code << (8 * (i % 4));
        continue;
      }
      if (bits >= 4) quadWord(unit, row, i / 8) |= (code & 15U) << (4 * (i % 8));
      if (bits == 5) highWord(unit, row, 0) |= (code >> 4) << i;
      if (bits == 6) highWord(unit, row, i / 16) |= (code >> 4) << (2 * (i % 16));
      if (bits <= 3) highWord(unit, row, i / 16) |= (code & 3U) << (2 * (i % 16));
      if (bits == 3) highWord(unit, row, 2) |= (code >> 2) << i;
    }
  }

 private:
  const PackedFormat& m_format;
  std::span<std::uint32_t> m_words;
};

void packPlain(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
               Tile& tile) {
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
                 std::uint32_t rowCount, Tile& tile) {
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
                       Tile& tile) {
  const bool grouped = tensor.granularity == Granularity::Group;
  const std::uint64_t perRow = grouped ? (format.rowValues + tensor.groupSize - 1) / tensor.groupSize : 1;
  for (std::uint32_t g = 0; g < perRow; ++g) {
    const std::uint64_t index = tensor.granularity == Granularity::Tensor ? 0 : row * perRow + g;
    const float scale = tensor.scales[index];
    const std::int32_t zero = tensor.qmin - (tensor.zeroPoints.empty() ? 0 : tensor.zeroPoints[index]);
    switch (std::get<IntegerConstants>(format.constants).scaleMode) {
      case kHalfScales:
        tile.setHalfOfPair(g, r, core::numeric::floatToHalf(scale));
        break;
      case kHalfScalesAndZeros:
        tile.param(std::size_t{g} * kTileRows + r) =
            core::numeric::floatToHalf(scale) | static_cast<std::uint32_t>(zero) << 16;
        break;
      case kFullScales:
        tile.param(std::size_t{g} * kTileRows + r) = std::bit_cast<std::uint32_t>(scale);
        break;
      default:
        tile.param(std::size_t{g} * 2 * kTileRows + r) = std::bit_cast<std::uint32_t>(scale);
        tile.param((std::size_t{g} * 2 + 1) * kTileRows + r) = static_cast<std::uint32_t>(zero);
    }
  }
}

void packInteger(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                 Tile& tile) {
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
                  Tile& tile) {
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
      tile.param(std::size_t{g / 4} * kTileRows + r) |= std::uint32_t{tensor.nestedCodes[block]} << (8 * (g % 4));
    } else {
      tile.param(std::size_t{g} * kTileRows + r) = std::bit_cast<std::uint32_t>(tensor.absmax[block]);
    }
  }
}

/// Q4_0, Q4_1, Q5_0, Q5_1, Q8_0: byte layouts as in core/quant/ggml_legacy.h.
void packLegacy(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                Tile& tile) {
  const DType type = tensor.dtype;
  const std::uint32_t blockBytes = core::tensor::info(type).blockBytes;
  const bool hasMinimum = type == DType::Q4_1 || type == DType::Q5_1;
  const bool hasFifth = type == DType::Q5_0 || type == DType::Q5_1;
  for (std::uint32_t unit = 0; unit < format.units; ++unit) {
    const std::uint8_t* block = bytesAt(tensor, (row * format.units + unit) * blockBytes);
    if (hasMinimum) {
      tile.param(std::size_t{unit} * kTileRows + r) = wordAt(block);
    } else {
      tile.setHalfOfPair(unit, r, halfAt(block));
    }
    block += hasMinimum ? 4 : 2;
    if (type == DType::Q8_0) {
      for (std::uint32_t w = 0; w < 8; ++w) tile.quadWord(unit, r, w) = wordAt(block + std::size_t{w} * 4);
      continue;
    }
    if (hasFifth) {
      tile.highWord(unit, r, 0) = wordAt(block);
      block += 4;
    }
    // Values j and j + 16 share byte j; here eight consecutive values share a word.
    for (std::uint32_t w = 0; w < 4; ++w) {
      std::uint32_t word = 0;
      for (std::uint32_t n = 0; n < 8; ++n) {
        const std::uint32_t byte = block[(w % 2) * 8 + n];
        word |= (w < 2 ? byte & 15U : byte >> 4) << (4 * n);
      }
      tile.quadWord(unit, r, w) = word;
    }
  }
}

/// Q4_K, Q5_K, Q6_K: byte layouts as in core/quant/k_quants.h.
Codes superBlockCodes(DType type, const std::uint8_t* block, std::uint32_t unit) {
  Codes codes{};
  for (std::uint32_t i = 0; i < kUnitValues; ++i) {
    if (type == DType::Q6_K) {
      const std::uint32_t half = unit / 4, quarter = unit % 4;
      const std::uint32_t low = block[half * 64 + (quarter & 1U) * 32 + i] >> (quarter >= 2 ? 4 : 0) & 15U;
      const std::uint32_t high = block[128 + half * 32 + i] >> (2 * quarter) & 3U;
      codes[i] = static_cast<std::uint8_t>(low | high << 4);
      continue;
    }
    const std::uint8_t* nibbles = block + (type == DType::Q5_K ? 48 : 16);
    std::uint32_t code = nibbles[unit / 2 * 32 + i] >> (4 * (unit & 1U)) & 15U;
    if (type == DType::Q5_K) code |= (std::uint32_t{block[16 + i]} >> unit & 1U) << 4;
    codes[i] = static_cast<std::uint8_t>(code);
  }
  return codes;
}

void packSuperBlocks(const QuantizedTensor& tensor, const PackedFormat& format, std::uint64_t row, std::uint32_t r,
                     Tile& tile) {
  const DType type = tensor.dtype;
  const std::uint32_t blockBytes = core::tensor::info(type).blockBytes;
  const std::uint32_t blocks = format.units / 8;
  const std::uint32_t bits = type == DType::Q4_K ? 4 : type == DType::Q5_K ? 5 : 6;
  for (std::uint32_t b = 0; b < blocks; ++b) {
    const std::uint8_t* block = bytesAt(tensor, (row * blocks + b) * blockBytes);
    for (std::uint32_t u = 0; u < 8; ++u) tile.setCodes(b * 8 + u, r, superBlockCodes(type, block, u), bits);
    // Q4_K, Q5_K: the first 16 bytes are d, dmin and the packed scales. Q6_K: 16 scales behind the codes, then d.
    const std::uint8_t* scales = type == DType::Q6_K ? block + 192 : block;
    for (std::uint32_t w = 0; w < 4; ++w) {
      tile.param((std::size_t{b} * kTileRows + r) * 4 + w) = wordAt(scales + std::size_t{w} * 4);
    }
    if (type == DType::Q6_K) {
      const std::uint32_t d = halfAt(block + 208);
      tile.param(std::size_t{blocks} * 4 * kTileRows + std::size_t{b / 2} * kTileRows + r) |= b % 2 == 0 ? d : d << 16;
    }
  }
}

}  // namespace

void packTile(const QuantizedTensor& tensor, const PackedFormat& format, std::uint32_t tileIndex,
              std::span<std::uint32_t> out) {
  std::memset(out.data(), 0, out.size_bytes());
  Tile tile(format, out);
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
        if (core::tensor::info(tensor.dtype).blockValues == 32)
          packLegacy(tensor, format, firstRow + r, r, tile);
        else
          packSuperBlocks(tensor, format, firstRow + r, r, tile);
    }
  }
}

}  // namespace gpu
