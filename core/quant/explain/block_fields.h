#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/numeric/number_format.h"
#include "core/quant/format.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// What a number inside a stored block is for.
enum class FieldRole : std::uint8_t {
  Scale,         ///< of the values it speaks of: a float, or a small integer under a SuperScale
  SuperScale,    ///< what scales are multiples of: of a super-block, of 256 scales or of the whole tensor
  Minimum,       ///< what is subtracted from (K types) or added to (*_1) the values it speaks of
  SuperMinimum,  ///< what minima are multiples of
  ZeroPoint,     ///< the code that stands for 0
  Code,          ///< one weight
  Index,         ///< several weights at once: a point of a lattice, or ternary digits
  Sign,  ///< the signs of several weights, lowest bit first, 1 is minus; of 7 bits the eighth makes their number even
  OffsetSign,  ///< IQ1: whether the levels of eight weights are moved up (0) or down (1) by 1/8
  Offset,      ///< bitsandbytes: what is added to every scale of the tensor
  Level,       ///< one level of a learned code book
  Sum,         ///< a sum of the block that products use; not needed to decode
  Padding      ///< belongs to nothing
};
/// "scale", "super_scale", …: as in JSON.
std::string_view toString(FieldRole role);

/// How the bits of a field become a number.
enum class FieldReading : std::uint8_t {
  Unsigned,
  Signed,  ///< two's complement
  Fp64,
  Fp32,
  Fp16,
  Bf16,
  Fp8E4M3,
  Fp8E5M2,
  Fp6E3M2,
  Fp6E2M3,
  Fp4E2M1,
  E8M0,
  UnsignedE4M3,  ///< E4M3 whose bit 7 is ignored; 0x7F is 0, 0xFF 480 (NVFP4 of GGUF)
  DynamicMap,    ///< an index into the dynamic 8-bit map of bitsandbytes
  Bits           ///< no number: signs, padding
};
/// The format of core/numeric that reads it; null for whole numbers, tables and bits.
const numeric::NumberFormat* numberFormatOf(FieldReading reading);
/// "FP16", "unsigned integer", …: for people.
std::string_view title(FieldReading reading);

/// Some bits of a block. Bit k of a block is bit k % 8 (0: the lowest) of its byte k / 8.
struct BitRange {
  std::uint32_t firstBit = 0;
  std::uint32_t bits = 0;   ///< 0: none
  std::uint32_t shift = 0;  ///< of these bits in the field's number: 0 for its lowest ones
  bool operator==(const BitRange&) const = default;
};

/// One number of a block, wherever its bits lie: Σ bits of a range << its shift. It speaks of the values firstValue,
/// firstValue + valueStride, … (valueCount of them).
struct BlockField {
  static constexpr std::size_t kMaxRanges = 4;

  FieldRole role = FieldRole::Padding;
  std::string_view symbol;  ///< as in formulas: "d", "sc", "q"
  FieldReading reading = FieldReading::Unsigned;
  std::array<BitRange, kMaxRanges> ranges{};  ///< those with bits; the lowest bits of the number first
  std::uint32_t firstValue = 0, valueCount = 0, valueStride = 1;
  /// Blocks that share the field, beside this one: it is shown with each of them and stored once. 1: this block's own;
  /// 0: all blocks of the tensor.
  std::uint32_t sharedBy = 1;

  std::uint32_t bits() const;
  bool speaksOf(std::uint32_t value) const;
};

/// Every bit of a block belongs to exactly one field. GGUF types: scales first, then what weights are made of, in the
/// order of their values. Other layouts: see fieldsOf(Format).
struct BlockFields {
  std::uint32_t bytes = 0;   ///< of one block, shared fields included
  std::uint32_t values = 0;  ///< that the block holds
  std::vector<BlockField> fields;
  std::vector<std::uint32_t> fieldOfBit;  ///< 8 · bytes indices into `fields`
};

/// The fields of a stored type: a GGUF block (decodable here or not), or one element of a plain type. Empty for
/// Unknown. Source: ggml 0.25.1 (ggml-common.h), as the layouts of the decoders (ggml_legacy.h, k_quants.h, …).
const BlockFields& fieldsOf(tensor::DType dtype);

/// The fields of `values` consecutive weights that share a scale (or code book), each on whole bytes, in this order:
///   what the tensor shares   offset of nested scales; scale of NVFP4
///   what 256 scales share    their maximum (8-bit scales; nested scales)
///   what the group has       its scale, or its code book; its zero-point and 0 bits up to a whole byte
///   the codes                `values` codes, lowest bits first (bitsandbytes: even values in high nibbles), and 0 bits
///   up
///                            to a whole byte
/// The codes are the bits of the payload; there a row is padded, not a group. How often the shared parts are stored is
/// a matter of the tensor (BlockField::sharedBy; StoredSize).
/// A format whose blocks are those of a GGUF type gives the fields of that type; plain elements are `values` of them.
/// @param values > 0
BlockFields fieldsOf(const Format& format, std::uint32_t values);
/// The same for the codes of a tensor, which a file may have stored in ways that no format of ours writes.
BlockFields fieldsOf(const QuantizedTensor& tensor, std::uint32_t values);

/// The bits of a field, shifted together. @pre the block has as many bytes as its fields say
std::uint64_t bitsOf(const BlockField& field, std::span<const std::byte> block);
/// Sets the bits of a field; bits above the field's are ignored.
void setBits(const BlockField& field, std::uint64_t bits, std::span<std::byte> block);
/// The number that the bits are read as; NaN for Bits.
double numberOf(const BlockField& field, std::uint64_t bits);

}  // namespace core::quant
