#pragma once
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// Types of one to three levels around zero.
///
///   tq1_0  54 bytes for 256 values  48 bytes of 5 ternary digits, 4 bytes of 4 digits, FP16 d   (digit − 1) · d
///   tq2_0  66 bytes for 256 values  64 bytes of 2-bit codes, FP16 d                             (code − 1) · d
///   q1_0   18 bytes for 128 values  FP16 d, 128 sign bits                                       ±d
///   q2_0   18 bytes for 64 values   FP16 d, 64 2-bit codes                                      (code − 1) · d
///
/// A byte of tq1_0 holds digits as a fraction of 256: multiplied by 3, the part above 255 is the next digit.
/// Source: ggml 0.25.1; bit-exact.
void decodeTQ1_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeTQ2_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ1_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ2_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);

}  // namespace core::quant
