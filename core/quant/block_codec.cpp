#include "core/quant/block_codec.h"

#include <array>

#include "core/quant/casts.h"
#include "core/quant/ggml_legacy.h"
#include "core/quant/i_quants.h"
#include "core/quant/iq4.h"
#include "core/quant/k_quants.h"
#include "core/quant/microscaling.h"
#include "core/quant/ternary.h"

namespace core::quant {

namespace {

using tensor::DType;

// Q8_1 has no row: it is an activation format that no file stores and that its own project does not decode. Q8_K is one
// too, but is decoded; neither is a scheme.
constexpr std::array kCodecs = {
    BlockCodec{DType::F64, decodeF64, nullptr},
    BlockCodec{DType::F32, decodeF32, encodeF32},
    BlockCodec{DType::F16, decodeF16, encodeF16},
    BlockCodec{DType::BF16, decodeBf16, encodeBf16},
    BlockCodec{DType::F8E4M3, decodeFp8E4M3, encodeFp8E4M3},
    BlockCodec{DType::F8E5M2, decodeFp8E5M2, encodeFp8E5M2},
    BlockCodec{DType::I64, decodeI64, nullptr},
    BlockCodec{DType::I32, decodeI32, nullptr},
    BlockCodec{DType::I16, decodeI16, nullptr},
    BlockCodec{DType::I8, decodeI8, nullptr},
    BlockCodec{DType::U64, decodeU64, nullptr},
    BlockCodec{DType::U32, decodeU32, nullptr},
    BlockCodec{DType::U16, decodeU16, nullptr},
    BlockCodec{DType::U8, decodeU8, nullptr},
    BlockCodec{DType::Bool, decodeBool, nullptr},
    BlockCodec{DType::Q8_K, decodeQ8_K, nullptr},
    BlockCodec{DType::Q8_0, decodeQ8_0, encodeQ8_0, 8, "GGUF: 8-bit steps, one FP16 scale per 32 weights."},
    BlockCodec{DType::Q5_1, decodeQ5_1, encodeQ5_1, 5, "GGUF: 5-bit steps with FP16 scale and minimum per 32 weights.",
               encodeQ5_1ByImportance},
    BlockCodec{DType::Q5_0, decodeQ5_0, encodeQ5_0, 5, "GGUF: 5-bit steps, one FP16 scale per 32 weights.",
               encodeQ5_0ByImportance},
    BlockCodec{DType::Q4_1, decodeQ4_1, encodeQ4_1, 4, "GGUF: 4-bit steps with FP16 scale and minimum per 32 weights.",
               encodeQ4_1ByImportance},
    BlockCodec{DType::Q4_0, decodeQ4_0, encodeQ4_0, 4, "GGUF: 4-bit steps, one FP16 scale per 32 weights.",
               encodeQ4_0ByImportance},
    BlockCodec{DType::Q6_K, decodeQ6_K, encodeQ6_K, 6,
               "GGUF: 6-bit steps in super-blocks of 256 with 8-bit scales per 16 weights.", encodeQ6_KByImportance},
    BlockCodec{DType::Q5_K, decodeQ5_K, encodeQ5_K, 5,
               "GGUF: 5-bit steps in super-blocks of 256 with 6-bit scales and minima per 32 weights.",
               encodeQ5_KByImportance},
    BlockCodec{DType::Q4_K, decodeQ4_K, encodeQ4_K, 4,
               "GGUF: 4-bit steps in super-blocks of 256 with 6-bit scales and minima per 32 weights.",
               encodeQ4_KByImportance},
    BlockCodec{DType::Q3_K, decodeQ3_K, encodeQ3_K, 3,
               "GGUF: 3-bit steps in super-blocks of 256 with 6-bit scales per 16 weights.", encodeQ3_KByImportance},
    BlockCodec{DType::Q2_K, decodeQ2_K, encodeQ2_K, 2,
               "GGUF: 2-bit steps in super-blocks of 256 with 4-bit scales and minima per 16 weights.",
               encodeQ2_KByImportance},
    BlockCodec{DType::IQ4_NL, decodeIQ4_NL, encodeIQ4_NL, 4, "GGUF: 16 uneven levels, one FP16 scale per 32 weights.",
               encodeIQ4_NLByImportance},
    BlockCodec{DType::IQ4_XS, decodeIQ4_XS, encodeIQ4_XS, 4,
               "GGUF: the uneven levels of IQ4_NL in super-blocks of 256 with 6-bit scales per 32 weights.",
               encodeIQ4_XSByImportance},
    BlockCodec{DType::IQ3_S, decodeIQ3_S, encodeIQ3_S, 3,
               "GGUF: four magnitudes at a time from a lattice of 512 points, signs apart.", encodeIQ3_SByImportance},
    BlockCodec{DType::IQ3_XXS, decodeIQ3_XXS, encodeIQ3_XXS, 3,
               "GGUF: four magnitudes at a time from a lattice of 256 points, signs apart.", encodeIQ3_XXSByImportance},
    BlockCodec{DType::IQ2_S, decodeIQ2_S, encodeIQ2_S, 2,
               "GGUF: eight magnitudes at a time from a lattice of 1024 points, signs apart.", encodeIQ2_SByImportance},
    BlockCodec{DType::IQ2_XS, decodeIQ2_XS, encodeIQ2_XS, 2,
               "GGUF: eight magnitudes at a time from a lattice of 512 points, signs apart.", encodeIQ2_XSByImportance},
    BlockCodec{DType::IQ2_XXS, decodeIQ2_XXS, encodeIQ2_XXS, 2,
               "GGUF: eight magnitudes at a time from a lattice of 256 points, signs apart.",
               encodeIQ2_XXSByImportance},
    BlockCodec{DType::IQ1_M, decodeIQ1_M, encodeIQ1_M, 1,
               "GGUF: eight ternary values at a time from a lattice of 2048 points, scales per 16 weights.",
               encodeIQ1_MByImportance},
    BlockCodec{DType::IQ1_S, decodeIQ1_S, encodeIQ1_S, 1,
               "GGUF: eight ternary values at a time from a lattice of 2048 points, scales per 32 weights.",
               encodeIQ1_SByImportance},
    BlockCodec{DType::MXFP4, decodeMXFP4, encodeMXFP4, 4,
               "OCP microscaling: 4-bit floats with a power-of-two scale per 32 weights."},
    BlockCodec{DType::NVFP4, decodeNVFP4, encodeNVFP4, 4, "4-bit floats with an 8-bit float scale per 16 weights."},
    BlockCodec{DType::TQ2_0, decodeTQ2_0, encodeTQ2_0, 2, "Ternary weights, 2 bits each, one FP16 scale per 256."},
    BlockCodec{DType::TQ1_0, decodeTQ1_0, encodeTQ1_0, 2, "Ternary weights, five to a byte, one FP16 scale per 256."},
    BlockCodec{DType::Q2_0, decodeQ2_0, encodeQ2_0, 2, "GGUF: 2-bit codes, one FP16 scale per 64 weights."},
    BlockCodec{DType::Q1_0, decodeQ1_0, encodeQ1_0, 1, "GGUF: signs alone, one FP16 scale per 128 weights."},
};

}  // namespace

std::span<const BlockCodec> blockCodecs() { return kCodecs; }

const BlockCodec* blockCodec(DType dtype) {
  for (const BlockCodec& codec : kCodecs)
    if (codec.dtype == dtype) return &codec;
  return nullptr;
}

}  // namespace core::quant
