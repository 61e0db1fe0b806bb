#pragma once
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// The GGUF lattice types: 256 values per block with an FP16 scale d; groups of 8 (IQ3: 4) magnitudes are one point of
/// a fixed lattice, signs are stored apart. Where 7 bits hold 8 signs, the eighth makes the number of minus signs even.
///
///   type      bytes  layout in order
///   iq2_xxs   66     d, 8 × (4 lattice indices, 28 sign bits, 4 scale bits)
///   iq2_xs    74     d, 32 × (9-bit index, 7 sign bits), 16 4-bit scales
///   iq2_s     82     d, 32 index bytes, 32 sign bytes, 8 bytes of 2 top index bits each, 16 4-bit scales
///   iq3_xxs   98     d, 64 index bytes, 8 × (28 sign bits, 4 scale bits)
///   iq3_s     110    d, 64 index bytes, 8 bytes of top index bits, 32 sign bytes, 8 4-bit scales
///   iq1_s     50     d, 32 index bytes, 8 × (4 × 3 top index bits, 3 scale bits, sign of the ⅛ offset)
///   iq1_m     56     32 index bytes, 16 bytes of (3 top index bits, offset sign) pairs, 4 words of 4 × 3 scale bits
///                    with a quarter of d in each word's top nibble
///
/// Source: ggml 0.25.1 (ggml-common.h, ggml-quants.c); bit-exact.
void decodeIQ2_XXS(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeIQ2_XS(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeIQ2_S(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeIQ3_XXS(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeIQ3_S(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeIQ1_S(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeIQ1_M(const std::uint8_t* blocks, std::size_t blockCount, float* out);

/// Encoders: ggml's searches, byte for byte. The scale of 16 or 32 values (iq1: with the offset's sign) is searched
/// with the values moved to lattice points near their rounded codes; the scales are then rounded to their codes. The
/// error of a value weighs importance · √(σ² + x²), without importance x² (iq2_s: x² + σ²/4), σ² being the block's mean
/// square, twice in all but iq2_xxs and iq2_xs. ggml refuses iq1_s, iq2_xxs and iq2_xs without importance; here every
/// importance is then 1. Where ggml's result would not be finite or it would abort we differ: values that are not
/// finite are treated as in finite_values.h, a block beyond 2^24 is searched in smaller units, and a scale beyond FP16
/// becomes 65504. Behind 32 zeros that share a scale ggml writes the rest of an iq3_s block too early; here it stands
/// where it is read.
void encodeIQ2_XXS(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ2_XS(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ2_S(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ3_XXS(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ3_S(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ1_S(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ1_M(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeIQ2_XXSByImportance(const float* values, std::size_t blockCount, const float* importance,
                               std::uint8_t* blocks);
void encodeIQ2_XSByImportance(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks);
void encodeIQ2_SByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks);
void encodeIQ3_XXSByImportance(const float* values, std::size_t blockCount, const float* importance,
                               std::uint8_t* blocks);
void encodeIQ3_SByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks);
void encodeIQ1_SByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks);
void encodeIQ1_MByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks);

}  // namespace core::quant
