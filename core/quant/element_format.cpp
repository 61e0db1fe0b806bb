#include "core/quant/element_format.h"

namespace core::quant {

std::optional<numeric::FormatId> elementFormat(tensor::DType dtype) {
  using numeric::FormatId;
  using tensor::DType;
  switch (dtype) {
    case DType::F64:
      return FormatId::Fp64;
    case DType::F32:
      return FormatId::Fp32;
    case DType::F16:
      return FormatId::Fp16;
    case DType::BF16:
      return FormatId::Bf16;
    case DType::F8E4M3:
      return FormatId::Fp8E4M3;
    case DType::F8E5M2:
      return FormatId::Fp8E5M2;
    case DType::I8:
      return FormatId::Int8;
    case DType::U8:
      return FormatId::UInt8;
    default:
      return std::nullopt;
  }
}

}  // namespace core::quant
