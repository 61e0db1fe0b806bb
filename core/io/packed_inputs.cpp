#include "core/io/packed_inputs.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/io/packed_checks.h"

namespace core::io {

namespace {

using tensor::DType;
using Kind = PackedInputs::Kind;

constexpr double kDefaultThreshold = 6.0;  // of bitsandbytes' config

/// A single finite number beside the codes; nothing when there is none.
std::optional<float> single(const PackedTensor& tensor, std::string_view ending) {
  const TensorInfo* const piece = tensor.beside(ending);
  if (piece == nullptr || piece->storedShape.checkedCount() != 1U) return std::nullopt;
  const std::span<const std::byte> bytes = tensor.bytes(*piece);
  float value = std::nanf("");
  if (piece->dtype == DType::F32) std::memcpy(&value, bytes.data(), sizeof(value));
  if (piece->dtype == DType::BF16) {
    std::uint16_t half = 0;
    std::memcpy(&half, bytes.data(), sizeof(half));
    value = std::bit_cast<float>(std::uint32_t{half} << 16);
  }
  if (piece->dtype == DType::I8) value = static_cast<float>(static_cast<std::int8_t>(bytes.front()));
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

PackedInputs noted(std::string how) { return {.note = std::move(how)}; }

/// One scale for all inputs, found beside the weight.
PackedInputs staticInputs(const PackedTensor& tensor, Kind kind) {
  const std::string_view what = kind == Kind::Int8Static ? "INT8" : "FP8";
  const auto scale = single(tensor, ".input_scale");
  if (!scale || *scale <= 0.0F) return noted(fmt::format("to {} with a static scale that is missing", what));
  PackedInputs inputs{.kind = kind, .scale = *scale};
  if (kind == Kind::Int8Static && tensor.beside(".input_zero_point") != nullptr) {
    const auto zero = single(tensor, ".input_zero_point");
    if (!zero || *zero < -128.0F || *zero > 127.0F || *zero != std::trunc(*zero))
      return noted("to INT8 with a zero-point that is no signed byte");
    inputs.zeroPoint = static_cast<std::int32_t>(*zero);
  }
  return inputs;
}

PackedInputs compressedTensorsInputs(const PackedTensor& tensor, const std::string& prefix) {
  const QuantizationConfig& config = tensor.config();
  const auto bits = config.number(prefix + "num_bits");
  if (!bits) return {};
  const std::string type = config.text(prefix + "type"), strategy = config.text(prefix + "strategy");
  const bool isFloat = type == "float", isSymmetric = config.flag(prefix + "symmetric").value_or(true);
  const std::string what = fmt::format("to {}{}", isFloat ? "FP" : "INT", *bits);
  if (*bits != 8) return noted(what);
  const std::string local = config.text(prefix + "dynamic");
  if (!local.empty()) return noted(fmt::format("{}, group by group", what));
  if (config.flag(prefix + "dynamic").value_or(false)) {
    if (!isSymmetric) return noted(fmt::format("{} with a zero-point for each token", what));
    if (strategy != "token" && !strategy.empty())
      return noted(fmt::format("{}, {}", what, strategy == "group" ? "group by group" : "a scale for all tokens"));
    return {.kind = isFloat ? Kind::Fp8Dynamic : Kind::Int8Dynamic};
  }
  if (strategy != "tensor" && !strategy.empty()) return noted(fmt::format("{} with more than one static scale", what));
  return staticInputs(tensor, isFloat ? Kind::Fp8Static : Kind::Int8Static);
}

/// FP8 of transformers, vLLM, FBGEMM and ModelOpt.
PackedInputs fp8Inputs(const PackedTensor& tensor) {
  const QuantizationConfig& config = tensor.config();
  const std::string scheme = config.text("activation_scheme"), method = config.text("quant_method");
  if (scheme == "static" || (scheme.empty() && tensor.beside(".input_scale") != nullptr))
    return staticInputs(tensor, Kind::Fp8Static);
  if (tensor.beside(".weight_scale_inv") != nullptr || !config.integers("weight_block_size").empty())
    return scheme == "dynamic" ? noted("to FP8, 128 at a time") : PackedInputs{};
  if (scheme == "dynamic" || method == "fbgemm_fp8") return {.kind = Kind::Fp8Dynamic};
  return {};
}

}  // namespace

PackedInputs packedInputs(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const QuantizationConfig& config = tensor.config();
  switch (codes.assembly) {
    case Assembly::Bitsandbytes8: {
      const double threshold = config.real("llm_int8_threshold").value_or(kDefaultThreshold);
      const bool isKnown = threshold >= 0.0 && threshold <= 1e6;
      return {.kind = Kind::LlmInt8, .threshold = static_cast<float>(isKnown ? threshold : kDefaultThreshold)};
    }
    case Assembly::PackedIntegers:
    case Assembly::ScaledElements:
    case Assembly::PackedFp4: {
      const std::string group = config.groupOf(tensor.base());
      if (!group.empty()) return compressedTensorsInputs(tensor, group + "input_activations.");
      if (isFp8(codes)) return fp8Inputs(tensor);
      const bool isFp4 = codes.assembly == Assembly::PackedFp4;
      if (isFp4 && (tensor.beside(".input_scale") != nullptr || tensor.beside(".input_global_scale") != nullptr))
        return noted("to FP4, group by group");
      return {};
    }
    default:
      return {};
  }
}

}  // namespace core::io
