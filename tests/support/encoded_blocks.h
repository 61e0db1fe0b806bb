#pragma once
#include <QString>
#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/quant/block_codec.h"
#include "core/tensor/dtype.h"
#include "support/golden.h"

/// What the tests of GGUF block encoders share: rows and what they become, and ggml's bytes for them
/// (tests/data/ggml/README.md).
namespace support {

using Bytes = std::vector<std::uint8_t>;

inline const std::filesystem::path kGgmlData = std::filesystem::path(QS_TEST_DATA) / "ggml";
inline std::vector<float> ggmlFloats(const QString& name) { return readArray<float>(kGgmlData / name.toStdString()); }
inline Bytes ggmlBytes(const QString& name) { return readArray<std::uint8_t>(kGgmlData / name.toStdString()); }

/// "q4_k" of the type that ggml and the files call Q4_K.
inline std::string schemeOf(const QString& type) { return type.toLower().toStdString(); }

inline const core::quant::BlockCodec& codecOf(const QString& type) {
  return *core::quant::blockCodec(*core::tensor::fromName(schemeOf(type)));
}

/// Rows of `rowValues` values, each encoded alone; an empty importance means none.
inline Bytes encodeRows(const core::quant::BlockCodec& codec, const std::vector<float>& values, std::size_t rowValues,
                        const std::vector<float>& importance = {}) {
  const auto& layout = core::tensor::info(codec.dtype);
  const std::size_t rowBlocks = rowValues / layout.blockValues;
  Bytes result(values.size() / layout.blockValues * layout.blockBytes);
  for (std::size_t row = 0; row < values.size() / rowValues; ++row) {
    const float* in = values.data() + row * rowValues;
    std::uint8_t* out = result.data() + row * rowBlocks * layout.blockBytes;
    if (importance.empty())
      codec.encode(in, rowBlocks, out);
    else
      codec.encodeByImportance(in, rowBlocks, importance.data(), out);
  }
  return result;
}

inline std::vector<float> decode(const core::quant::BlockCodec& codec, const Bytes& blocks) {
  const auto& layout = core::tensor::info(codec.dtype);
  std::vector<float> result(blocks.size() / layout.blockBytes * layout.blockValues);
  codec.decode(blocks.data(), blocks.size() / layout.blockBytes, result.data());
  return result;
}

/// Indices of the blocks that differ, those that only one has included.
inline std::vector<std::size_t> differentBlocks(const core::quant::BlockCodec& codec, const Bytes& a, const Bytes& b) {
  const std::size_t size = core::tensor::info(codec.dtype).blockBytes;
  std::vector<std::size_t> result;
  for (std::size_t at = 0; at < std::max(a.size(), b.size()); at += size)
    if (at + size > std::min(a.size(), b.size()) || std::memcmp(a.data() + at, b.data() + at, size) != 0)
      result.push_back(at / size);
  return result;
}

inline std::vector<float> gaussian(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  std::vector<float> result(count);
  for (float& value : result) value = normal(random);
  return result;
}

constexpr std::size_t kExtremeRows = 5, kExtremeValues = 1024;  ///< of extreme/input.f32

/// The rows of extreme/ that ggml's bytes and ours must agree in: where its result means something (finite, not all 0).
inline std::vector<std::size_t> meaningfulExtremeRows(const core::quant::BlockCodec& codec, const Bytes& ggml) {
  const auto values = decode(codec, ggml);
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < kExtremeRows; ++row) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(kExtremeValues * row),
               last = first + kExtremeValues;
    const bool isFinite = std::all_of(first, last, [](float value) { return std::isfinite(value); });
    const bool isSomething = std::any_of(first, last, [](float value) { return value != 0.0F; });
    if (isFinite && isSomething) rows.push_back(row);
  }
  return rows;
}

/// The blocks of one row of extreme/.
inline Bytes extremeRow(const Bytes& blocks, std::size_t row) {
  const auto bytes = static_cast<std::ptrdiff_t>(blocks.size() / kExtremeRows);
  const auto first = blocks.begin() + static_cast<std::ptrdiff_t>(row) * bytes;
  return {first, first + bytes};
}

/// Values that are no numbers, and the finite ones that encode to the same: 0 for NaN, and the largest magnitude that
/// shares a scale with it for an infinite value.
struct NonFiniteRow {
  std::vector<float> values, finite;
};

/// @param group how many values share a scale
inline NonFiniteRow nonFiniteRow(std::size_t group) {
  constexpr std::size_t kInfinite = 580;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  NonFiniteRow row{gaussian(768, 5), {}};
  row.finite = row.values;
  row.values[3] = kNan;
  row.finite[3] = 0.0F;
  std::fill(row.values.begin() + 256, row.values.begin() + 512, -kNan);
  std::fill(row.finite.begin() + 256, row.finite.begin() + 512, 0.0F);
  const std::size_t first = kInfinite / group * group;
  float limit = 0.0F;
  for (std::size_t i = first; i < first + group; ++i)
    if (i != kInfinite && i != kInfinite + 1) limit = std::max(limit, std::abs(row.finite[i]));
  row.values[kInfinite] = kInfinity;
  row.values[kInfinite + 1] = -kInfinity;
  row.finite[kInfinite] = limit;
  row.finite[kInfinite + 1] = -limit;
  return row;
}

/// 64 rows of 1024 random bits, then the largest and the smallest numbers there are in some of them.
inline std::vector<float> anyFloats() {
  constexpr float kLargest = std::numeric_limits<float>::max();
  std::mt19937 random(6);
  std::vector<float> values(64 * 1024);
  for (float& value : values) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
  std::fill_n(values.begin(), 1024, kLargest);
  for (std::size_t i = 1024; i < 2048; ++i) values[i] = i % 2 == 0 ? kLargest : -kLargest;
  std::fill_n(values.begin() + 2048, 1024, std::numeric_limits<float>::denorm_min());
  return values;
}

}  // namespace support
