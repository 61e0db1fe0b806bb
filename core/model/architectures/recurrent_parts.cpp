#include "core/model/architectures/recurrent_parts.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMostRecurrentHeads = 1024, kMostRecurrentKeySize = 256;

/// Writes the values of one layer.
class Part {
 public:
  Part(DecoderParts& parts, std::uint32_t layer)
      : m_parts(parts), m_layer(layer), m_builder(parts.builder()), m_block(parts.block(layer)) {}

  std::string name(const char* name) const { return fmt::format("blk.{}.{}", m_layer, name); }
  ValueId project(const char* name, ValueId x, WeightKind weight) { return m_parts.project(name, m_layer, x, weight); }
  ValueId slice(const char* name, ValueId x, std::uint32_t first, std::uint32_t width) {
    return m_builder.slice(this->name(name), x, {first}, width);
  }
  ValueId map(const char* name, ValueId x, Map::Function function) {
    return m_builder.map(this->name(name), x, {function});
  }
  ValueId columns(const char* name, ValueId x, const MapColumns& columns) {
    return m_builder.mapColumns(this->name(name), x, columns);
  }
  ValueId glu(const char* name, ValueId gate, ValueId x, Activation activation) {
    return m_builder.glu(this->name(name), gate, x, activation);
  }
  ValueId convolved(const char* name, ValueId x) {
    return m_builder.shortConv(this->name(name), x, (*this)[WeightKind::Convolution],
                               (*this)[WeightKind::ConvolutionBias]);
  }
  const quant::QuantizedTensorPtr& operator[](WeightKind kind) const { return m_block[kind]; }
  GraphBuilder& builder() { return m_builder; }
  const ModelConfig& config() const { return m_parts.config(); }

 private:
  DecoderParts& m_parts;
  std::uint32_t m_layer;
  GraphBuilder& m_builder;
  const WeightSet& m_block;
};

/// How much of the past stays: e^(factor · step), step = softplus(x + bias) being how long a token lasts.
struct Forgetting {
  ValueId step, decay;
};
Forgetting forgetting(Part& part, ValueId x) {
  const ValueId step = part.columns("ssm_step", x, {nullptr, part[WeightKind::DecayBias], {Map::Function::Softplus}});
  return {step, part.columns("ssm_decay", step, {part[WeightKind::DecayFactor], nullptr, {Map::Function::Exp}})};
}

}  // namespace

ValueId shortConvolution(DecoderParts& parts, std::uint32_t layer, ValueId in) {
  Part part(parts, layer);
  const std::uint32_t width = parts.config().width;
  const ValueId all = part.project("shortconv_in", in, WeightKind::RecurrentInput);
  const ValueId b = part.slice("shortconv_b", all, 0, width), c = part.slice("shortconv_c", all, width, width),
                x = part.slice("shortconv_x", all, 2 * width, width);
  const ValueId convolved = part.convolved("shortconv_conv", part.glu("shortconv_bx", b, x, Activation::None));
  return part.project("shortconv_out", part.glu("shortconv_gated", c, convolved, Activation::None),
                      WeightKind::RecurrentOutput);
}

ValueId gatedDeltaNet(DecoderParts& parts, std::uint32_t layer, ValueId in) {
  Part part(parts, layer);
  const RecurrentSizes& sizes = parts.config().recurrent;
  const std::uint32_t keys = sizes.keyWidth();
  const ValueId mixed = part.project("ssm_qkv", in, WeightKind::RecurrentInput);
  const ValueId gate = part.project("ssm_gate", in, WeightKind::RecurrentGate);
  const ValueId strength =
      part.map("ssm_strength", part.project("ssm_beta", in, WeightKind::Strength), Map::Function::Sigmoid);
  const ValueId decay = forgetting(part, part.project("ssm_alpha", in, WeightKind::Decay)).decay;
  const ValueId convolved = part.map("ssm_conv_silu", part.convolved("ssm_conv", mixed), Map::Function::Silu);
  LinearAttention attention;
  attention.heads = sizes.heads;
  attention.keyHeads = sizes.keyHeads;
  attention.keySize = sizes.keySize;
  attention.valueSize = sizes.valueSize;
  attention.scale = 1.0F / std::sqrt(static_cast<float>(sizes.keySize));
  attention.isDelta = true;
  attention.normEpsilon = 1e-6F;
  attention.order = sizes.order;
  const ValueId query = part.slice("ssm_q", convolved, 0, keys), key = part.slice("ssm_k", convolved, keys, keys),
                value = part.slice("ssm_v", convolved, 2 * keys, sizes.valueWidth());
  const ValueId made =
      part.builder().linearAttention(part.name("ssm_heads"), {query, key, value, decay, strength}, attention);
  const ValueId normed =
      part.builder().rmsNorm(part.name("ssm_norm"), made, part[WeightKind::RecurrentNorm], parts.config().normEpsilon);
  return part.project("ssm_out", part.glu("ssm_gated", gate, normed, Activation::Silu), WeightKind::RecurrentOutput);
}

ValueId stateSpace(DecoderParts& parts, std::uint32_t layer, ValueId in) {
  Part part(parts, layer);
  const RecurrentSizes& sizes = parts.config().recurrent;
  const std::uint32_t keys = sizes.keyWidth(), values = sizes.valueWidth();
  const ValueId all = part.project("ssm_in", in, WeightKind::RecurrentInput);
  const ValueId gate = part.slice("ssm_z", all, 0, values);
  const ValueId mixed = part.slice("ssm_xbc", all, values, sizes.mixedWidth());
  const Forgetting forgets = forgetting(part, part.slice("ssm_dt", all, values + sizes.mixedWidth(), sizes.heads));
  const ValueId convolved = part.map("ssm_conv_silu", part.convolved("ssm_conv", mixed), Map::Function::Silu);
  const ValueId x = part.slice("ssm_x", convolved, 0, values), b = part.slice("ssm_b", convolved, values, keys),
                c = part.slice("ssm_c", convolved, values + keys, keys);
  LinearAttention attention;
  attention.heads = sizes.heads;
  attention.keyHeads = sizes.keyHeads;
  attention.keySize = sizes.keySize;
  attention.valueSize = sizes.valueSize;
  const ValueId made =
      part.builder().linearAttention(part.name("ssm_heads"), {c, b, x, forgets.decay, forgets.step}, attention);
  const ValueId skipped = part.columns("ssm_skip", x, {part[WeightKind::Skip], nullptr, {}});
  const ValueId gated =
      part.glu("ssm_gated", gate, part.builder().add(part.name("ssm_y"), made, skipped), Activation::Silu);
  // Each group of heads for itself, under its part of the weight.
  const float epsilon = parts.config().normEpsilon;
  const ValueId normed =
      sizes.keyHeads == 1
          ? part.builder().rmsNorm(part.name("ssm_norm"), gated, part[WeightKind::RecurrentNorm], epsilon)
          : part.columns("ssm_norm",
                         part.builder().plainNorm(part.name("ssm_group_norm"), gated, values / sizes.keyHeads, epsilon),
                         {part[WeightKind::RecurrentNorm], nullptr, {}});
  return part.project("ssm_out", normed, WeightKind::RecurrentOutput);
}

void readRecurrent(const ConfigKeys& keys, const RecurrentNames& names, const RecurrentSizes& defaults,
                   ModelConfig& config) {
  const auto orNone = [](std::uint32_t value) { return value == 0 ? std::nullopt : std::optional(value); };
  RecurrentSizes& sizes = config.recurrent;
  sizes.taps = keys.integer(names.taps, orNone(defaults.taps), 2, kMostTaps);
  sizes.heads = keys.integer(names.heads, orNone(defaults.heads), 1, kMostRecurrentHeads);
  sizes.keyHeads = keys.integer(names.keyHeads, orNone(defaults.keyHeads), 1, kMostRecurrentHeads);
  sizes.keySize = keys.integer(names.keySize, orNone(defaults.keySize), 1, kMostRecurrentKeySize);
  if (sizes.heads % sizes.keyHeads != 0)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of heads that keep a state ({}) should be a multiple of that of their keys "
                            "({}).",
                            sizes.heads, sizes.keyHeads),
                keys(names.keyHeads));
}

bool readLayerKinds(const ConfigKeys& keys, std::string_view recurrent, std::string_view attention,
                    ModelConfig& config) {
  const std::vector<std::string> kinds = keys.wordsPerLayer("layer_types", config.layers);
  for (std::uint32_t layer = 0; layer < kinds.size(); ++layer) {
    if (kinds[layer] != recurrent && kinds[layer] != attention)
      throw Error(
          ErrorCode::Unsupported,
          fmt::format("Layer {} is of the kind {}, which cannot be computed yet.", layer, io::inQuotes(kinds[layer])),
          keys("layer_types"));
    config.isRecurrent[layer] = kinds[layer] == recurrent ? 1 : 0;
  }
  return !kinds.empty();
}

void writeLayerKinds(std::string_view recurrent, std::string_view attention, const ModelConfig& config,
                     ConfigWriter& writer) {
  std::vector<std::string_view> kinds;
  for (const std::uint32_t isRecurrent : config.isRecurrent) kinds.push_back(isRecurrent != 0 ? recurrent : attention);
  writer.texts("layer_types", kinds);
}

}  // namespace core::model
