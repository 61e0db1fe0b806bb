#include "core/quant/code_book.h"

#include <array>

#include "core/base/multiversion.h"
#include "core/quant/bit_stream.h"
#include "core/quant/uniform.h"

namespace core::quant {

namespace {

const std::uint8_t* bytesOf(std::span<const std::byte> payload) {
  return reinterpret_cast<const std::uint8_t*>(payload.data());
}

QS_MULTIVERSION void lookUp(const std::uint8_t* __restrict__ codes, std::size_t count, const float* __restrict__ levels,
                            float scale, float* __restrict__ out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = levels[codes[i]] * scale;
}

/// Values [first, first + count) of the flattened tensor.
void decodeNibbles(const CodeBook& codes, const std::uint8_t* payload, std::uint64_t first, std::uint64_t count,
                   float* out) {
  const std::uint64_t blockSize = codes.grouping.size;
  std::array<float, 16> level{};
  for (std::uint64_t i = first; i < first + count;) {
    const std::uint64_t block = i / blockSize;
    const std::uint64_t end = std::min(first + count, (block + 1) * blockSize);
    for (std::size_t code = 0; code < level.size(); ++code) level[code] = codes.levels[code] * codes.scales[block];
    if (i % 2 != 0) {
      *out++ = level[payload[i / 2] & 0x0fU];
      ++i;
    }
    for (; i + 2 <= end; i += 2, out += 2) {
      out[0] = level[payload[i / 2] >> 4];
      out[1] = level[payload[i / 2] & 0x0fU];
    }
    if (i < end) {
      *out++ = level[payload[i / 2] >> 4];
      ++i;
    }
  }
}

}  // namespace

void decodeRows(const CodeBook& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out) {
  const std::uint64_t rowValues = shape.rowValues();
  if (codes.packing == Packing::NibblesHighFirst)
    return decodeNibbles(codes, bytesOf(payload), firstRow * rowValues, rowCount * rowValues, out);
  const std::uint64_t rowBytes = codeRowBytes(codes.bits, rowValues);
  std::vector<std::uint8_t> row(rowValues);
  for (std::uint64_t r = firstRow; r < firstRow + rowCount; ++r, out += rowValues) {
    unpackBits(bytesOf(payload) + r * rowBytes, rowValues, codes.bits, row.data());
    forEachRun(codes.grouping, rowValues, r, [&](std::uint64_t column, std::uint64_t count, std::uint64_t group) {
      lookUp(row.data() + column, count, codes.levels.data(), codes.scales[group], out + column);
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
  const std::uint64_t rowBytes = codeRowBytes(codes.bits, rowValues);
  std::vector<std::uint8_t> row(rowValues);
  for (std::uint64_t r = firstRow; r < firstRow + rowCount; ++r, out += rowValues) {
    unpackBits(bytesOf(payload) + r * rowBytes, rowValues, codes.bits, row.data());
    forEachRun(codes.grouping, rowValues, r, [&](std::uint64_t column, std::uint64_t count, std::uint64_t group) {
      lookUp(row.data() + column, count, codes.levels.data() + (group << codes.bits), 1.0F, out + column);
    });
  }
}

std::uint64_t sideBytes(const LearnedCodeBooks& codes) { return scaleBytes(codes.levelType, codes.levels.size()); }

}  // namespace core::quant
