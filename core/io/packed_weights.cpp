#include "core/io/packed_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace core::io {

namespace {

using Endings = std::initializer_list<std::string_view>;

/// How one family names its tensors: BASE + `codes` holds codes when one of BASE + `marks` exists; the marks and BASE +
/// `others` then belong to them.
struct Rule {
  std::string_view program;  ///< who stores codes this way; empty where many do
  std::string_view codes;
  Endings marks;
  Endings others;
  std::optional<PackedLayout> (*layout)(const PackedTensor&);
};

const std::initializer_list<Rule>& rules() {
  static const std::initializer_list<Rule> kRules = {
      {"bitsandbytes",
       "",
       {".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4", ".absmax"},
       {".quant_map", ".nested_absmax", ".nested_quant_map"},
       bitsandbytes4},
      {"bitsandbytes", ".weight", {".SCB"}, {".weight_format"}, bitsandbytes8},
      {"GPTQ or AWQ", ".qweight", {".scales"}, {".qzeros", ".g_idx", ".perm", ".channel_scale"}, gptqOrAwq},
      {"compressed-tensors",
       ".weight_packed",
       {".weight_scale"},
       {".weight_shape", ".weight_zero_point", ".weight_g_idx", ".weight_global_scale", ".input_global_scale",
        ".input_scale", ".input_zero_point"},
       compressedTensors},
      {"",
       ".weight",
       {".weight_scale", ".weight_scale_inv", ".weight_scales", ".scale_weight", ".scale"},
       {".weight_scale_2", ".weight_zero_point", ".weight_global_scale", ".weight_shape", ".input_scale",
        ".input_zero_point", ".input_global_scale", ".output_scale", ".scale_input", ".pre_quant_scale",
        ".activation_scale"},
       scaledWeight},
      {"", "", {"_scale", "_scale_inv"}, {"_input_scale", "_scale_2"}, scaledExperts},
      {"gpt-oss", "_blocks", {"_scales"}, {}, mxfp4Blocks},
      {"HQQ",
       ".W_q",
       {".scale", ".meta", ".nbits"},
       {".zero", ".group_size", ".shape", ".axis", ".packing", ".unpack_view_dtype", ".view_as_float", ".compute_dtype",
        ".encoded_state_dict", ".stores_quant_config", ".channel_wise", ".optimize", ".round_zero", ".quant_scale",
        ".quant_zero", ".offload_meta"},
       hqq},
      {"MLX", ".weight", {".scales"}, {".biases"}, mlx},
      {"ExLlamaV2",
       ".q_weight",
       {".q_scale"},
       {".q_scale_max", ".q_groups", ".q_perm", ".q_invperm", ".q_group_map"},
       exllama2},
      {"ExLlamaV3", ".trellis", {".suh", ".su"}, {".svh", ".sv", ".mcg", ".mul1"}, exllama3},
      {"quanto", ".weight._data", {".weight._scale"}, {".weight._shift", ".input_scale", ".output_scale"}, quanto},
      {"AQLM", ".codes", {".codebooks"}, {".scales"}, aqlm},
  };
  return kRules;
}

class Marker {
 public:
  Marker(std::span<TensorInfo> tensors, const PackedTensor::Index& index, const Metadata& metadata,
         const PackedTensor::BytesOf& bytesOf)
      : m_tensors(tensors), m_index(index), m_metadata(metadata), m_bytesOf(bytesOf) {}

  void mark(std::size_t index) {
    for (const Rule& rule : rules()) {
      if (apply(rule, index)) return;
    }
  }

 private:
  bool apply(const Rule& rule, std::size_t index) {
    const std::string& name = m_tensors[index].name;
    if (name.size() <= rule.codes.size() || !name.ends_with(rule.codes)) return false;
    const std::string base = name.substr(0, name.size() - rule.codes.size());
    const bool isMarked = std::any_of(rule.marks.begin(), rule.marks.end(),
                                      [&](std::string_view ending) { return find(base, ending) != nullptr; });
    if (!isMarked) return false;
    const auto layout = rule.layout(PackedTensor(m_tensors[index], base, m_tensors, m_index, m_metadata, m_bytesOf));
    if (!layout) return false;
    setCodes(m_tensors[index], *layout, rule.program);
    for (const Endings& endings : {rule.marks, rule.others}) {
      for (const std::string_view ending : endings) {
        if (TensorInfo* const side = find(base, ending)) setSide(*side, m_tensors[index]);
      }
    }
    return true;
  }

  static void setCodes(TensorInfo& codes, const PackedLayout& layout, std::string_view program) {
    codes.typeName = layout.typeName;
    codes.shape = layout.shape;
    codes.parameters = layout.shape.checkedCount().value_or(0);
    codes.assembly = layout.assembly;
    if (layout.assembly != Assembly::None) return;
    codes.unreadable = fmt::format(
        "it holds codes ({}){}{} that become weights only with the scales beside them, which is not supported yet",
        layout.typeName, program.empty() ? "" : " of ", program);
  }

  static void setSide(TensorInfo& side, const TensorInfo& codes) {
    side.parameters = 0;
    if (codes.assembly != Assembly::None) side.pieceOf = codes.name;
    side.unreadable =
        "it belongs to packed codes and holds no weights itself";  // the same for all: lists group by reason
  }

  TensorInfo* find(const std::string& base, std::string_view ending) const {
    m_name.assign(base).append(ending);
    const auto found = m_index.find(m_name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
  }

  std::span<TensorInfo> m_tensors;
  const PackedTensor::Index& m_index;
  const Metadata& m_metadata;
  const PackedTensor::BytesOf& m_bytesOf;
  mutable std::string m_name;  ///< keeps its capacity from look-up to look-up
};

}  // namespace

void markPackedWeights(std::span<TensorInfo> tensors, const PackedTensor::Index& index, const Metadata& metadata,
                       const PackedTensor::BytesOf& bytesOf) {
  Marker marker(tensors, index, metadata, bytesOf);
  for (std::size_t i = 0; i < tensors.size(); ++i) marker.mark(i);
}

}  // namespace core::io
