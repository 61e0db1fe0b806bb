#include "core/model/config_writing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/model/architectures/architecture.h"
#include "core/model/config_gguf.h"
#include "core/model/config_hugging_face.h"
#include "core/model/config_reading.h"

namespace core::model {

namespace {

using io::FileFormat;

bool isGguf(FileFormat format) { return format == FileFormat::Gguf; }
FileFormat otherThan(FileFormat format) { return isGguf(format) ? FileFormat::Safetensors : FileFormat::Gguf; }

bool hasFactorTensor(const Architecture& architecture) {
  return std::ranges::find(architecture.weights, WeightKind::RopeFactors, &WeightRow::kind) !=
         architecture.weights.end();
}

/// Which of its types a folder is of.
std::size_t typeOf(const ModelConfig& config) {
  return config.slidingWindow != 0 ? config.architecture->windowedType : 0;
}

void writeSizes(const ModelConfig& config, const SizeNames& names, ConfigWriter& writer) {
  writer.integer(names.layers, config.layers);
  writer.integer(names.context, config.contextLength);
  writer.integer(names.width, config.width);
  writer.integer(names.feedForward, config.feedForward);
  writer.integer(names.heads, config.heads);
  writer.integer(names.kvHeads, config.kvHeads);
  writer.integer(names.headSize, config.headSize);
  if (names.valueHeadSize != nullptr) writer.integer(names.valueHeadSize, config.valueHeadSize);
  writer.real(names.normEpsilon, asDecimal(config.normEpsilon));
  writer.integer("vocab_size", config.vocabulary);
  writer.real(names.ropeBase, asDecimal(config.ropeBase));
}

void describeGguf(const ModelConfig& config, ConfigWriter& writer) {
  writeSizes(config, kGgufSizes, writer);
  writer.integer("rope.dimension_count", config.ropeDimensions);
  if (config.slidingWindow != 0) writer.integer("attention.sliding_window", config.slidingWindow);
  const bool isYarn = config.ropeScaling == RopeScaling::Yarn;
  if (config.ropeScaling != RopeScaling::Linear && !isYarn) return;
  writer.text("rope.scaling.type", isYarn ? "yarn" : "linear");
  writer.real("rope.scaling.factor", asDecimal(config.ropeFactor));
  if (!isYarn) return;
  writer.integer("rope.scaling.original_context_length", config.ropeOriginalContext);
  writer.real("rope.scaling.yarn_beta_fast", asDecimal(config.ropeFastTurns));
  writer.real("rope.scaling.yarn_beta_slow", asDecimal(config.ropeSlowTurns));
  // What the type itself multiplies by is not said.
  writer.real("rope.scaling.attn_factor", asDecimal(config.ropeMagnitude / yarnMagnitude(config.ropeFactor)));
}

std::string_view activationName(Activation activation) {
  return activation == Activation::GeluTanh ? "gelu_pytorch_tanh" : "silu";
}

void describeYarn(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer("rope_scaling.original_max_position_embeddings", config.ropeOriginalContext);
  writer.real("rope_scaling.beta_fast", asDecimal(config.ropeFastTurns));
  writer.real("rope_scaling.beta_slow", asDecimal(config.ropeSlowTurns));
  writer.real("rope_scaling.attention_factor", asDecimal(config.ropeMagnitude));
  writer.flag("rope_scaling.truncate", config.hasWholeRopeBounds);
}

void describeFolder(const ModelConfig& config, ConfigWriter& writer) {
  const Architecture& architecture = *config.architecture;
  if (!architecture.folderClasses.empty())
    writer.texts("architectures", architecture.folderClasses.subspan(typeOf(config), 1));
  writer.text("model_type", architectureName(config, FileFormat::Safetensors));
  writeSizes(config, kFolderSizes, writer);
  writer.text("hidden_act", activationName(architecture.activation));
  // Gemma's classes ask for it under this name.
  if (architecture.activation != Activation::Silu)
    writer.text("hidden_activation", activationName(architecture.activation));
  if (typeOf(config) != 0) writer.integer("sliding_window", config.slidingWindow);
  if (config.ropeScaling == RopeScaling::None) return;
  const bool isLinear = config.ropeScaling == RopeScaling::Linear, isYarn = config.ropeScaling == RopeScaling::Yarn;
  writer.text("rope_scaling.rope_type", isLinear ? "linear" : isYarn ? "yarn" : "llama3");
  writer.real("rope_scaling.factor", asDecimal(config.ropeFactor));
  if (isYarn) return describeYarn(config, writer);
  if (isLinear) return writer.text("rope_scaling.type", "linear");
  writer.real("rope_scaling.high_freq_factor", asDecimal(config.ropeHighFrequencyFactor));
  writer.real("rope_scaling.low_freq_factor", asDecimal(config.ropeLowFrequencyFactor));
  writer.integer("rope_scaling.original_max_position_embeddings", config.ropeOriginalContext);
}

/// What a reader sees of a file that says this.
class DescribedModel final : public io::Checkpoint {
 public:
  DescribedModel(const ModelConfig& config, FileFormat format, const ConfigWriter& words) {
    m_name = "the new model";
    m_format = format;
    m_architecture = architectureName(config, format);
    m_metadata = words.metadata();
  }

 private:
  std::span<const std::byte> fileContents(std::uint32_t) const override { return {}; }
};

ModelConfig readBack(const ModelConfig& config, FileFormat format, const ConfigWriter& words) {
  const DescribedModel model(config, format, words);
  ModelConfig back;
  back.architecture = config.architecture;
  back.vocabulary = config.vocabulary;
  isGguf(format) ? readGgufConfig(model, back) : readHuggingFaceConfig(model, back);
  return back;
}

/// Numbers that were rounded to floats, or turned over and back, are the same.
bool isSame(const io::MetadataValue& a, const io::MetadataValue* b) {
  if (b == nullptr || a.index() != b->index()) return false;
  if (const auto* const number = std::get_if<double>(&a)) {
    constexpr double kRounding = 1e-6;
    return std::abs(*number - std::get<double>(*b)) <= kRounding * std::abs(*number);
  }
  if (const auto* const list = std::get_if<io::MetadataArray>(&a))
    return std::ranges::equal(list->encoded(), std::get<io::MetadataArray>(*b).encoded());
  return io::toDisplayText(a) == io::toDisplayText(*b);
}

/// An entry that the other description does not have, or has otherwise.
const io::MetadataEntry* findDifference(const io::Metadata& words, const io::Metadata& others) {
  for (const io::MetadataEntry& entry : words.entries())
    if (!isSame(entry.value, others.find(entry.key))) return &entry;
  return nullptr;
}

/// A key that an architecture reads in a way of its own, and has no way to write.
std::optional<std::string_view> keyWithoutWriter(const Architecture& architecture, FileFormat format) {
  const bool reads = (isGguf(format) ? architecture.readGguf : architecture.readFolder) != nullptr;
  const bool writes = (isGguf(format) ? architecture.writeGguf : architecture.writeFolder) != nullptr;
  const auto& keys = isGguf(format) ? architecture.ggufKeys : architecture.folderKeys;
  return reads && !writes && !keys.empty() ? std::optional(keys.front()) : std::nullopt;
}

/// What is computed, but described in no file that is written here yet.
std::optional<std::string> undescribed(const ModelConfig& config) {
  const Architecture& architecture = *config.architecture;
  const auto isInAnotherForm = [](const WeightRow& row) { return row.form != FolderForm::Same || row.gguf.empty(); };
  if (architecture.hasLayerNorms || architecture.hasExperts ||
      std::ranges::any_of(architecture.weights, isInAnotherForm))
    return fmt::format("its architecture is {}", architecture.huggingFace.front());
  if (config.attentionGrowth != 0.0F) return fmt::format("attention.temperature_scale is {}", config.attentionGrowth);
  if (config.ropeScaling == RopeScaling::LongRope) return "rope_scaling.rope_type is longrope";
  if (config.ropeScaling != RopeScaling::Yarn && config.ropeMagnitude != 1.0F)
    return fmt::format("rope.scaling.attn_factor is {}", config.ropeMagnitude);
  return std::nullopt;
}

}  // namespace

std::string_view architectureName(const ModelConfig& config, FileFormat format) {
  return isGguf(format) ? config.architecture->gguf.front() : config.architecture->huggingFace[typeOf(config)];
}

ConfigWriter describeConfig(const ModelConfig& config, FileFormat format) {
  ConfigWriter writer(isGguf(format) ? fmt::format("{}.", architectureName(config, format)) : "config.");
  isGguf(format) ? describeGguf(config, writer) : describeFolder(config, writer);
  writeRows(config, format, writer);
  const auto own = isGguf(format) ? config.architecture->writeGguf : config.architecture->writeFolder;
  if (own != nullptr) own(config, writer);
  return writer;
}

std::optional<std::string> findUnsaid(const ModelConfig& config, FileFormat format) {
  if (auto unsaid = undescribed(config)) return unsaid;
  if (const auto key = keyWithoutWriter(*config.architecture, format)) return fmt::format("{} may be set there", *key);
  ModelConfig said = config;
  if (isGguf(format) && said.ropeScaling == RopeScaling::Llama3 && hasFactorTensor(*said.architecture))
    said.ropeScaling = RopeScaling::None;  // by the tensor
  const ModelConfig back = readBack(said, format, describeConfig(said, format));
  for (const FileFormat words : {otherThan(format), format}) {
    const ConfigWriter wanted = describeConfig(said, words), found = describeConfig(back, words);
    const io::MetadataEntry* entry = findDifference(wanted.metadata(), found.metadata());
    if (entry == nullptr) entry = findDifference(found.metadata(), wanted.metadata());
    if (entry != nullptr) return fmt::format("{} is {}", entry->key, io::toDisplayText(entry->value));
  }
  return std::nullopt;
}

}  // namespace core::model
