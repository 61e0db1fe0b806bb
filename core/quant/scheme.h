#pragma once
#include <string>
#include <string_view>

#include "core/quant/compute_type.h"
#include "core/quant/format.h"

namespace core::quant {

/// How the range of a group becomes scale and zero-point (Integer family; formulas in uniform.h).
enum class RangeMethod : std::uint8_t { Absmax, MinMax, Percentile, Mse };

enum class MethodName : std::uint8_t {
  RoundToNearest,   ///< "rtn": each value for itself, within the range chosen
  ImportanceMatrix  ///< "imatrix": the squared error of a column counts by how large its inputs are
};

/// How the codes of a format are chosen.
struct Method {
  MethodName name = MethodName::RoundToNearest;
  RangeMethod range = RangeMethod::Absmax;  ///< Integer family
  double percentile = 99.9;                 ///< RangeMethod::Percentile: over 50, at most 100

  bool operator==(const Method&) const = default;
};

/// What to do to a tensor, as a value: a format, a method, and what the products with it run in. It parses from its
/// canonical text, prints to it, compares equal by it. Text form: `format[:key=value[,key=value…]]`, lower case, keys
/// in any order when parsed, printed in canonical order (group, block, scale, range, p, zero, scales, base, double,
/// method, compute), defaults omitted. Examples: "int4", "int4:group=64,range=minmax", "int8:group=tensor",
/// "nf4:block=128,double=on", "log4:base=1.5", "fp8_e4m3:scale=row", "q4_k:method=imatrix", "nf4:compute=bf16".
struct Scheme {
  Format format;
  Method method;
  ComputeType compute = ComputeType::Fp32;

  /// @throws Error (InvalidArgument) with a sentence naming the offending word and what is allowed.
  static Scheme parse(std::string_view text);
  /// A format's name and nothing else.
  static Scheme defaults(FormatName name);
  std::string toString() const;
  /// One sentence why this is no scheme that a text could express (options of another family, no group size); empty
  /// when it is one.
  std::string problem() const;
  /// For people: "INT4 · 32", "NF4 · 64 · dq", "Q4_0", "BF16".
  std::string displayName() const;
  bool operator==(const Scheme&) const = default;
};

}  // namespace core::quant
