#pragma once
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// The GGUF super-block types: 256 consecutive values of a row share FP16 scales (d, for some also dmin), groups of 16
/// or 32 inside have small integer scales sc (and minima m) of their own.
///
///   type   bytes  layout in order                                                        value of code q
///   q2_k   84     16 × (sc 4 bits, m 4 bits), 64 bytes of 2-bit codes, d, dmin           d·sc·q − dmin·m
///   q3_k   110    32 bytes of third bits, 64 of low 2 bits, 12 of 16 6-bit scales, d     d·(sc − 32)·(q − 4)
///   q4_k   144    d, dmin, 12 bytes of 8 × (sc 6 bits, m 6 bits), 128 of nibbles         d·sc·q − dmin·m
///   q5_k   176    d, dmin, 12 bytes of 8 × (sc, m), 32 of fifth bits, 128 of nibbles     d·sc·q − dmin·m
///   q6_k   210    128 bytes of low nibbles, 64 of high 2 bits, 16 signed scales, d       d·sc·(q − 32)
///   q8_k   292    FP32 d, 256 signed bytes, 16 sums of 16 (not needed to decode)         d·q
///
/// Source: ggml 0.25.1 (ggml-common.h, ggml-quants.c); bit-exact.
void decodeQ2_K(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ3_K(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ4_K(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ5_K(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ6_K(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ8_K(const std::uint8_t* blocks, std::size_t blockCount, float* out);

/// Encoders, byte-exact to ggml 0.25.1 without fused multiply-add (ggml_quantize_chunk, with and without importance
/// matrix) where ggml's result is finite. Every group's scale (and minimum) is searched for the smallest weighted
/// squared error (scale_search.h; absolute error for q2_k without importance), then the scales are rounded to their
/// integers and the codes chosen anew. The weights without importance: |x| (q2_k), |x| + root mean square of the group
/// (q4_k, q5_k), x² (q3_k, q6_k); with importance: importance · √(c·mean square of the super-block + x²) with c 1
/// (q2_k) or 2, and the importance alone for q6_k. Values that are not finite take no part: NaN becomes 0, ±Inf the
/// super-block's largest finite magnitude. Where a step does not fit FP16 it is 65504 and the integers follow it, so
/// that what decodes is finite.
void encodeQ2_K(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ3_K(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ4_K(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ5_K(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ6_K(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ2_KByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);
void encodeQ3_KByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);
void encodeQ4_KByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);
void encodeQ5_KByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);
void encodeQ6_KByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);

}  // namespace core::quant
