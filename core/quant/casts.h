#pragma once
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// Plain elements ↔ float32, little-endian at any alignment. Decoders are total; 64-bit elements round to float32.
/// Encoders round to nearest even. FP16 overflows to Inf as IEEE 754 says. FP8 saturates finite values to the largest
/// finite one (448 for E4M3, 57344 for E5M2), since one overflowing weight must not turn a layer into NaN; Inf and NaN
/// become NaN in E4M3 (it has no Inf) and stay what they are in E5M2.
/// Source: IEEE 754-2019; OCP 8-bit Floating Point Specification 1.0.
void decodeF64(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeF32(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeF16(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeBf16(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeFp8E4M3(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeFp8E5M2(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeI64(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeI32(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeI16(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeI8(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeU64(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeU32(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeU16(const std::uint8_t* bytes, std::size_t count, float* out);
void decodeU8(const std::uint8_t* bytes, std::size_t count, float* out);
/// 0 for a zero byte, 1 for any other.
void decodeBool(const std::uint8_t* bytes, std::size_t count, float* out);

void encodeF32(const float* values, std::size_t count, std::uint8_t* bytes);
void encodeF16(const float* values, std::size_t count, std::uint8_t* bytes);
void encodeBf16(const float* values, std::size_t count, std::uint8_t* bytes);
void encodeFp8E4M3(const float* values, std::size_t count, std::uint8_t* bytes);
void encodeFp8E5M2(const float* values, std::size_t count, std::uint8_t* bytes);

}  // namespace core::quant
