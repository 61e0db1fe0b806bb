#include "app/session/quantization_settings.h"

#include <algorithm>

#include "core/quant/format.h"
#include "core/quant/pack/compressed_tensors.h"
#include "core/quant/pack/integer_codes.h"

namespace app {

using core::model::TensorRole;
using core::quant::ActivationName;
using core::quant::FolderLayout;
using core::quant::Granularity;
using core::quant::Scheme;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view kHead = "lm_head";

/// −1 is one group for a whole row.
int groupSize(const Scheme& scheme) {
  const auto& grouping = scheme.format.grouping;
  return grouping.granularity == Granularity::Group ? static_cast<int>(grouping.size) : -1;
}

std::string torchName(core::quant::ComputeType type) {
  switch (type) {
    case core::quant::ComputeType::Fp16:
      return "float16";
    case core::quant::ComputeType::Bf16:
      return "bfloat16";
    default:
      return "float32";
  }
}

Json bitsandbytes(const Scheme& scheme, const std::vector<std::string>& skipped) {
  const bool isEight = scheme.format.name == core::quant::FormatName::LlmInt8;
  const bool isDouble = scheme.format.doubleQuantization == core::quant::DoubleQuantization::On;
  return {{"_load_in_4bit", !isEight},
          {"_load_in_8bit", isEight},
          {"bnb_4bit_compute_dtype", torchName(scheme.compute)},
          {"bnb_4bit_quant_storage", "uint8"},
          {"bnb_4bit_quant_type", isEight ? "fp4" : std::string(toString(scheme.format.name))},
          {"bnb_4bit_use_double_quant", isDouble},
          {"llm_int8_enable_fp32_cpu_offload", false},
          {"llm_int8_has_fp16_weight", false},
          {"llm_int8_skip_modules", skipped},
          {"llm_int8_threshold", isEight ? static_cast<double>(scheme.activations.threshold) : 6.0},
          {"load_in_4bit", !isEight},
          {"load_in_8bit", isEight},
          {"quant_method", "bitsandbytes"}};
}

/// A regular expression that matches the name and nothing else.
std::string exactly(const std::string& name) {
  std::string expression = "-:^";
  for (const char c : name) {
    if (c == '.') expression += '\\';
    expression += c;
  }
  return expression + '$';
}

Json gptq(const Scheme& scheme, bool isSecond, const std::vector<std::string>& skipped) {
  Json settings = {{"bits", core::quant::codeBits(scheme.format.name)},
                   {"group_size", groupSize(scheme)},
                   {"damp_percent", scheme.method.damping},
                   {"desc_act", isReordered(scheme)},
                   {"static_groups", scheme.method.staticGroups == core::quant::StaticGroups::On},
                   {"sym", scheme.format.zeroPoint == core::quant::ZeroPoint::Off},
                   {"true_sequential", false},
                   {"lm_head", std::ranges::find(skipped, kHead) == skipped.end()},
                   {"model_name_or_path", nullptr},
                   {"model_file_base_name", "model"},
                   {"quant_method", "gptq"},
                   {"checkpoint_format", isSecond ? "gptq_v2" : "gptq"}};
  // GPTQ packs the Linear layers of all blocks; rules that begin with "-:" leave some out (GPTQModel, vLLM).
  Json rules = Json::object();
  for (const std::string& module : skipped)
    if (module != kHead) rules[exactly(module)] = Json::object();
  if (!rules.empty()) settings["dynamic"] = std::move(rules);
  return settings;
}

Json awq(const Scheme& scheme, const std::vector<std::string>& skipped) {
  return {{"quant_method", "awq"},
          {"bits", core::quant::codeBits(scheme.format.name)},
          {"group_size", groupSize(scheme)},
          {"zero_point", true},
          {"version", "gemm"},
          {"modules_to_not_convert", skipped.empty() ? Json(nullptr) : Json(skipped)}};
}

Json arguments(std::uint32_t bits, bool isFloat, bool isSymmetric, const char* strategy, bool isDynamic) {
  return {{"num_bits", bits},
          {"type", isFloat ? "float" : "int"},
          {"symmetric", isSymmetric},
          {"strategy", strategy},
          {"group_size", nullptr},
          {"block_structure", nullptr},
          {"dynamic", isDynamic},
          {"actorder", nullptr},
          {"observer", isDynamic ? Json(nullptr) : Json("minmax")},
          {"observer_kwargs", Json::object()}};
}

Json weightArguments(const Scheme& scheme) {
  const auto& format = scheme.format;
  const auto family = core::quant::family(format.name);
  const bool isFloat = family != core::quant::Family::Integer;
  const bool isSymmetric = format.zeroPoint == core::quant::ZeroPoint::Off;
  Json weights = arguments(core::quant::codeBits(format.name), isFloat, isSymmetric, "channel", false);
  switch (format.grouping.granularity) {
    case Granularity::Tensor:
      weights["strategy"] = "tensor";
      break;
    case Granularity::Tile:
      weights["strategy"] = "block";
      weights["block_structure"] = Json::array({format.grouping.size, format.grouping.size});
      break;
    case Granularity::Group:
      weights["strategy"] = format.name == core::quant::FormatName::NvE2M1 ? "tensor_group" : "group";
      weights["group_size"] = format.grouping.size;
      break;
    default:
      break;
  }
  if (scheme.method.name == core::quant::MethodName::Gptq && scheme.method.actOrder == core::quant::ActOrder::On)
    weights["actorder"] = isReordered(scheme) ? "group" : "weight";
  return weights;
}

Json inputArguments(const Scheme& scheme) {
  switch (scheme.activations.name) {
    case ActivationName::Int8Dynamic:
      return arguments(8, false, true, "token", true);
    case ActivationName::Int8Static:
      return arguments(8, false, false, "tensor", false);
    case ActivationName::Fp8Dynamic:
      return arguments(8, true, true, "token", true);
    case ActivationName::Fp8Static:
      return arguments(8, true, true, "tensor", false);
    default:
      return nullptr;
  }
}

Json compressedTensors(const Scheme& scheme, const std::vector<std::string>& skipped) {
  const Json group = {{"targets", Json::array({"Linear"})},
                      {"weights", weightArguments(scheme)},
                      {"input_activations", inputArguments(scheme)},
                      {"output_activations", nullptr}};
  return {{"config_groups", {{"group_0", group}}},
          {"format", std::string(core::quant::toString(core::quant::compressedFormat(scheme)))},
          {"global_compression_ratio", nullptr},
          {"ignore", skipped},
          {"kv_cache_scheme", nullptr},
          {"quant_method", "compressed-tensors"},
          {"quantization_status", "compressed"}};
}

/// Whether a matrix is a Linear layer's: what looks rows up is none.
bool isLinear(const QuantizedFileRow& row, const NewTensor& tensor) {
  const TensorRole role = row.decision.place.role;
  return tensor.shape.rank() == 2 && tensor.name.ends_with(".weight") && role != TensorRole::Embedding &&
         role != TensorRole::Position && role != TensorRole::Norm;
}

}  // namespace

std::vector<std::string> modulesLeftAsTheyAre(const WritingPlan& plan, const std::vector<QuantizedFileRow>& rows) {
  std::vector<std::string> modules;
  bool hasHead = false;
  for (const NewWeight& weight : plan.weights) {
    const NewTensor& tensor = weight.tensors.front();
    hasHead = hasHead || tensor.name.starts_with(kHead);
    if (weight.isPacked || !weight.row || !isLinear(rows[*weight.row], tensor)) continue;
    modules.push_back(tensor.name.substr(0, tensor.name.size() - std::string_view(".weight").size()));
  }
  if (!hasHead) modules.insert(modules.begin(), std::string(kHead));  // tied: a Linear layer all the same
  return modules;
}

Json quantizationSettings(FolderLayout layout, const Scheme& scheme, const std::vector<std::string>& skipped) {
  switch (layout) {
    case FolderLayout::Bitsandbytes:
      return bitsandbytes(scheme, skipped);
    case FolderLayout::Gptq:
    case FolderLayout::GptqV2:
      return gptq(scheme, layout == FolderLayout::GptqV2, skipped);
    case FolderLayout::Awq:
      return awq(scheme, skipped);
    case FolderLayout::CompressedTensors:
      return compressedTensors(scheme, skipped);
    case FolderLayout::Plain:
      break;
  }
  return nullptr;
}

}  // namespace app
