#pragma once
#include <cstddef>
#include <cstdint>

namespace core::quant {

/// Blocks of FP4 E2M1 elements under a shared scale of few bits.
///
///   mxfp4   17 bytes for 32 values  E8M0 scale byte e (2^(e−127)), 16 bytes of nibbles       as in OCP MX 1.0
///   nvfp4   36 bytes for 64 values  4 unsigned E4M3 scales (0x7F is 0, else bit 7 is ignored), then per 16 values
///                                   8 bytes of nibbles; no tensor-wide scale
///
/// Nibbles: the first half of a group in the low halves, the second in the high ones. Code 8 is +0, as in ggml.
/// Scale byte 0xFE and above can overflow to Inf, as the format allows. Source: ggml 0.25.1; bit-exact.
void decodeMXFP4(const std::uint8_t* blocks, std::size_t blockCount, float* out);
void decodeNVFP4(const std::uint8_t* blocks, std::size_t blockCount, float* out);

/// Encoders, byte-exact to ggml 0.25.1; not those of OCP MX or of NVFP4 with a tensor scale (formats mx_e2m1, nv_e2m1).
/// Of two levels equally near the smaller one is taken, and nothing becomes −0.
///
///   mxfp4   scale 2^(floor(log2 absmax) − 2), the logarithm rounded to float32 first: the top of a binade is clipped
///           to level 6, but the last few floats below 2^n belong to the next one
///   nvfp4   scale absmax / 6 as E4M3, halves up, from 2^-6 down whole multiples 0…7 of 2^-9; from 248 up 448
///
/// NaN becomes 0, ±Inf the group's largest finite magnitude. ggml's mxfp4 scale wraps around below 2^-125 and the top
/// level overflows next to the largest float; ours stays within 2^-127…2^125.
void encodeMXFP4(const float* values, std::size_t blockCount, std::uint8_t* blocks);
void encodeNVFP4(const float* values, std::size_t blockCount, std::uint8_t* blocks);

}  // namespace core::quant
