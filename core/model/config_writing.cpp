#include "core/model/config_writing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config_gguf.h"
#include "core/model/config_hugging_face.h"
#include "core/model/config_reading.h"

namespace core::model {

namespace {

using io::FileFormat;

bool isGguf(FileFormat format) { return format == FileFormat::Gguf; }
FileFormat otherThan(FileFormat format) { return isGguf(format) ? FileFormat::Safetensors : FileFormat::Gguf; }

bool hasWeight(const Architecture& architecture, WeightKind kind) {
  return std::ranges::find(architecture.weights, kind, &WeightRow::kind) != architecture.weights.end();
}

/// Which of its types a folder is of.
std::size_t typeOf(const ModelConfig& config) {
  return config.architecture->folderType == nullptr ? 0 : config.architecture->folderType(config);
}

void writeSizes(const ModelConfig& config, const SizeNames& names, ConfigWriter& writer) {
  writer.integer(names.layers, config.layers);
  writer.integer(names.context, config.contextLength);
  writer.integer(names.width, config.width);
  writer.real(names.normEpsilon, asDecimal(config.normEpsilon));
  writer.integer("vocab_size", config.vocabulary);
  if (!config.architecture->hasAttention) return;
  writer.integer(names.feedForward, config.feedForward);
  writer.integer(names.heads, config.heads);
  if (names.kvHeads != nullptr) writer.integer(names.kvHeads, config.kvHeads);
  if (names.headSize != nullptr) writer.integer(names.headSize, config.headSize);
  if (names.valueHeadSize != nullptr) writer.integer(names.valueHeadSize, config.valueHeadSize);
  if (names.ropeBase != nullptr) writer.real(names.ropeBase, asDecimal(config.ropeBase));
}

/// What is not in a layer of every model.
void writeGgufParts(const ModelConfig& config, ConfigWriter& writer) {
  if (!config.feedForwards.empty()) writer.integers(kGgufSizes.feedForward, config.feedForwards);
  if (config.slidingWindow != 0) writer.integer("attention.sliding_window", config.slidingWindow);
  if (config.experts != 0) writeExperts(config, kGgufExperts, writer);
  const RecurrentSizes& sizes = config.recurrent;
  if (sizes.keyHeads == 0) return;
  writer.integer("ssm.conv_kernel", sizes.taps);
  writer.integer("ssm.state_size", sizes.keySize);
  writer.integer("ssm.group_count", sizes.keyHeads);
  writer.integer("ssm.time_step_rank", sizes.heads);
  writer.integer("ssm.inner_size", sizes.valueWidth());
}

void describeGguf(const ModelConfig& config, ConfigWriter& writer) {
  const Architecture& architecture = *config.architecture;
  SizeNames names = kGgufSizes;
  if (architecture.hasLayerNorms) names.normEpsilon = "attention.layer_norm_epsilon";
  const bool turns = architecture.folderSizes.ropeBase != nullptr;
  if (!turns) names.ropeBase = nullptr;
  writeSizes(config, names, writer);
  writeGgufParts(config, writer);
  if (!architecture.hasAttention) {
    writer.integer(names.feedForward, 0);
    return writer.integer(names.heads, 0);
  }
  if (!turns) return;
  writer.integer("rope.dimension_count", config.ropeDimensions);
  if (config.ropeScaling == RopeScaling::LongRope) {
    writer.text("rope.scaling.type", "longrope");
    writer.integer("rope.scaling.original_context_length", config.ropeOriginalContext);
    return writer.real("rope.scaling.attn_factor", asDecimal(config.ropeMagnitude));
  }
  const bool isYarn = config.ropeScaling == RopeScaling::Yarn;
  if (config.ropeScaling != RopeScaling::Linear && !isYarn) return;
  writer.text("rope.scaling.type", isYarn ? "yarn" : "linear");
  writer.real("rope.scaling.factor", asDecimal(config.ropeFactor));
  if (!isYarn) return;
  writer.integer("rope.scaling.original_context_length", config.ropeOriginalContext);
  writer.real("rope.scaling.yarn_beta_fast", asDecimal(config.ropeFastTurns));
  writer.real("rope.scaling.yarn_beta_slow", asDecimal(config.ropeSlowTurns));
  // What the type itself multiplies by is not said.
  const float usual = yarnMagnitude(config.ropeFactor), ofAll = architecture.ggufYarnLog;
  if (ofAll != 0.0F) writer.real("rope.scaling.yarn_log_multiplier", asDecimal(ofAll));
  writer.real("rope.scaling.attn_factor", asDecimal(config.ropeMagnitude * ((1.0F + (usual - 1.0F) * ofAll) / usual)));
}

std::string_view activationName(const Architecture& architecture) {
  if (architecture.activation != Activation::GeluTanh) return "silu";
  return architecture.folderActivation == "activation_function" ? "gelu_new" : "gelu_pytorch_tanh";
}

/// Says it inside of the object that describes rotary embedding.
class RopeWords {
 public:
  RopeWords(std::string_view object, ConfigWriter& writer) : m_object(object), m_writer(writer) {}
  void integer(const char* name, std::uint32_t value) { m_writer.integer(in(name), value); }
  void real(const char* name, float value) { m_writer.real(in(name), asDecimal(value)); }
  void text(const char* name, std::string_view value) { m_writer.text(in(name), value); }
  void flag(const char* name, bool value) { m_writer.flag(in(name), value); }
  void reals(const char* name, std::span<const float> values) { m_writer.reals(in(name), values); }

 private:
  std::string in(const char* name) const { return fmt::format("{}.{}", m_object, name); }

  std::string_view m_object;
  ConfigWriter& m_writer;
};

void describeYarn(const ModelConfig& config, RopeWords& words) {
  words.integer("original_max_position_embeddings", config.ropeOriginalContext);
  words.real("beta_fast", config.ropeFastTurns);
  words.real("beta_slow", config.ropeSlowTurns);
  words.real("attention_factor", config.ropeMagnitude);
  words.flag("truncate", config.hasWholeRopeBounds);
}

/// Old classes know the lists under these names alone and refuse an object of more, so that the magnitude is only said
/// where it is another than lengths of context make it.
void describeLongRope(const ModelConfig& config, RopeWords& words, ConfigWriter& writer) {
  words.text("type", "longrope");
  words.reals("short_factor", config.ropeShortFactors);
  words.reals("long_factor", config.ropeLongFactors);
  writer.integer("original_max_position_embeddings", config.ropeOriginalContext);
  const float usual = longRopeMagnitude(static_cast<double>(config.contextLength) / config.ropeOriginalContext,
                                        config.ropeOriginalContext);
  if (std::abs(config.ropeMagnitude - usual) > 1e-6F * usual) words.real("attention_factor", config.ropeMagnitude);
}

void describeFolderRope(const ModelConfig& config, ConfigWriter& writer) {
  const Architecture& architecture = *config.architecture;
  if (!architecture.hasAttention || architecture.folderSizes.ropeBase == nullptr || architecture.folderRope.empty())
    return;
  RopeWords words(architecture.folderRope, writer);
  const bool hasBaseInside = architecture.folderRope != Architecture().folderRope;
  if (hasBaseInside) words.real("rope_theta", config.ropeBase);
  switch (config.ropeScaling) {
    case RopeScaling::None:
      if (hasBaseInside) words.text("rope_type", "default");
      return;
    case RopeScaling::LongRope:
      return describeLongRope(config, words, writer);
    case RopeScaling::Yarn:
      words.text("rope_type", "yarn");
      words.real("factor", config.ropeFactor);
      return describeYarn(config, words);
    case RopeScaling::Linear:
      words.text("rope_type", "linear");
      words.real("factor", config.ropeFactor);
      return words.text("type", "linear");
    case RopeScaling::Llama3:
      words.text("rope_type", "llama3");
      words.real("factor", config.ropeFactor);
      words.real("high_freq_factor", config.ropeHighFrequencyFactor);
      words.real("low_freq_factor", config.ropeLowFrequencyFactor);
      return words.integer("original_max_position_embeddings", config.ropeOriginalContext);
  }
}

void describeFolder(const ModelConfig& config, ConfigWriter& writer) {
  const Architecture& architecture = *config.architecture;
  if (!architecture.folderClasses.empty())
    writer.texts("architectures", architecture.folderClasses.subspan(typeOf(config), 1));
  writer.text("model_type", architectureName(config, FileFormat::Safetensors));
  SizeNames names = architecture.folderSizes;
  if (architecture.folderRope != Architecture().folderRope) names.ropeBase = nullptr;  // inside of the object
  writeSizes(config, names, writer);
  writer.text(architecture.folderActivation, activationName(architecture));
  // Gemma's classes ask for it under this name.
  const bool isGelu = architecture.activation == Activation::GeluTanh;
  if (isGelu && architecture.folderActivation == Architecture().folderActivation)
    writer.text("hidden_activation", activationName(architecture));
  describeFolderRope(config, writer);
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
  if (!isGguf(format)) back.pooling = config.pooling;  // said beside config.json (pooling_settings.h)
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

/// What is computed, but described in no file that is written here.
std::optional<std::string> undescribed(const ModelConfig& config) {
  const bool isYarn = config.ropeScaling == RopeScaling::Yarn;
  // From the original context on, which only Yarn's words have.
  if (config.attentionGrowth != 0.0F && !isYarn)
    return fmt::format("attention.temperature_scale is {}", config.attentionGrowth);
  if (!isYarn && config.ropeScaling != RopeScaling::LongRope && config.ropeMagnitude != 1.0F)
    return fmt::format("rope.scaling.attn_factor is {}", config.ropeMagnitude);
  return std::nullopt;
}

/// Without what a GGUF file says by tensors: Llama 3's rule, which pairs stand still, LongRope's lists, where positions
/// begin. A folder of a model that has no such tensor says it in words or not at all.
ModelConfig saidByWords(ModelConfig config, FileFormat format) {
  if (!isGguf(format)) return config;
  config.firstPosition = 0;
  if (hasWeight(*config.architecture, WeightKind::RopeFactors)) {
    if (config.ropeScaling == RopeScaling::Llama3) config.ropeScaling = RopeScaling::None;
    config.ropeTurnedPairs = 0;
  }
  if (hasWeight(*config.architecture, WeightKind::RopeShortFactors)) {
    config.ropeShortFactors.clear();
    config.ropeLongFactors.clear();
  }
  // Programs that read such files know whole bounds alone, which whoever writes one is told (planWriting).
  config.hasWholeRopeBounds = true;
  return config;
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

ModelConfig asRead(const ModelConfig& config, FileFormat format) {
  const ModelConfig said = saidByWords(config, format);
  return readBack(said, format, describeConfig(said, format));
}

void describePresence(const io::Checkpoint& source, const ModelConfig& config, ConfigWriter& writer) {
  for (const PresenceWord& word : config.architecture->folderPresence) {
    std::size_t possible = 0, found = 0;
    for (std::uint32_t layer = 0; layer < config.layers; ++layer)
      for (const WeightRow& row : config.architecture->weights) {
        const bool isMeant = std::ranges::find(word.kinds, row.kind) != word.kinds.end() && !row.gguf.empty() &&
                             row.isIn(config, layer) && (word.isIn == nullptr || word.isIn(config, layer));
        possible += isMeant ? 1 : 0;
        found += isMeant && source.find(fmt::format("blk.{}.{}", layer, row.gguf)) ? 1 : 0;
      }
    if (found != 0 && found != possible)
      throw Error(ErrorCode::Unsupported,
                  fmt::format("Some layers of this model have what {} of config.json is about and some have not, for "
                              "which it has no words.",
                              word.key),
                  std::string(word.key));
    const bool isSet = (found != 0) != word.isAbsence;
    const auto sizes = writer.metadata().boolean(writer.prefix() + std::string(word.key));
    if (sizes.value_or(false) && !isSet)
      throw Error(
          ErrorCode::Unsupported,
          fmt::format("Its sizes need {} of config.json, and its weights are not those of such a model.", word.key),
          std::string(word.key));
    writer.flag(word.key, isSet);
  }
}

std::optional<std::string> findUnsaid(const ModelConfig& config, FileFormat format) {
  if (auto unsaid = undescribed(config)) return unsaid;
  if (const auto key = keyWithoutWriter(*config.architecture, format)) return fmt::format("{} may be set there", *key);
  const ModelConfig said = saidByWords(config, format);
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
