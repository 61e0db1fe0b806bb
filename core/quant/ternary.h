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
/// Value j of q1_0 and q2_0 lies in byte j/8 and j/4, lowest bits first. A byte of tq2_0 holds values j, j + 32, j +
/// 64, j + 96 of its half of the block, lowest bits first; one of tq1_0 values as far apart as there are bytes in its
/// run. A byte of tq1_0 holds digits as a fraction of 256: multiplied by 3, the part above 255 is the next digit.
/// Source: ggml 0.25.1; bit-exact.
void decodeTQ1_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeTQ2_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ1_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ2_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);

/// Encoders. The scale is absmax (q1_0: the mean of the magnitudes) as FP16; codes are x / absmax rounded, halves away
/// from zero: −1, 0 or 1, so that code 3 of q2_0 is never written. q1_0 keeps the signs; −0 counts as positive.
/// Byte-exact to ggml 0.25.1 where its result is finite. Elsewhere as the older types (ggml_legacy.h): a scale beyond
/// FP16 becomes 65504, one so small that its reciprocal overflows gives zeros, NaN becomes 0 and ±Inf the block's
/// largest finite magnitude.
void encodeTQ1_0(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeTQ2_0(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ1_0(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ2_0(const float* values, std::size_t blockCount, std::uint8_t* blocks);

}  // namespace core::quant
