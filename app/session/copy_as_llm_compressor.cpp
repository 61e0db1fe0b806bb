// Recipes of llm-compressor, which writes compressed-tensors.
#include <fmt/format.h>

#include "app/session/copy_as_targets.h"

namespace app::copy_as {

namespace {

using core::quant::ActivationName;
using core::quant::Family;
using core::quant::FormatName;
using core::quant::Granularity;
using core::quant::MethodName;
using core::quant::RangeMethod;
using core::quant::Scheme;

/// How scales are shared, as QuantizationArgs says it; empty: it does not.
std::string strategyOf(const Scheme& scheme) {
  const core::quant::Grouping& grouping = scheme.format.grouping;
  switch (grouping.granularity) {
    case Granularity::Tensor:
      return "\"strategy\": \"tensor\"";
    case Granularity::Row:
      return "\"strategy\": \"channel\"";
    case Granularity::Group:
      return fmt::format("\"strategy\": \"group\", \"group_size\": {}", grouping.size);
    case Granularity::Tile:
      return fmt::format("\"strategy\": \"block\", \"block_structure\": [{0}, {0}]", grouping.size);
    default:
      return {};
  }
}

/// Of the inputs, beginning with a comma; empty: they stay floats.
std::string inputsOf(const Scheme& scheme, std::vector<std::string>& notes) {
  const auto args = [](const char* type, const char* rest) {
    return fmt::format(",\n        \"input_activations\": {{\"num_bits\": 8, \"type\": \"{}\", {}}}", type, rest);
  };
  if (scheme.activations.isStatic() && scheme.activations.range != core::quant::ActivationRange::MinMax)
    notes.emplace_back(
        "The range of inputs is the least to the largest of the text there: percentile and entropy have no key.");
  switch (scheme.activations.name) {
    case ActivationName::Int8Dynamic:
      return args("int", "\"symmetric\": True, \"strategy\": \"token\", \"dynamic\": True");
    case ActivationName::Int8Static:
      return args("int", "\"symmetric\": False, \"strategy\": \"tensor\"");
    case ActivationName::Fp8Dynamic:
      return args("float", "\"symmetric\": True, \"strategy\": \"token\", \"dynamic\": True");
    case ActivationName::Fp8Static:
      return args("float", "\"symmetric\": True, \"strategy\": \"tensor\"");
    default:
      return {};
  }
}

/// A preset that says all of it; empty where there is none.
std::string presetOf(const Scheme& scheme) {
  const std::string text = scheme.toString();
  struct Preset {
    const char *scheme, *name;
  };
  constexpr Preset kPresets[] = {{"nv_e2m1", "NVFP4A16"},
                                 {"mx_e2m1", "MXFP4A16"},
                                 {"mx_e4m3", "MXFP8A16"},
                                 {"int4:group=128", "W4A16"},
                                 {"int4:group=128,range=minmax", "W4A16_ASYM"},
                                 {"int8:activations=int8_dynamic", "W8A8"},
                                 {"fp8_e4m3:scale=row,activations=fp8_dynamic", "FP8_DYNAMIC"},
                                 {"fp8_e4m3:scale=tensor,activations=fp8_static", "FP8"}};
  for (const Preset& preset : kPresets)
    if (text == preset.scheme) return preset.name;
  return {};
}

std::string whyNot(const Scheme& scheme) {
  const Family family = core::quant::family(scheme.format.name);
  if (scheme.method.name == MethodName::Hqq) return "llm-compressor has no HQQ.";
  if (scheme.method.name == MethodName::ImportanceMatrix) return "llm-compressor knows no importance matrix.";
  if (!presetOf(scheme).empty()) return {};
  if (family == Family::Microscaling) return "compressed-tensors has MXFP4, MXFP8 (E4M3) and NVFP4 of these.";
  if (family == Family::ScaledFloat) {
    if (scheme.format.name != FormatName::Fp8E4M3) return "compressed-tensors' FP8 is E4M3.";
    return strategyOf(scheme).empty() ? "compressed-tensors' FP8 has a scale." : std::string();
  }
  if (family != Family::Integer) return "compressed-tensors holds integers, FP8, MX and NVFP4 only.";
  if (strategyOf(scheme).empty()) return "It has scales of the tensor, of rows, groups or tiles.";
  if (scheme.format.zeroPoint == core::quant::ZeroPoint::Float) return "Its zero-points are integers.";
  if (scheme.method.range == RangeMethod::Percentile) return "It clips no percentile.";
  return {};
}

std::string weightsOf(const Scheme& scheme, std::vector<std::string>& notes) {
  const bool isInteger = core::quant::family(scheme.format.name) == Family::Integer;
  const bool isSymmetric = scheme.format.zeroPoint == core::quant::ZeroPoint::Off;
  std::string text = fmt::format("\"num_bits\": {}, \"type\": \"{}\", \"symmetric\": {}, {}",
                                 core::quant::codeBits(scheme.format.name), isInteger ? "int" : "float",
                                 isSymmetric ? "True" : "False", strategyOf(scheme));
  if (scheme.method.actOrder == core::quant::ActOrder::On) text += ", \"actorder\": \"group\"";
  if (scheme.method.range == RangeMethod::Mse) {
    text += ", \"observer\": \"mse\"";
    notes.emplace_back("Its search for the range of least squared error tries other ranges.");
  }
  if (scheme.format.scaleType == core::quant::ScaleType::UInt8)
    notes.emplace_back("Scales are not quantized themselves there.");
  return text;
}

/// The modifiers, from the first that is applied.
std::string modifiersOf(const Scheme& scheme, const std::string& what) {
  const core::quant::Method& method = scheme.method;
  const auto modifier = [&](const char* name, const std::string& more) {
    return fmt::format("{}(\n    targets=[\"Linear\"],\n    ignore=[\"lm_head\"],\n    {},{}\n)", name, what, more);
  };
  if (method.name == MethodName::Gptq)
    return modifier("GPTQModifier", fmt::format("\n    dampening_frac={},", method.damping));
  if (method.name == MethodName::Awq) return modifier("AWQModifier", "");
  const std::string rounding = modifier("QuantizationModifier", "");
  if (method.name != MethodName::SmoothQuant) return rounding;
  return fmt::format("[SmoothQuantModifier(smoothing_strength={}), {}]", method.smoothing, rounding);
}

std::string importsOf(const Scheme& scheme) {
  std::string text = "from llmcompressor import oneshot\n";
  switch (scheme.method.name) {
    case MethodName::Gptq:
      return text + "from llmcompressor.modifiers.quantization import GPTQModifier\n";
    case MethodName::Awq:
      return text + "from llmcompressor.modifiers.awq import AWQModifier\n";
    case MethodName::SmoothQuant:
      text += "from llmcompressor.modifiers.smoothquant import SmoothQuantModifier\n";
      break;
    default:
      break;
  }
  return text + "from llmcompressor.modifiers.quantization import QuantizationModifier\n";
}

}  // namespace

Copied llmCompressor(const Scheme& scheme) {
  if (std::string why = whyNot(scheme); !why.empty()) return impossible(CopyTarget::LlmCompressor, std::move(why));
  Copied result{CopyTarget::LlmCompressor, {}, {}};
  std::string what = presetOf(scheme);
  if (!what.empty()) {
    what = fmt::format("scheme=\"{}\"", what);
  } else {
    const std::string weights = weightsOf(scheme, result.notes), inputs = inputsOf(scheme, result.notes);
    what = fmt::format(
        "config_groups={{\"group_0\": {{\n        \"targets\": [\"Linear\"],\n        \"weights\": {{{}}}{}}}}}",
        weights, inputs);
  }
  const bool looksAtData = scheme.method.name == MethodName::Gptq || scheme.method.name == MethodName::Awq ||
                           scheme.method.name == MethodName::SmoothQuant || scheme.activations.isStatic();
  result.text = fmt::format("{}\nrecipe = {}\noneshot(model=\"MODEL\", recipe=recipe,{} output_dir=\"FOLDER\")\n",
                            importsOf(scheme), modifiersOf(scheme, what), looksAtData ? " dataset=\"DATASET\"," : "");
  if (core::quant::family(scheme.format.name) == Family::Integer &&
      scheme.format.zeroPoint == core::quant::ZeroPoint::Off)
    result.notes.emplace_back("Symmetric integers have one code more below zero there than in this scheme.");
  return result;
}

}  // namespace app::copy_as
