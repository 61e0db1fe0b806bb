#include "app/session/folder_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "app/session/quantization_settings.h"
#include "app/session/tokenizer_files.h"
#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;
using core::model::ModelConfig;
using core::tensor::DType;
using Json = nlohmann::ordered_json;

namespace {

/// What a folder has beside weights and config.json that is as true of the new one.
constexpr const char* kCarriedOver[] = {
    "generation_config.json",   "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json",        "vocab.json",     "merges.txt",      "chat_template.json",    "chat_template.jinja",
    "preprocessor_config.json", "README.md",      "LICENSE"};

/// Bytes of a vocabulary that are no UTF-8 become U+FFFD: JSON has no other.
std::string textOf(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

/// How deep settings may be nested: printing them goes as deep.
constexpr int kMostLevels = 100;

std::optional<std::string> contentsOf(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  const core::io::MappedFile file(path);
  const auto bytes = file.contents();
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Json parsed(const std::string& text, const fs::path& path) {
  try {
    bool isDeep = false;
    const auto withinLevels = [&isDeep](int depth, Json::parse_event_t, const Json&) {
      isDeep = isDeep || depth > kMostLevels;
      return !isDeep;
    };
    Json json = Json::parse(text, withinLevels);
    if (json.is_object() && !isDeep) return json;
  } catch (const nlohmann::json::exception&) {
  }
  throw Error(ErrorCode::InvalidFile,
              fmt::format("{} is no JSON object of at most 100 levels, so it cannot be carried over.",
                          core::io::inQuotes(path.string())));
}

/// The type that most values of the new plain matrices have, as torch calls it.
std::string plainType(const WritingPlan& plan) {
  std::map<DType, std::uint64_t> values;
  for (const NewWeight& weight : plan.weights)
    if (!weight.isPacked && weight.tensors.front().shape.rank() >= 2)
      values[weight.tensors.front().dtype] += weight.tensors.front().shape.count();
  const auto most =
      std::max_element(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const DType type = most == values.end() ? DType::F32 : most->first;
  return type == DType::F16 ? "float16" : type == DType::BF16 ? "bfloat16" : type == DType::F32 ? "float32" : "";
}

void setQuantization(Json& config, const WritingPlan& plan, const std::vector<QuantizedFileRow>& rows) {
  config.erase("quantization_config");
  config.erase("compression_config");
  if (const auto* scheme = packedScheme(plan, rows))
    config["quantization_config"] = quantizationSettings(*plan.kind.layout, *scheme, modulesLeftAsTheyAre(plan, rows));
}

// From a folder

std::vector<FolderFile> carriedOver(const core::io::Checkpoint& source, const WritingPlan& plan,
                                    const std::vector<QuantizedFileRow>& rows) {
  const fs::path folder = source.files().front().parent_path();
  std::vector<FolderFile> files;
  const auto text = contentsOf(folder / "config.json");
  if (!text)
    throw Error(ErrorCode::Unsupported, fmt::format("{} has no config.json beside it, which a folder needs.",
                                                    core::io::inQuotes(source.name())));
  Json config = parsed(*text, folder / "config.json");
  setQuantization(config, plan, rows);
  // Only where everything is cast: packed weights keep what the model computes in.
  const std::string type = plainType(plan);
  if (plan.kind.layout == core::quant::FolderLayout::Plain && !type.empty())
    config[config.contains("dtype") ? "dtype" : "torch_dtype"] = type;
  files.push_back({"config.json", textOf(config)});
  for (const char* name : kCarriedOver)
    if (auto contents = contentsOf(folder / name)) files.push_back({name, std::move(*contents)});
  return files;
}

// From a GGUF file

/// Llama 3's scaling from the factors that frequencies are divided by: with the constants that all of its models have
/// but for the context they were first trained with, a power of two. Nothing where they come from another rule.
std::optional<ModelConfig> llama3Scaling(const ModelConfig& config, const std::vector<float>& factors) {
  ModelConfig plain = config;
  plain.ropeScaling = core::model::RopeScaling::None;
  ModelConfig scaled = plain;
  scaled.ropeScaling = core::model::RopeScaling::Llama3;
  scaled.ropeLowFrequencyFactor = 1.0F;
  scaled.ropeHighFrequencyFactor = 4.0F;
  scaled.ropeFactor = *std::max_element(factors.begin(), factors.end());
  const auto without = plain.ropeFrequencies();
  constexpr std::uint32_t kLeast = 32, kLargest = 1U << 20U;
  for (scaled.ropeOriginalContext = kLeast; scaled.ropeOriginalContext <= kLargest; scaled.ropeOriginalContext *= 2) {
    const auto with = scaled.ropeFrequencies();
    std::size_t same = 0;
    while (same < factors.size() && std::abs(without[same] / with[same] / factors[same] - 1.0F) < 1e-5F) ++same;
    if (same == factors.size()) return scaled;
  }
  return std::nullopt;
}

Json scalingOf(const core::io::Checkpoint& source, const ModelConfig& config) {
  const auto llama3 = [](const ModelConfig& scaled) -> Json {
    return {{"factor", scaled.ropeFactor},
            {"high_freq_factor", scaled.ropeHighFrequencyFactor},
            {"low_freq_factor", scaled.ropeLowFrequencyFactor},
            {"original_max_position_embeddings", scaled.ropeOriginalContext},
            {"rope_type", "llama3"}};
  };
  if (const auto index = source.find("rope_freqs.weight")) {
    const auto factors = core::quant::dequantize(*core::quant::loadTensor(source, *index));
    const auto scaled = factors.size() == config.ropeDimensions / 2 ? llama3Scaling(config, factors) : std::nullopt;
    if (!scaled)
      throw Error(ErrorCode::Unsupported,
                  "The factors in rope_freqs.weight are not those of Llama 3's rule, which config.json has words for.",
                  "rope_freqs.weight");
    return llama3(*scaled);
  }
  if (config.ropeScaling == core::model::RopeScaling::Linear)
    return {{"rope_type", "linear"}, {"type", "linear"}, {"factor", config.ropeFactor}};
  if (config.ropeScaling == core::model::RopeScaling::Llama3) return llama3(config);
  return nullptr;
}

/// Whether the attention's matrices have biases: all four of a block or none, which is all that config.json can say.
bool hasBiases(const core::io::Checkpoint& source) {
  const auto has = [&](const char* name) { return source.find(name).has_value(); };
  const bool some = has("blk.0.attn_q.bias") || has("blk.0.attn_k.bias") || has("blk.0.attn_v.bias");
  if (some != has("blk.0.attn_output.bias"))
    throw Error(ErrorCode::Unsupported,
                "Some of this model's attention matrices have biases and some have none, which config.json has no "
                "words for.",
                "blk.0.attn_output.bias");
  return some;
}

/// A float as people write it: the shortest decimal that is this float32.
double asWritten(float value) { return std::stod(fmt::format("{}", value)); }

Json configJson(const core::io::Checkpoint& source, const WritingPlan& plan,
                const core::text::VocabularyData& vocabulary) {
  const ModelConfig& config = *plan.config;
  const bool slides = config.slidingWindow != 0;
  if (config.valueHeadSize != config.headSize || config.ropeDimensions != config.headSize)
    throw Error(
        ErrorCode::Unsupported,
        "This model's heads have values, or rotated parts, of another size than its keys, which config.json has "
        "no words for.");
  Json json = {{"architectures", Json::array({slides ? "MistralForCausalLM" : "LlamaForCausalLM"})},
               {"attention_bias", hasBiases(source)},
               {"attention_dropout", 0.0},
               {"bos_token_id", vocabulary.bos ? Json(*vocabulary.bos) : Json(nullptr)},
               {"eos_token_id", vocabulary.eos ? Json(*vocabulary.eos) : Json(nullptr)},
               {"head_dim", config.headSize},
               {"hidden_act", "silu"},
               {"hidden_size", config.width},
               {"initializer_range", 0.02},
               {"intermediate_size", config.feedForward},
               {"max_position_embeddings", config.contextLength},
               {"mlp_bias", false},
               {"model_type", slides ? "mistral" : "llama"},
               {"num_attention_heads", config.heads},
               {"num_hidden_layers", config.layers},
               {"num_key_value_heads", config.kvHeads},
               {"rms_norm_eps", asWritten(config.normEpsilon)},
               {"rope_scaling", scalingOf(source, config)},
               {"rope_theta", asWritten(config.ropeBase)},
               {"tie_word_embeddings", !source.find("output.weight").has_value()},
               {"torch_dtype", plan.settings.dtype},
               {"use_cache", true},
               {"vocab_size", config.vocabulary}};
  if (slides) json["sliding_window"] = config.slidingWindow;
  const std::string type = plainType(plan);
  if (plan.kind.layout == core::quant::FolderLayout::Plain && !type.empty()) json["torch_dtype"] = type;
  return json;
}

Json generationJson(const core::text::VocabularyData& vocabulary) {
  Json ends = Json::array();
  if (vocabulary.eos) ends.push_back(*vocabulary.eos);
  for (const auto id : vocabulary.ends)
    if (vocabulary.eos != id) ends.push_back(id);
  Json json = {{"_from_model_config", true}};
  if (vocabulary.bos) json["bos_token_id"] = *vocabulary.bos;
  if (!ends.empty()) json["eos_token_id"] = ends.size() == 1 ? ends[0] : ends;
  if (vocabulary.padding) json["pad_token_id"] = *vocabulary.padding;
  return json;
}

std::vector<FolderFile> fromGguf(const core::io::Checkpoint& source, WritingPlan& plan,
                                 const std::vector<QuantizedFileRow>& rows) {
  const bool hasTokenizer = source.metadata().find("tokenizer.ggml.model") != nullptr;
  const auto vocabulary = hasTokenizer ? core::text::vocabularyOf(source) : core::text::VocabularyData();
  Json config = configJson(source, plan, vocabulary);
  setQuantization(config, plan, rows);
  std::vector<FolderFile> files = {{"config.json", textOf(config)},
                                   {"generation_config.json", textOf(generationJson(vocabulary))}};
  if (!hasTokenizer) {
    plan.notes.emplace_back("The source has no tokenizer, and so the folder has none.");
    return files;
  }
  const auto chat = source.metadata().string("tokenizer.chat_template");
  files.push_back({"tokenizer.json", textOf(tokenizerJson(vocabulary, plan.notes))});
  files.push_back({"tokenizer_config.json", textOf(tokenizerConfigJson(vocabulary, chat, plan.config->contextLength))});
  return files;
}

}  // namespace

std::vector<FolderFile> folderFiles(const core::io::Checkpoint& source, WritingPlan& plan,
                                    const std::vector<QuantizedFileRow>& rows) {
  auto files =
      source.format() == core::io::FileFormat::Gguf ? fromGguf(source, plan, rows) : carriedOver(source, plan, rows);
  const auto* const scheme = packedScheme(plan, rows);
  const bool isGptq =
      plan.kind.layout == core::quant::FolderLayout::Gptq || plan.kind.layout == core::quant::FolderLayout::GptqV2;
  if (scheme != nullptr && isGptq)
    files.push_back({"quantize_config.json",
                     textOf(quantizationSettings(*plan.kind.layout, *scheme, modulesLeftAsTheyAre(plan, rows)))});
  return files;
}

}  // namespace app
