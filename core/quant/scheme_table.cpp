#include "core/quant/scheme_table.h"

#include <array>
#include <cstddef>

#include "core/quant/block_codec.h"

namespace core::quant {

namespace {

using tensor::DType;

constexpr SchemeNameInfo cast(SchemeName name, std::string_view text, std::string_view display, std::uint32_t bits,
                              DType dtype) {
  return {name, text, display, Family::Cast, bits, dtype};
}
constexpr SchemeNameInfo integer(SchemeName name, std::string_view text, std::string_view display, std::uint32_t bits) {
  return {name, text, display, Family::Integer, bits, std::nullopt};
}
constexpr SchemeNameInfo codeBook(SchemeName name, std::string_view text, std::string_view display) {
  return {name, text, display, Family::CodeBook, 4, std::nullopt};
}
constexpr SchemeNameInfo block(SchemeName name, std::string_view text, std::string_view display, std::uint32_t bits,
                               DType dtype) {
  return {name, text, display, Family::GgufBlock, bits, dtype};
}

constexpr std::array kTable = {
    cast(SchemeName::Fp32, "fp32", "FP32", 32, DType::F32),
    cast(SchemeName::Fp16, "fp16", "FP16", 16, DType::F16),
    cast(SchemeName::Bf16, "bf16", "BF16", 16, DType::BF16),
    cast(SchemeName::Fp8E4M3, "fp8_e4m3", "FP8 E4M3", 8, DType::F8E4M3),
    cast(SchemeName::Fp8E5M2, "fp8_e5m2", "FP8 E5M2", 8, DType::F8E5M2),
    integer(SchemeName::Int8, "int8", "INT8", 8),
    integer(SchemeName::Int6, "int6", "INT6", 6),
    integer(SchemeName::Int5, "int5", "INT5", 5),
    integer(SchemeName::Int4, "int4", "INT4", 4),
    integer(SchemeName::Int3, "int3", "INT3", 3),
    integer(SchemeName::Int2, "int2", "INT2", 2),
    codeBook(SchemeName::Nf4, "nf4", "NF4"),
    codeBook(SchemeName::Fp4, "fp4", "FP4"),
    block(SchemeName::Q4_0, "q4_0", "Q4_0", 4, DType::Q4_0),
    block(SchemeName::Q4_1, "q4_1", "Q4_1", 4, DType::Q4_1),
    block(SchemeName::Q5_0, "q5_0", "Q5_0", 5, DType::Q5_0),
    block(SchemeName::Q5_1, "q5_1", "Q5_1", 5, DType::Q5_1),
    block(SchemeName::Q8_0, "q8_0", "Q8_0", 8, DType::Q8_0),
    block(SchemeName::Q2_K, "q2_k", "Q2_K", 2, DType::Q2_K),
    block(SchemeName::Q3_K, "q3_k", "Q3_K", 3, DType::Q3_K),
    block(SchemeName::Q4_K, "q4_k", "Q4_K", 4, DType::Q4_K),
    block(SchemeName::Q5_K, "q5_k", "Q5_K", 5, DType::Q5_K),
    block(SchemeName::Q6_K, "q6_k", "Q6_K", 6, DType::Q6_K),
    block(SchemeName::IQ4_NL, "iq4_nl", "IQ4_NL", 4, DType::IQ4_NL),
    block(SchemeName::IQ4_XS, "iq4_xs", "IQ4_XS", 4, DType::IQ4_XS),
    block(SchemeName::MXFP4, "mxfp4", "MXFP4", 4, DType::MXFP4),
    block(SchemeName::TQ1_0, "tq1_0", "TQ1_0", 2, DType::TQ1_0),
    block(SchemeName::TQ2_0, "tq2_0", "TQ2_0", 2, DType::TQ2_0),
    block(SchemeName::IQ1_S, "iq1_s", "IQ1_S", 1, DType::IQ1_S),
    block(SchemeName::IQ1_M, "iq1_m", "IQ1_M", 1, DType::IQ1_M),
    block(SchemeName::IQ2_XXS, "iq2_xxs", "IQ2_XXS", 2, DType::IQ2_XXS),
    block(SchemeName::IQ2_XS, "iq2_xs", "IQ2_XS", 2, DType::IQ2_XS),
    block(SchemeName::IQ2_S, "iq2_s", "IQ2_S", 2, DType::IQ2_S),
    block(SchemeName::IQ3_XXS, "iq3_xxs", "IQ3_XXS", 3, DType::IQ3_XXS),
    block(SchemeName::IQ3_S, "iq3_s", "IQ3_S", 3, DType::IQ3_S),
    block(SchemeName::NVFP4, "nvfp4", "NVFP4", 4, DType::NVFP4),
    block(SchemeName::Q1_0, "q1_0", "Q1_0", 1, DType::Q1_0),
    block(SchemeName::Q2_0, "q2_0", "Q2_0", 2, DType::Q2_0),
};

constexpr bool inEnumerationOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<std::size_t>(kTable[i].name) != i) return false;
  return true;
}
static_assert(inEnumerationOrder(), "info() indexes the table by the enumeration.");

}  // namespace

std::span<const SchemeNameInfo> allSchemeNames() { return kTable; }

const SchemeNameInfo& info(SchemeName name) { return kTable[static_cast<std::size_t>(name)]; }

std::optional<SchemeName> schemeNameOf(DType dtype) {
  for (const SchemeNameInfo& entry : kTable)
    if (entry.dtype == dtype) return entry.name;
  return std::nullopt;
}

bool isEncodable(SchemeName name) {
  const auto dtype = info(name).dtype;
  return !dtype || blockCodec(*dtype)->encode != nullptr;
}

Family family(SchemeName name) { return info(name).family; }
std::string_view toString(SchemeName name) { return info(name).text; }
std::uint32_t codeBits(SchemeName name) { return info(name).codeBits; }

}  // namespace core::quant
