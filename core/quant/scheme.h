#pragma once
#include <string>
#include <string_view>

#include "core/quant/activations.h"
#include "core/quant/compute_type.h"
#include "core/quant/format.h"

namespace core::quant {

/// How the range of a group becomes scale and zero-point (Integer family; formulas in uniform.h).
enum class RangeMethod : std::uint8_t { Absmax, MinMax, Percentile, Mse };

enum class MethodName : std::uint8_t {
  RoundToNearest,    ///< "rtn": each value for itself, within the range chosen
  ImportanceMatrix,  ///< "imatrix": the squared error of a column counts by how large its inputs are
  Gptq,              ///< "gptq": the error of a column is made up for by the columns after it (Frantar et al. 2023)
  Awq,               ///< "awq": columns with large inputs are multiplied before, the inputs divided (Lin et al. 2024)
  Hqq,               ///< "hqq": zero-points of least |error|^0.7, without any text (Badri and Shaji 2023)
  SmoothQuant        ///< "smooth": inputs are divided and columns multiplied until both are even (Xiao et al. 2023)
};

/// The order in which GPTQ takes the columns: as they lie, or those with the largest inputs first.
enum class ActOrder : std::uint8_t { Off, On };
/// Whether GPTQ chooses the scales of all groups before it changes a weight.
enum class StaticGroups : std::uint8_t { Off, On };
/// Whether AWQ searches for the range of every group once its columns are multiplied.
enum class Clip : std::uint8_t { Off, On };

/// How the codes of a format are chosen.
struct Method {
  MethodName name = MethodName::RoundToNearest;
  RangeMethod range = RangeMethod::Absmax;        ///< Integer family
  double percentile = 99.9;                       ///< RangeMethod::Percentile: over 50, at most 100
  ActOrder actOrder = ActOrder::Off;              ///< Gptq
  StaticGroups staticGroups = StaticGroups::Off;  ///< Gptq
  double damping = 0.01;                          ///< Gptq: added to the Hessian's diagonal, of its mean; > 0, ≤ 1
  Clip clip = Clip::On;                           ///< Awq
  double smoothing = 0.5;                         ///< SmoothQuant: α, 0 … 1

  bool operator==(const Method&) const = default;
};

/// What to do to a tensor, as a value: a format, a method, what becomes of the inputs it is multiplied with, and what
/// the products run in. It parses from its canonical text, prints to it, compares equal by it. Text form:
/// `format[:key=value[,key=value…]]`, lower case, keys in any order when parsed, printed in the order of
/// schemeOptions(), defaults omitted. Examples: "int4", "int4:group=64,range=minmax", "int8:group=tensor",
/// "nf4:block=128,double=on", "log4:base=1.5", "fp8_e4m3:scale=row", "q4_k:method=imatrix", "nf4:compute=bf16",
/// "int4:group=128,range=minmax,method=gptq,act_order=on", "int8:activations=int8_dynamic", "llm_int8". Other spellings
/// are read, too: "gptq:bits=4,group=128", "awq:…", "hqq:…" and "w8a8:activations=static" (scheme_spelling.h).
struct Scheme {
  Format format;
  Method method;
  Activations activations;
  ComputeType compute = ComputeType::Fp32;

  /// @throws Error (InvalidArgument) with a sentence naming the offending word and what is allowed.
  static Scheme parse(std::string_view text);
  /// A format's name and nothing else.
  static Scheme defaults(FormatName name);
  std::string toString() const;
  /// One sentence why this is no scheme that a text could express (options of another family, no group size); empty
  /// when it is one.
  std::string problem() const;
  /// For people: "INT4 · 32", "NF4 · 64 · dq", "Q4_0", "GPTQ · INT4 · 128".
  std::string displayName() const;
  bool operator==(const Scheme&) const = default;
};

}  // namespace core::quant
