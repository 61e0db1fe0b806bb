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

// Q8_1 has no row: it is an activation format that no file stores and that its own project does not decode.
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
    BlockCodec{DType::Q4_0, decodeQ4_0, encodeQ4_0},
    BlockCodec{DType::Q4_1, decodeQ4_1, encodeQ4_1},
    BlockCodec{DType::Q5_0, decodeQ5_0, encodeQ5_0},
    BlockCodec{DType::Q5_1, decodeQ5_1, encodeQ5_1},
    BlockCodec{DType::Q8_0, decodeQ8_0, encodeQ8_0},
    BlockCodec{DType::Q2_K, decodeQ2_K, nullptr},
    BlockCodec{DType::Q3_K, decodeQ3_K, nullptr},
    BlockCodec{DType::Q4_K, decodeQ4_K, nullptr},
    BlockCodec{DType::Q5_K, decodeQ5_K, nullptr},
    BlockCodec{DType::Q6_K, decodeQ6_K, nullptr},
    BlockCodec{DType::Q8_K, decodeQ8_K, nullptr},
    BlockCodec{DType::IQ1_S, decodeIQ1_S, nullptr},
    BlockCodec{DType::IQ1_M, decodeIQ1_M, nullptr},
    BlockCodec{DType::IQ2_XXS, decodeIQ2_XXS, nullptr},
    BlockCodec{DType::IQ2_XS, decodeIQ2_XS, nullptr},
    BlockCodec{DType::IQ2_S, decodeIQ2_S, nullptr},
    BlockCodec{DType::IQ3_XXS, decodeIQ3_XXS, nullptr},
    BlockCodec{DType::IQ3_S, decodeIQ3_S, nullptr},
    BlockCodec{DType::IQ4_NL, decodeIQ4_NL, nullptr},
    BlockCodec{DType::IQ4_XS, decodeIQ4_XS, nullptr},
    BlockCodec{DType::TQ1_0, decodeTQ1_0, nullptr},
    BlockCodec{DType::TQ2_0, decodeTQ2_0, nullptr},
    BlockCodec{DType::MXFP4, decodeMXFP4, nullptr},
    BlockCodec{DType::NVFP4, decodeNVFP4, nullptr},
    BlockCodec{DType::Q1_0, decodeQ1_0, nullptr},
    BlockCodec{DType::Q2_0, decodeQ2_0, nullptr},
};

}  // namespace

const BlockCodec* blockCodec(DType dtype) {
  for (const BlockCodec& codec : kCodecs)
    if (codec.dtype == dtype) return &codec;
  return nullptr;
}

}  // namespace core::quant
