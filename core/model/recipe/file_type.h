#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "core/tensor/dtype.h"

namespace core::model {

/// What a whole GGUF file is quantized to: the mixtures that people name a model's files after. One type for most
/// matrices, others for those that mixture_rules names.
enum class FileType : std::uint8_t {
  F32,
  F16,
  BF16,
  Q8_0,
  Q6_K,
  Q5_K_M,
  Q5_K_S,
  Q5_1,
  Q5_0,
  Q4_K_M,
  Q4_K_S,
  Q4_1,
  Q4_0,
  IQ4_NL,
  IQ4_XS,
  MXFP4_MOE,
  Q3_K_L,
  Q3_K_M,
  Q3_K_S,
  IQ3_M,
  IQ3_S,
  IQ3_XS,
  IQ3_XXS,
  Q2_K,
  Q2_K_S,
  IQ2_M,
  IQ2_S,
  IQ2_XS,
  IQ2_XXS,
  TQ2_0,
  TQ1_0,
  Q2_0,
  IQ1_M,
  IQ1_S,
  Q1_0
};

struct FileTypeInfo {
  FileType type;
  std::string_view name;         ///< "Q4_K_M"
  std::uint32_t number;          ///< of general.file_type
  tensor::DType usual;           ///< of the tensors that no rule names
  std::string_view description;  ///< one sentence
};

/// Every file type, in the order of the enumeration: from large to small.
std::span<const FileTypeInfo> allFileTypes();
const FileTypeInfo& info(FileType type);
inline std::string_view name(FileType type) { return info(type).name; }
/// By its name in any case; Q3_K, Q4_K and Q5_K stand for their medium ones, as in llama.cpp. Null when there is none.
const FileTypeInfo* findFileType(std::string_view name);

}  // namespace core::model
