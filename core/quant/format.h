#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/quant/grouping.h"
#include "core/quant/scale_type.h"
#include "core/tensor/dtype.h"

namespace core::quant {

/// The first word of a scheme's text: what is stored. The block types of GGUF follow the enumerators: their names come
/// from their codecs (format_table).
enum class FormatName : std::uint8_t {
  Fp32,
  Fp16,
  Bf16,
  Fp8E4M3,
  Fp8E5M2,
  Int8,
  Int7,
  Int6,
  Int5,
  Int4,
  Int3,
  Int2,
  Log8,
  Log7,
  Log6,
  Log5,
  Log4,
  Log3,
  KMeans4,
  KMeans3,
  KMeans2,
  Nf4,
  Fp4,
  Dynamic8,
  MxE4M3,
  MxE5M2,
  MxE3M2,
  MxE2M3,
  MxE2M1,
  MxInt8,
  NvE2M1,
  LlmInt8
};

/// Formats that share their options, their layout and their encoder.
enum class Family : std::uint8_t {
  Cast,          ///< fp32, fp16, bf16: nothing but rounding
  ScaledFloat,   ///< fp8: rounding, with or without a scale
  Integer,       ///< even levels under scale and zero-point
  Logarithmic,   ///< sign and power of a base under a scale
  KMeans,        ///< a learned code book
  CodeBook,      ///< bitsandbytes: nf4, fp4, dynamic8
  Microscaling,  ///< OCP MX and NVFP4 with tensor scale
  LlmInt8,       ///< llm_int8: rows of bitsandbytes' Linear8bitLt
  GgufBlock
};

enum class ZeroPoint : std::uint8_t {
  Off,
  On,    ///< an integer as wide as a code
  Float  ///< not rounded; stored as FP32 beside FP32 scales, else as FP16 (HQQ)
};
enum class DoubleQuantization : std::uint8_t { Off, On };

/// What is stored: name and options. It says the size, the layout and the kernels; how the codes are chosen is the
/// method's matter. Options that do not belong to the family have their default.
struct Format {
  FormatName name = FormatName::Fp32;
  Grouping grouping;                                                ///< what shares a scale or code book
  ZeroPoint zeroPoint = ZeroPoint::Off;                             ///< Integer
  ScaleType scaleType = ScaleType::Fp32;                            ///< Integer, Logarithmic, KMeans (its levels)
  DoubleQuantization doubleQuantization = DoubleQuantization::Off;  ///< nf4, fp4
  float base = 2.0F;                                                ///< Logarithmic: > 1

  bool operator==(const Format&) const = default;
};

/// Facts about a format's name.
struct FormatInfo {
  FormatName name;
  std::string_view text;     ///< as in the text form
  std::string_view display;  ///< for people
  Family family;
  std::uint32_t codeBits;              ///< bits of one element's code
  std::optional<tensor::DType> dtype;  ///< how it is stored when Elements are its layout: fp8 without a scale, too
};

/// Every format's name, in the order of the enumeration, then the block types in the order of blockCodecs().
std::span<const FormatInfo> allFormats();
const FormatInfo& info(FormatName name);
Family family(FormatName name);
std::string_view toString(FormatName name);
/// Bits of one code: 32 for fp32 … 4 for int4/nf4; for GGUF block types the bits of the element code.
std::uint32_t codeBits(FormatName name);

/// The name with the options it has when none are given: int8 and llm_int8 row, narrower integers and logarithms groups
/// of 32, k-means row, nf4 and fp4 blocks of 64, dynamic8 of 4096.
Format defaultFormat(FormatName name);
/// FP16 for groups of a row and for k-means levels, else FP32.
ScaleType defaultScaleType(FormatName name, const Grouping& grouping);

/// The dtype whose elements this format's payload is; nothing when it has codes and scales.
std::optional<tensor::DType> storedDType(const Format& format);
/// The format that stores this dtype; nothing for integers, FP64 and activation formats.
std::optional<FormatName> formatOf(tensor::DType dtype);

}  // namespace core::quant
