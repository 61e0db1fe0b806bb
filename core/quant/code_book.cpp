#include "core/quant/code_book.h"

#include <array>
#include <cstring>

#include "core/base/multiversion.h"
#include "core/numeric/code_books.h"
#include "core/quant/bit_stream.h"

namespace core::quant {

namespace {

const std::uint8_t* bytesOf(std::span<const std::byte> payload) {
  return reinterpret_cast<const std::uint8_t*>(payload.data());
}

QS_MULTIVERSION void lookUp(const std::uint8_t* __restrict__ codes, std::size_t count, const float* __restrict__ levels,
                            float scale, float* __restrict__ out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = levels[codes[i]] * scale;
}

/// Both halves of `count` bytes, the high one first.
QS_FORCE_INLINE void lookUpNibbles(const std::uint8_t* __restrict__ payload, std::size_t count,
                                   const float* __restrict__ level, float* __restrict__ out) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {  // one load for sixteen codes
    std::uint64_t codes = 0;
    std::memcpy(&codes, payload + i, sizeof(codes));
    for (std::size_t j = 0; j < 16; j += 2, codes >>= 8) {
      out[2 * i + j] = level[(codes >> 4) & 0x0fU];
      out[2 * i + j + 1] = level[codes & 0x0fU];
    }
  }
  for (; i < count; ++i) {
    out[2 * i] = level[payload[i] >> 4];
    out[2 * i + 1] = level[payload[i] & 0x0fU];
  }
}

/// Values [first, first + count) of the flattened tensor.
void decodeNibbles(const CodeBook& codes, const std::uint8_t* payload, std::uint64_t first, std::uint64_t count,
                   float* out) {
  const std::uint64_t blockSize = codes.grouping.size, last = first + count;
  std::array<float, 16> levels{};
  std::copy_n(codes.levels.begin(), levels.size(), levels.begin());
  for (std::uint64_t i = first; i < last;) {
    const std::uint64_t block = i / blockSize, end = std::min(last, (block + 1) * blockSize);
    const float scale = codes.scale(block);
    std::array<float, 16> level;
    for (std::size_t code = 0; code < level.size(); ++code) level[code] = levels[code] * scale;
    if (i % 2 != 0) {
      *out++ = level[payload[i / 2] & 0x0fU];
      ++i;
    }
    const std::uint64_t pairs = (end - i) / 2;
    lookUpNibbles(payload + i / 2, pairs, level.data(), out);
    out += 2 * pairs;
    i += 2 * pairs;
    if (i < end) {
      *out++ = level[payload[i / 2] >> 4];
      ++i;
    }
  }
}

}  // namespace

float NestedScales::scale(std::uint64_t k) const {
  return numeric::dynamicMapSigned()[codes[k]] * absmax[k / kNestedBlock] + offset;
}

std::vector<float> CodeBook::decodedScales() const {
  if (!nested) return scales;
  std::vector<float> decoded(nested->codes.size());
  for (std::size_t k = 0; k < decoded.size(); ++k) decoded[k] = nested->scale(k);
  return decoded;
}

void decodeRows(const CodeBook& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out) {
  const std::uint64_t rowValues = shape.rowValues();
  if (codes.packing == Packing::NibblesHighFirst)
    return decodeNibbles(codes, bytesOf(payload), firstRow * rowValues, rowCount * rowValues, out);
  CodeRows rows(payload, codes.bits, rowValues);
  for (std::uint64_t r = firstRow; r < firstRow + rowCount; ++r, out += rowValues) {
    const std::uint8_t* row = rows.at(r);
    forEachRun(codes.grouping, rowValues, r, [&](std::uint64_t column, std::uint64_t count, std::uint64_t group) {
      lookUp(row + column, count, codes.levels.data(), codes.scale(group), out + column);
    });
  }
}

std::uint64_t sideBytes(const CodeBook& codes) {
  if (codes.nested) return codes.nested->codes.size() + (codes.nested->absmax.size() + 1) * sizeof(float);
  return scaleBytes(codes.scaleType, codes.scales.size());
}

void decodeRows(const LearnedCodeBooks& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out) {
  const std::uint64_t rowValues = shape.rowValues();
  CodeRows rows(payload, codes.bits, rowValues);
  for (std::uint64_t r = firstRow; r < firstRow + rowCount; ++r, out += rowValues) {
    const std::uint8_t* row = rows.at(r);
    forEachRun(codes.grouping, rowValues, r, [&](std::uint64_t column, std::uint64_t count, std::uint64_t group) {
      lookUp(row + column, count, codes.levels.data() + (group << codes.bits), 1.0F, out + column);
    });
  }
}

std::uint64_t sideBytes(const LearnedCodeBooks& codes) { return scaleBytes(codes.levelType, codes.levels.size()); }

}  // namespace core::quant
