#include "core/model/ops/kv_rows.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <span>

#include "core/numeric/half.h"
#include "core/quant/casts.h"
#include "core/quant/ggml_legacy.h"
#include "core/quant/row_scale.h"

namespace core::model::ops {

namespace {

constexpr std::size_t kKvBlock = 32;  // values of Q8_0 and Q4_0
constexpr std::size_t kQ8Bytes = 34, kQ4Bytes = 18;
constexpr std::uint16_t kHalfNan = 0x7E00;

std::uint32_t largestBits(const float* values, std::size_t n) {
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, quant::magnitudeBits(values[i]));
  return largest;
}

/// Codes, and behind them their scale.
void writeInt8(const float* values, std::size_t n, std::uint8_t* out) {
  constexpr float kLargestCode = 127.0F;
  const quant::RowScale scale = quant::rowScale(largestBits(values, n), kLargestCode);
  for (std::size_t i = 0; i < n; ++i) {
    const float code = scale.inverse == 0.0F ? 0.0F : quant::roundToEven(values[i] * scale.inverse);
    out[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(code));
  }
  std::memcpy(out + n, &scale.scale, sizeof(scale.scale));
}

void readInt8(const std::uint8_t* in, std::size_t n, float* out) {
  float scale;
  std::memcpy(&scale, in + n, sizeof(scale));
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(static_cast<std::int8_t>(in[i])) * scale;
}

using Encode = void (*)(const float* values, std::size_t blocks, std::uint8_t* out);

/// Blocks of 32, the last one filled up with zeros. One that is not finite gets a scale that is no number.
void writeBlocks(Encode encode, std::size_t blockBytes, const float* values, std::size_t n, std::uint8_t* out) {
  for (std::size_t at = 0; at < n; at += kKvBlock, out += blockBytes) {
    float block[kKvBlock] = {};
    const std::size_t count = std::min(kKvBlock, n - at);
    std::copy_n(values + at, count, block);
    if (largestBits(block, kKvBlock) < quant::kInfinityBits) {
      encode(block, 1, out);
    } else {
      std::memset(out, 0, blockBytes);
      std::memcpy(out, &kHalfNan, sizeof(kHalfNan));
    }
  }
}

template <typename Decode>
void readBlocks(const Decode& decode, std::size_t blockBytes, const std::uint8_t* in, std::size_t n, float* out) {
  const std::size_t whole = n / kKvBlock, rest = n % kKvBlock;
  decode(in, whole, out);
  if (rest == 0) return;
  float block[kKvBlock];
  decode(in + whole * blockBytes, 1, block);
  std::copy_n(block, rest, out + whole * kKvBlock);
}

void writeHead(KvFormat format, const float* values, std::size_t n, std::uint8_t* out) {
  switch (format) {
    case KvFormat::F32:
      std::memcpy(out, values, n * sizeof(float));
      break;
    case KvFormat::F16:
      numeric::floatToHalf(std::span(values, n), std::span(reinterpret_cast<std::uint16_t*>(out), n));
      break;
    case KvFormat::Int8:
      writeInt8(values, n, out);
      break;
    case KvFormat::Fp8:
      quant::encodeFp8E4M3(values, n, out);
      break;
    case KvFormat::Q8_0:
      writeBlocks(quant::encodeQ8_0, kQ8Bytes, values, n, out);
      break;
    case KvFormat::Q4_0:
      writeBlocks(quant::encodeQ4_0, kQ4Bytes, values, n, out);
      break;
  }
}

void readHead(KvFormat format, const std::uint8_t* in, std::size_t n, float* out) {
  switch (format) {
    case KvFormat::F32:
      std::memcpy(out, in, n * sizeof(float));
      break;
    case KvFormat::F16:
      numeric::halfToFloat(std::span(reinterpret_cast<const std::uint16_t*>(in), n), std::span(out, n));
      break;
    case KvFormat::Int8:
      readInt8(in, n, out);
      break;
    case KvFormat::Fp8:
      quant::decodeFp8E4M3(in, n, out);
      break;
    case KvFormat::Q8_0:
      readBlocks(quant::decodeQ8_0, kQ8Bytes, in, n, out);
      break;
    case KvFormat::Q4_0:
      readBlocks(quant::decodeQ4_0, kQ4Bytes, in, n, out);
      break;
  }
}

}  // namespace

KvRows::KvRows(std::size_t capacity, std::size_t heads, std::size_t headSize, KvFormat format)
    : m_capacity(capacity),
      m_heads(heads),
      m_headSize(headSize),
      m_headBytes(kvHeadBytes(format, headSize)),
      m_format(format),
      // Not make_unique: it would write zeros to every page and so occupy the whole capacity at once.
      m_bytes(new std::uint8_t[capacity * heads * m_headBytes]) {}

void KvRows::write(std::size_t first, std::size_t count, const float* values) {
  assert(first + count <= m_capacity);
  for (std::size_t head = first * m_heads; head < (first + count) * m_heads; ++head, values += m_headSize)
    writeHead(m_format, values, m_headSize, m_bytes.get() + head * m_headBytes);
}

void KvRows::read(std::size_t first, std::size_t count, std::size_t head, float* out) const {
  assert(first + count <= m_capacity && head < m_heads);
  for (std::size_t row = first; row < first + count; ++row, out += m_headSize)
    readHead(m_format, m_bytes.get() + (row * m_heads + head) * m_headBytes, m_headSize, out);
}

}  // namespace core::model::ops
