#include "core/quant/casts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "core/numeric/half.h"

namespace core::quant {

namespace {

static_assert(std::endian::native == std::endian::little, "Elements are copied as they lie in the file.");

template <typename T>
void decodeElements(const std::uint8_t* bytes, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    T element;
    std::memcpy(&element, bytes + i * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(element);
  }
}

/// One of the two FP8 formats of the OCP specification.
struct Fp8Format {
  int mantissaBits;
  int bias;
  std::uint32_t largestFinite;  ///< magnitude code
  std::uint32_t infinity;       ///< magnitude code Inf becomes
  std::uint32_t nan;            ///< magnitude code NaN becomes
};
constexpr Fp8Format kE4M3{3, 7, 0x7eU, 0x7fU, 0x7fU};
constexpr Fp8Format kE5M2{2, 15, 0x7bU, 0x7cU, 0x7eU};

/// Both formats are the top of a wider binary format, so a code moved to the place of an FP32 exponent and mantissa
/// and multiplied by the difference of the biases is its value, subnormals included.
template <const Fp8Format& F>
float decodeFp8(std::uint8_t code) {
  const std::uint32_t magnitude = code & 0x7fU;
  const std::uint32_t sign = static_cast<std::uint32_t>(code & 0x80U) << 24;
  if (magnitude > F.largestFinite)
    return std::bit_cast<float>(sign | (magnitude == F.infinity && F.infinity != F.nan ? 0x7f800000U : 0x7fc00000U));
  const float moved = std::bit_cast<float>(magnitude << (23 - F.mantissaBits));
  const float rebias = std::bit_cast<float>(static_cast<std::uint32_t>(127 + 127 - F.bias) << 23);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(moved * rebias) | sign);
}

template <const Fp8Format& F>
std::uint8_t encodeFp8(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 24) & 0x80U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint8_t>(sign | F.nan);
  if (magnitude == 0x7f800000U) return static_cast<std::uint8_t>(sign | F.infinity);
  const int drop = 23 - F.mantissaBits;
  const std::uint32_t smallestNormal = static_cast<std::uint32_t>(127 - F.bias + 1) << 23;
  std::uint32_t code = 0;
  if (magnitude < smallestNormal) {
    // The sum has the ulp of the smallest subnormal, so the addition itself rounds to nearest even.
    const std::uint32_t magic = static_cast<std::uint32_t>(127 - F.bias + 1 + drop) << 23;
    code = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + std::bit_cast<float>(magic)) - magic;
  } else {
    const std::uint32_t rebiased = magnitude - (static_cast<std::uint32_t>(127 - F.bias) << 23);
    code = (rebiased + (1U << (drop - 1)) - 1U + ((rebiased >> drop) & 1U)) >> drop;
  }
  return static_cast<std::uint8_t>(sign | (code > F.largestFinite ? F.largestFinite : code));
}

using ConvertAll = void (*)(std::span<const float>, std::span<std::uint16_t>);

/// In pieces, because `bytes` may lie at an odd address.
template <ConvertAll Convert>
void encodeSixteenBit(const float* values, std::size_t count, std::uint8_t* bytes) {
  std::array<std::uint16_t, 512> codes;
  for (std::size_t first = 0; first < count; first += codes.size()) {
    const std::size_t size = std::min(codes.size(), count - first);
    Convert(std::span(values + first, size), std::span(codes.data(), size));
    std::memcpy(bytes + 2 * first, codes.data(), 2 * size);
  }
}

}  // namespace

void decodeF64(const std::uint8_t* bytes, std::size_t count, float* out) { decodeElements<double>(bytes, count, out); }
void decodeF32(const std::uint8_t* bytes, std::size_t count, float* out) {
  if (count != 0) std::memcpy(out, bytes, count * sizeof(float));
}
void decodeF16(const std::uint8_t* bytes, std::size_t count, float* out) {
  numeric::halfToFloat(std::as_bytes(std::span(bytes, 2 * count)), std::span(out, count));
}
void decodeBf16(const std::uint8_t* bytes, std::size_t count, float* out) {
  numeric::bfloat16ToFloat(std::as_bytes(std::span(bytes, 2 * count)), std::span(out, count));
}
void decodeFp8E4M3(const std::uint8_t* bytes, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = decodeFp8<kE4M3>(bytes[i]);
}
void decodeFp8E5M2(const std::uint8_t* bytes, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = decodeFp8<kE5M2>(bytes[i]);
}
void decodeI64(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::int64_t>(bytes, n, out); }
void decodeI32(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::int32_t>(bytes, n, out); }
void decodeI16(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::int16_t>(bytes, n, out); }
void decodeI8(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::int8_t>(bytes, n, out); }
void decodeU64(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::uint64_t>(bytes, n, out); }
void decodeU32(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::uint32_t>(bytes, n, out); }
void decodeU16(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::uint16_t>(bytes, n, out); }
void decodeU8(const std::uint8_t* bytes, std::size_t n, float* out) { decodeElements<std::uint8_t>(bytes, n, out); }
void decodeBool(const std::uint8_t* bytes, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = bytes[i] != 0 ? 1.0F : 0.0F;
}

void encodeF32(const float* values, std::size_t count, std::uint8_t* bytes) {
  if (count != 0) std::memcpy(bytes, values, count * sizeof(float));
}
void encodeF16(const float* values, std::size_t count, std::uint8_t* bytes) {
  encodeSixteenBit<static_cast<ConvertAll>(&numeric::floatToHalf)>(values, count, bytes);
}
void encodeBf16(const float* values, std::size_t count, std::uint8_t* bytes) {
  encodeSixteenBit<static_cast<ConvertAll>(&numeric::floatToBfloat16)>(values, count, bytes);
}
void encodeFp8E4M3(const float* values, std::size_t count, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < count; ++i) bytes[i] = encodeFp8<kE4M3>(values[i]);
}
void encodeFp8E5M2(const float* values, std::size_t count, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < count; ++i) bytes[i] = encodeFp8<kE5M2>(values[i]);
}

}  // namespace core::quant
