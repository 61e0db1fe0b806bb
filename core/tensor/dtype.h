#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace core::tensor {

/// How the elements of a stored tensor are encoded: plain elements and the block types of GGUF.
/// Block types are named as in GGUF (lower case in text: "q4_0", "iq2_xxs").
enum class DType : std::uint8_t {
  F64,
  F32,
  F16,
  BF16,
  F8E4M3,
  F8E5M2,
  I64,
  I32,
  I16,
  I8,
  U64,
  U32,
  U16,
  U8,
  Bool,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q8_1,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  Q8_K,
  IQ1_S,
  IQ1_M,
  IQ2_XXS,
  IQ2_XS,
  IQ2_S,
  IQ3_XXS,
  IQ3_S,
  IQ4_NL,
  IQ4_XS,
  TQ1_0,
  TQ2_0,
  MXFP4,
  NVFP4,
  Q1_0,
  Q2_0,
  Unknown  ///< of a tensor that is listed although this program does not know how its elements are stored
};

/// Layout facts of a dtype. A plain dtype has blockValues 1.
struct DTypeInfo {
  DType dtype;
  std::string_view name;         ///< lower case, as in scheme texts and JSON
  std::uint32_t blockValues;     ///< values per block along the row
  std::uint32_t blockBytes;      ///< bytes per block
  std::int32_t ggmlType;         ///< type number in GGUF, −1 where GGUF has none
  std::string_view safetensors;  ///< name in safetensors headers, empty where it has none
};

/// Every dtype that a file can name, in the order of the enumeration: all but Unknown.
std::span<const DTypeInfo> allDTypes();
const DTypeInfo& info(DType dtype);
inline std::string_view name(DType dtype) { return info(dtype).name; }
std::optional<DType> fromGgmlType(std::uint32_t type);
std::optional<DType> fromSafetensors(std::string_view name);
std::optional<DType> fromName(std::string_view name);

}  // namespace core::tensor
