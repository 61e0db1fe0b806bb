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

}  // namespace core::quant
