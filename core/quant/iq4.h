#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// GGUF's non-linear 4-bit types: a code is an index into 16 fixed levels, denser near zero (−127 … 113).
///
///   iq4_nl   18 bytes for 32 values    FP16 d, 16 bytes of nibbles                               d · level
///   iq4_xs   136 bytes for 256 values  FP16 d, 8 × 2 high scale bits, 8 × 4 low ones, 128 bytes   d · (sc − 32) ·
///   level
///
/// Nibbles as in q4_0: value j low in byte j, value j + 16 high. Source: ggml 0.25.1; bit-exact.
void decodeIQ4_NL(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeIQ4_XS(const std::uint8_t* blocks, std::size_t blockCount, float* out);

constexpr std::array<float, 16> kIq4Levels = {-127.0F, -104.0F, -83.0F, -65.0F, -49.0F, -35.0F, -22.0F, -10.0F,
                                              1.0F,    13.0F,   25.0F,  38.0F,  53.0F,  69.0F,  89.0F,  113.0F};

/// Encoders: ggml's search, byte for byte. The scale of 32 values is the best for one of 16 assignments to levels,
/// which differ in where the extreme value goes; the error of a value weighs x², with importance i·√(σ² + x²), σ² being
/// twice the block's mean square. iq4_xs then rounds the scales to 6 bits and assigns once more. Where ggml's result
/// would not be finite we differ: values that are not finite are treated as in finite_values.h, a block beyond 2^24 is
/// searched in smaller units, and a scale beyond FP16 becomes ±65504.
void encodeIQ4_NL(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ4_XS(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ4_NLByImportance(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks);
void encodeIQ4_XSByImportance(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks);

}  // namespace core::quant
