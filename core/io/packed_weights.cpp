#include "core/io/packed_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>

#include "core/io/packed_inputs.h"
#include "core/io/packed_layouts.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

using Endings = std::initializer_list<std::string_view>;

/// How one family names its tensors: BASE + `codes` holds codes when one of BASE + `marks` exists; the marks and BASE +
/// `others` then belong to them.
struct Rule {
  std::string_view program;  ///< who stores codes this way; empty where many do
  std::string_view codes;
  std::string_view weight;  ///< the ending that the model's weight has instead
  Endings marks;
  Endings others;
  std::optional<PackedLayout> (*layout)(const PackedTensor&);
};

const std::initializer_list<Rule>& rules() {
  static const std::initializer_list<Rule> kRules = {
      {"bitsandbytes",
       "",
       "",
       {".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4", ".absmax"},
       {".quant_map", ".nested_absmax", ".nested_quant_map"},
       bitsandbytes4},
      {"bitsandbytes", ".weight", ".weight", {".SCB"}, {".weight_format"}, bitsandbytes8},
      {"GPTQ or AWQ", ".qweight", ".weight", {".scales"}, {".qzeros", ".g_idx", ".perm", ".channel_scale"}, gptqOrAwq},
      {"compressed-tensors",
       ".weight_packed",
       ".weight",
       {".weight_scale"},
       {".weight_shape", ".weight_zero_point", ".weight_g_idx", ".weight_global_scale", ".input_global_scale",
        ".input_scale", ".input_zero_point", ".k_scale", ".v_scale"},
       compressedTensors},
      {"",
       ".weight",
       ".weight",
       {".weight_scale", ".weight_scale_inv", ".weight_scales", ".scale_weight", ".scale"},
       {".weight_scale_2", ".weight_zero_point", ".weight_global_scale", ".weight_shape", ".input_scale",
        ".input_zero_point", ".input_global_scale", ".output_scale", ".scale_input", ".pre_quant_scale",
        ".activation_scale", ".k_scale", ".v_scale"},
       scaledWeight},
      {"", "", "", {"_scale", "_scale_inv"}, {"_input_scale", "_scale_2"}, scaledExperts},
      {"gpt-oss", "_blocks", "", {"_scales"}, {}, mxfp4Blocks},
      {"HQQ",
       ".W_q",
       ".weight",
       {".scale", ".meta", ".nbits"},
       {".zero", ".group_size", ".shape", ".axis", ".packing", ".unpack_view_dtype", ".view_as_float", ".compute_dtype",
        ".encoded_state_dict", ".stores_quant_config", ".channel_wise", ".optimize", ".round_zero", ".quant_scale",
        ".quant_zero", ".offload_meta"},
       hqq},
      {"MLX", ".weight", ".weight", {".scales"}, {".biases"}, mlx},
      {"ExLlamaV2",
       ".q_weight",
       ".weight",
       {".q_scale"},
       {".q_scale_max", ".q_groups", ".q_perm", ".q_invperm", ".q_group_map"},
       exllama2},
      {"ExLlamaV3", ".trellis", ".weight", {".suh", ".su"}, {".svh", ".sv", ".mcg", ".mul1"}, exllama3},
      {"quanto",
       ".weight._data",
       ".weight",
       {".weight._scale"},
       {".weight._shift", ".input_scale", ".output_scale"},
       quanto},
      {"AQLM", ".codes", ".weight", {".codebooks"}, {".scales"}, aqlm},
  };
  return kRules;
}

bool isFloat(const TensorInfo& tensor) {
  using tensor::DType;
  return tensor.dtype <= DType::F8E5M2;
}

/// Whether the program that stored the model scales every matrix of FP8 or INT8 elements.
bool scalesElements(const QuantizationConfig& config) {
  constexpr std::string_view kPrograms[] = {"fp8", "fbgemm_fp8", "compressed-tensors", "modelopt", "bitsandbytes"};
  return std::ranges::find(kPrograms, config.text("quant_method")) != std::end(kPrograms);
}

class Marker {
 public:
  Marker(std::span<TensorInfo> tensors, const PieceTable& table)
      : m_tensors(tensors), m_table(table), m_scalesElements(scalesElements(table.config)) {}

  void mark(std::size_t index) {
    for (const Rule& rule : rules()) {
      if (apply(rule, index)) return;
    }
    markIncomplete(m_tensors[index]);
  }

  PackedFindings take() {
    const bool hasCacheScales =
        std::ranges::any_of(m_tensors, [](const TensorInfo& tensor) { return isCacheScale(tensor.name); });
    if (hasCacheScales || m_table.config.number("kv_cache_scheme.num_bits"))
      m_findings.warnings.emplace_back(
          "The program that stored the model keeps keys and values in 8 bits; here that is chosen apart from the "
          "model.");
    for (const auto& [how, count] : m_notes) {
      m_findings.warnings.push_back(
          fmt::format("The program that stored {} quantizes {} inputs {}; here these inputs stay floats.",
                      count == 1 ? "a weight" : fmt::format("{} weights", count), count == 1 ? "its" : "their", how));
    }
    return std::move(m_findings);
  }

 private:
  /// What is packed, by its name or by the config, though nothing beside it says how.
  void markIncomplete(TensorInfo& tensor) const {
    using tensor::DType;
    if (isFloat(tensor) && tensor.dtype != DType::F8E4M3 && tensor.dtype != DType::F8E5M2) return;
    for (const Rule& rule : rules()) {
      const bool isNamedSo = !rule.codes.empty() && rule.codes != ".weight" && tensor.name.ends_with(rule.codes);
      if (isNamedSo && tensor.unreadable.empty())
        tensor.unreadable = fmt::format("it holds codes of {}, and their scales are missing", rule.program);
    }
    const bool isMatrix = tensor.storedShape.rank() > 1 && tensor.name.ends_with(".weight");
    if (isMatrix && m_scalesElements && tensor.unreadable.empty())
      tensor.unreadable = "its elements become weights only with scales, says quantization_config, and it has none";
  }

  bool apply(const Rule& rule, std::size_t index) {
    TensorInfo& codes = m_tensors[index];
    if (codes.name.size() <= rule.codes.size() || !codes.name.ends_with(rule.codes)) return false;
    const std::string base = codes.name.substr(0, codes.name.size() - rule.codes.size());
    const bool isMarked = std::any_of(rule.marks.begin(), rule.marks.end(),
                                      [&](std::string_view ending) { return find(base, ending) != nullptr; });
    if (!isMarked) return false;
    const PackedTensor tensor(codes, base, m_table);
    auto layout = rule.layout(tensor);
    if (!layout) return false;
    const std::string name = base + std::string(rule.weight);
    if (layout->assembly != Assembly::None && name != codes.name && find(name, "") != nullptr) {
      layout->assembly = Assembly::None;
      layout->problem = fmt::format("the file has a tensor {}, too, which would be their name", inQuotes(name));
    }
    setCodes(codes, *layout, rule.program);
    if (codes.assembly != Assembly::None) {
      if (name != codes.name) m_findings.names.emplace_back(index, name);
      if (PackedInputs inputs = packedInputs(tensor); !inputs.note.empty()) ++m_notes[std::move(inputs.note)];
    }
    for (const Endings& endings : {rule.marks, rule.others}) {
      for (const std::string_view ending : endings) {
        if (TensorInfo* const side = find(base, ending); side != nullptr && side != &codes) setSide(*side, codes, name);
      }
    }
    return true;
  }

  static void setCodes(TensorInfo& codes, const PackedLayout& layout, std::string_view program) {
    codes.typeName = layout.typeName;
    codes.shape = layout.shape;
    codes.parameters = layout.shape.checkedCount().value_or(0);
    codes.assembly = layout.assembly;
    codes.unreadable.clear();  // codes may lie in elements of any type
    if (layout.assembly != Assembly::None) return;
    codes.unreadable =
        fmt::format("it holds codes ({}){}{} that ", layout.typeName, program.empty() ? "" : " of ", program);
    if (layout.problem.empty())
      codes.unreadable += "become weights only with the scales beside them, which is not supported yet";
    else
      codes.unreadable += fmt::format("cannot become weights: {}", layout.problem);
  }

  static void setSide(TensorInfo& side, const TensorInfo& codes, const std::string& weight) {
    side.parameters = 0;
    if (codes.assembly != Assembly::None) side.pieceOf = weight;
    if (codes.assembly != Assembly::None && isFloat(side)) return;
    side.unreadable =
        "it belongs to packed codes and holds no weights itself";  // the same for all: lists group by reason
  }

  TensorInfo* find(const std::string& base, std::string_view ending) const {
    m_name.assign(base).append(ending);
    const TensorInfo* const found = m_table.find(m_name);
    return found == nullptr ? nullptr : &m_tensors[static_cast<std::size_t>(found - m_tensors.data())];
  }

  std::span<TensorInfo> m_tensors;
  const PieceTable& m_table;
  bool m_scalesElements;  ///< elements of 8 bits are never weights by themselves
  PackedFindings m_findings;
  std::map<std::string, std::size_t> m_notes;  ///< how inputs are quantized → weights
  mutable std::string m_name;                  ///< keeps its capacity from look-up to look-up
};

}  // namespace

bool isCacheScale(std::string_view name) {
  constexpr std::string_view kEndings[] = {"attn.k_scale",       "attn.v_scale",   "attn.q_scale",
                                           "k_proj.k_scale",     "v_proj.v_scale", "k_proj.output_scale",
                                           "v_proj.output_scale"};
  return std::ranges::any_of(kEndings, [name](std::string_view ending) { return name.ends_with(ending); });
}

std::vector<std::uint64_t> weightBytes(const Checkpoint& checkpoint) {
  const auto tensors = checkpoint.tensors();
  std::vector<std::uint64_t> bytes(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto whole = tensors[i].pieceOf.empty() ? std::nullopt : checkpoint.find(tensors[i].pieceOf);
    bytes[whole.value_or(i)] += tensors[i].bytes;
  }
  return bytes;
}

PackedFindings markPackedWeights(std::span<TensorInfo> tensors,
                                 const std::unordered_map<std::string_view, std::size_t>& index,
                                 const Metadata& metadata,
                                 const std::function<std::span<const std::byte>(const TensorInfo&)>& bytesOf) {
  const PieceTable table{[&](std::string_view name) -> const TensorInfo* {
                           const auto found = index.find(name);
                           return found == index.end() ? nullptr : &tensors[found->second];
                         },
                         bytesOf, QuantizationConfig(metadata)};
  Marker marker(tensors, table);
  for (std::size_t i = 0; i < tensors.size(); ++i) marker.mark(i);
  return marker.take();
}

}  // namespace core::io
