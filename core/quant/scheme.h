#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace core::quant {

/// The first word of a scheme's text: number format or block type, and with it the family. The block types of GGUF
/// follow the enumerators: their names come from their codecs (scheme_table).
enum class SchemeName : std::uint8_t {
  Fp32,
  Fp16,
  Bf16,
  Fp8E4M3,
  Fp8E5M2,
  Int8,
  Int6,
  Int5,
  Int4,
  Int3,
  Int2,
  Nf4,
  Fp4
};

enum class Family : std::uint8_t { Cast, Integer, CodeBook, GgufBlock };

/// What shares one scale.
enum class Granularity : std::uint8_t { Tensor, Row, Group };

/// How the range of a group becomes scale and zero-point.
/// Absmax: symmetric, zero-point 0, levels −(2^(b−1)−1) … 2^(b−1)−1.
/// MinMax: affine, S = (max − min) / (qmax − qmin), Z = round(qmin − min / S), levels −2^(b−1) … 2^(b−1)−1; the range
/// is widened to contain 0, so that 0 is a level.
enum class RangeMethod : std::uint8_t { Absmax, MinMax };

enum class DoubleQuantization : std::uint8_t { Off, On };

/// What to do to a tensor, as a value. It parses from its canonical text, prints to it, compares equal by it.
/// Text form: `name[:key=value[,key=value…]]`, lower case, keys in any order when parsed, printed in canonical order
/// (group, range, block, double), defaults omitted. Examples: "int4", "int4:group=64,range=minmax",
/// "int8:group=tensor", "nf4", "nf4:block=128,double=on", "q4_0".
struct Scheme {
  SchemeName name = SchemeName::Fp32;
  Granularity granularity = Granularity::Row;  ///< Integer family
  std::uint32_t groupSize = 0;                 ///< Integer family with Granularity::Group, values along the row
  RangeMethod range = RangeMethod::Absmax;     ///< Integer family
  std::uint32_t blockSize = 0;                 ///< CodeBook family, values of the flattened tensor
  DoubleQuantization doubleQuantization = DoubleQuantization::Off;  ///< CodeBook family

  /// @throws Error (InvalidArgument) with a sentence naming the offending word and what is allowed.
  static Scheme parse(std::string_view text);
  /// The name's defaults: int8 group=row, narrower integers group=32, nf4/fp4 block=64 without double quantization.
  static Scheme defaults(SchemeName name);
  std::string toString() const;
  /// One sentence why this is no scheme that a text could express (options of another family, no group size); empty
  /// when it is one.
  std::string problem() const;
  /// For people: "INT4 · 32", "NF4 · 64 · dq", "Q4_0", "BF16".
  std::string displayName() const;
  bool operator==(const Scheme&) const = default;
};

Family family(SchemeName name);
std::string_view toString(SchemeName name);
/// Bits of one code: 32 for fp32 … 4 for int4/nf4; for GGUF block types the bits of the element code.
std::uint32_t codeBits(SchemeName name);

}  // namespace core::quant
