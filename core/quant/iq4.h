#pragma once
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

}  // namespace core::quant
