#pragma once
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// The oldest GGUF block types: 32 consecutive values of a row share one FP16 scale d (and for *_1 an FP16 minimum m).
///
///   type   bytes  layout                                     value of code q
///   q4_0   18     d, 16 bytes of nibbles                     (q − 8) · d
///   q4_1   20     d, m, 16 bytes of nibbles                  q · d + m
///   q5_0   22     d, 32 fifth bits, 16 bytes of nibbles      (q − 16) · d
///   q5_1   24     d, m, 32 fifth bits, 16 bytes of nibbles   q · d + m
///   q8_0   34     d, 32 signed bytes                         q · d
///
/// Nibbles: value j in the low half of byte j, value j + 16 in its high half.
/// Source: ggml 0.25.1 (ggml-common.h, ggml-quants.c); decoding is bit-exact, encoding byte-exact where ggml's result
/// is finite and does not depend on the compiler.
void decodeQ4_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ4_1(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ5_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ5_1(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeQ8_0(const std::uint8_t* blocks, std::size_t blockCount, float* out);

/// Encoders. The scale is absmax/−8 (q4_0, signed so that the extreme value is exact), absmax/−16 (q5_0), absmax/127
/// (q8_0) or (max − min)/15 and /31 (*_1), rounded to FP16 after the codes were chosen from the unrounded one.
/// Halves round away from zero in q8_0; the others add ½ and truncate, as ggml does.
/// Where ggml's bytes would decode to NaN or Inf or depend on the compiler we differ: a scale or minimum beyond FP16
/// becomes ±65504, a scale so small that its reciprocal overflows gives zeros, and values that are not finite take no
/// part in the scale: NaN becomes 0, ±Inf the block's largest finite magnitude.
void encodeQ4_0(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ4_1(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ5_0(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ5_1(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeQ8_0(const float* values, std::size_t blockCount, std::uint8_t* blocks);

/// The same for the blocks of one row where columns differ in importance (block_codec.h): the scale (and minimum) with
/// the smallest squared error weighed by importance · √(mean square of the row + x²) (scale_search.h). Byte-exact to
/// ggml 0.25.1 with an importance matrix where ggml's result is finite; halves round to even here.
void encodeQ4_0ByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);
void encodeQ4_1ByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);
void encodeQ5_0ByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);
void encodeQ5_1ByImportance(const float* values, std::size_t blockCount, const float* importance, std::uint8_t* blocks);

}  // namespace core::quant
