#include "core/tensor/dtype.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace core::tensor {

namespace {

// Type numbers and block sizes: ggml's ggml.h and ggml-common.h (0.25.1); safetensors names: its format description.
constexpr std::array kTable = {
    DTypeInfo{DType::F64, "f64", 1, 8, 28, "F64"},
    DTypeInfo{DType::F32, "f32", 1, 4, 0, "F32"},
    DTypeInfo{DType::F16, "f16", 1, 2, 1, "F16"},
    DTypeInfo{DType::BF16, "bf16", 1, 2, 30, "BF16"},
    DTypeInfo{DType::F8E4M3, "f8_e4m3", 1, 1, -1, "F8_E4M3"},
    DTypeInfo{DType::F8E5M2, "f8_e5m2", 1, 1, -1, "F8_E5M2"},
    DTypeInfo{DType::I64, "i64", 1, 8, 27, "I64"},
    DTypeInfo{DType::I32, "i32", 1, 4, 26, "I32"},
    DTypeInfo{DType::I16, "i16", 1, 2, 25, "I16"},
    DTypeInfo{DType::I8, "i8", 1, 1, 24, "I8"},
    DTypeInfo{DType::U64, "u64", 1, 8, -1, "U64"},
    DTypeInfo{DType::U32, "u32", 1, 4, -1, "U32"},
    DTypeInfo{DType::U16, "u16", 1, 2, -1, "U16"},
    DTypeInfo{DType::U8, "u8", 1, 1, -1, "U8"},
    DTypeInfo{DType::Bool, "bool", 1, 1, -1, "BOOL"},
    DTypeInfo{DType::Q4_0, "q4_0", 32, 18, 2, {}},
    DTypeInfo{DType::Q4_1, "q4_1", 32, 20, 3, {}},
    DTypeInfo{DType::Q5_0, "q5_0", 32, 22, 6, {}},
    DTypeInfo{DType::Q5_1, "q5_1", 32, 24, 7, {}},
    DTypeInfo{DType::Q8_0, "q8_0", 32, 34, 8, {}},
    DTypeInfo{DType::Q8_1, "q8_1", 32, 36, 9, {}},
    DTypeInfo{DType::Q2_K, "q2_k", 256, 84, 10, {}},
    DTypeInfo{DType::Q3_K, "q3_k", 256, 110, 11, {}},
    DTypeInfo{DType::Q4_K, "q4_k", 256, 144, 12, {}},
    DTypeInfo{DType::Q5_K, "q5_k", 256, 176, 13, {}},
    DTypeInfo{DType::Q6_K, "q6_k", 256, 210, 14, {}},
    DTypeInfo{DType::Q8_K, "q8_k", 256, 292, 15, {}},
    DTypeInfo{DType::IQ1_S, "iq1_s", 256, 50, 19, {}},
    DTypeInfo{DType::IQ1_M, "iq1_m", 256, 56, 29, {}},
    DTypeInfo{DType::IQ2_XXS, "iq2_xxs", 256, 66, 16, {}},
    DTypeInfo{DType::IQ2_XS, "iq2_xs", 256, 74, 17, {}},
    DTypeInfo{DType::IQ2_S, "iq2_s", 256, 82, 22, {}},
    DTypeInfo{DType::IQ3_XXS, "iq3_xxs", 256, 98, 18, {}},
    DTypeInfo{DType::IQ3_S, "iq3_s", 256, 110, 21, {}},
    DTypeInfo{DType::IQ4_NL, "iq4_nl", 32, 18, 20, {}},
    DTypeInfo{DType::IQ4_XS, "iq4_xs", 256, 136, 23, {}},
    DTypeInfo{DType::TQ1_0, "tq1_0", 256, 54, 34, {}},
    DTypeInfo{DType::TQ2_0, "tq2_0", 256, 66, 35, {}},
    DTypeInfo{DType::MXFP4, "mxfp4", 32, 17, 39, {}},
    DTypeInfo{DType::NVFP4, "nvfp4", 64, 36, 40, {}},
    DTypeInfo{DType::Q1_0, "q1_0", 128, 18, 41, {}},
    DTypeInfo{DType::Q2_0, "q2_0", 64, 18, 42, {}},
    DTypeInfo{DType::Unknown, "unknown", 1, 0, -1, {}},
};

constexpr bool isInEnumerationOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].dtype) != i) return false;
  }
  return kTable.back().dtype == DType::Unknown;
}
static_assert(isInEnumerationOrder(), "info() indexes the table by the enumeration");

template <typename Predicate>
std::optional<DType> firstWhere(Predicate predicate) {
  const auto* const found = std::find_if(kTable.begin(), kTable.end(), predicate);
  return found == kTable.end() ? std::nullopt : std::optional(found->dtype);
}

}  // namespace

std::span<const DTypeInfo> allDTypes() { return std::span(kTable).first(kTable.size() - 1); }

const DTypeInfo& info(DType dtype) { return kTable[static_cast<std::size_t>(dtype)]; }

std::optional<DType> fromGgmlType(std::uint32_t type) {
  return firstWhere([type](const DTypeInfo& row) { return static_cast<std::int64_t>(row.ggmlType) == type; });
}

std::optional<DType> fromSafetensors(std::string_view name) {
  if (name.empty()) return std::nullopt;
  return firstWhere([name](const DTypeInfo& row) { return row.safetensors == name; });
}

std::optional<DType> fromName(std::string_view name) {
  return firstWhere([name](const DTypeInfo& row) { return row.name == name; });
}

}  // namespace core::tensor
