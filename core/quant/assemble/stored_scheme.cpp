#include "core/quant/assemble/stored_scheme.h"

#include <algorithm>
#include <cmath>

#include "core/io/packed_inputs.h"

namespace core::quant {

namespace {

ActivationName activationOf(io::PackedInputs::Kind kind) {
  using Kind = io::PackedInputs::Kind;
  switch (kind) {
    case Kind::None:
      return ActivationName::None;
    case Kind::Int8Dynamic:
      return ActivationName::Int8Dynamic;
    case Kind::Int8Static:
      return ActivationName::Int8Static;
    case Kind::Fp8Dynamic:
      return ActivationName::Fp8Dynamic;
    case Kind::Fp8Static:
      return ActivationName::Fp8Static;
    case Kind::LlmInt8:
      return ActivationName::LlmInt8;
  }
  return ActivationName::None;
}

FormatName integerFormat(std::uint32_t bits) {
  return static_cast<FormatName>(static_cast<std::uint32_t>(FormatName::Int8) + 8 - bits);
}

}  // namespace

void setScheme(QuantizedTensor& out, const Scheme& scheme) {
  if (scheme.problem().empty()) out.scheme = scheme;
}

Scheme schemeOf(FormatName name, const Grouping& grouping, ScaleType scales) {
  Scheme scheme = Scheme::defaults(name);
  scheme.format.grouping = grouping;
  scheme.format.scaleType = scales;
  return scheme;
}

Scheme integerScheme(const Uniform& codes, MethodName method, ActOrder order) {
  Scheme scheme = schemeOf(integerFormat(codes.bits), codes.grouping, codes.scaleType);
  scheme.method.name = method;
  scheme.method.actOrder = order;
  const bool isAffine = !codes.zeroPoints.empty() || method == MethodName::Hqq;
  scheme.method.range = isAffine ? RangeMethod::MinMax : RangeMethod::Absmax;
  scheme.format.zeroPoint = !isAffine ? ZeroPoint::Off : method == MethodName::Hqq ? ZeroPoint::Float : ZeroPoint::On;
  return scheme;
}

void setZeroPoints(Uniform& codes, std::vector<float> zeros) {
  const float first = zeros.empty() ? 0.0F : zeros.front();
  const bool isOne = first == std::trunc(first) && std::abs(first) <= 256.0F &&
                     std::ranges::all_of(zeros, [first](float zero) { return zero == first; });
  if (isOne) {
    codes.qmin -= static_cast<std::int32_t>(first);
    return;
  }
  codes.zeroPoints = std::move(zeros);
  if (codes.zeroPointBits == 0) codes.zeroPointBits = codes.bits;
}

void setInputs(const io::PackedTensor& stored, QuantizedTensor& out) {
  const io::PackedInputs inputs = io::packedInputs(stored);
  const InputQuantizer quantizer{activationOf(inputs.kind), inputs.scale, inputs.zeroPoint, inputs.threshold};
  if (quantizer.name == ActivationName::None) return;
  if (out.scheme) {
    Scheme scheme = *out.scheme;
    scheme.activations.name = quantizer.name;
    if (quantizer.name == ActivationName::LlmInt8) scheme.activations.threshold = quantizer.threshold;
    if (!scheme.problem().empty()) return;  // integers that no kernel multiplies with such weights
    out.scheme = scheme;
  } else if (quantizer.makesCodes()) {
    return;
  }
  out.input = quantizer;
}

}  // namespace core::quant
