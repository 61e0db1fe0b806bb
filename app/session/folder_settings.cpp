#include "app/session/folder_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/session/quantization_settings.h"
#include "app/session/tokenizer_files.h"
#include "core/base/error.h"
#include "core/io/input_files.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config_writing.h"
#include "core/model/pooling_settings.h"

namespace app {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;
using core::model::ModelConfig;
using core::tensor::DType;
using Json = nlohmann::ordered_json;

namespace {

// Of sentence-transformers: the steps from a text to its embedding, and how the first one reads it.
constexpr const char *kModulesFile = "modules.json", *kTextsFile = "sentence_bert_config.json";

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
  for (const char* name : core::io::kCarriedFiles)
    if (auto contents = contentsOf(folder / name)) files.push_back({name, std::move(*contents)});
  return files;
}

// From a GGUF file

Json jsonOf(const core::io::MetadataValue& value) {
  const auto* const list = std::get_if<core::io::MetadataArray>(&value);
  if (list != nullptr && list->elementType() == core::io::MetadataType::String) return list->strings();
  const bool areReals = list != nullptr && (list->elementType() == core::io::MetadataType::F32 ||
                                            list->elementType() == core::io::MetadataType::F64);
  if (areReals) return list->numbers();
  if (list != nullptr) return list->integers();
  return std::visit(
      [](const auto& stored) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(stored)>, core::io::MetadataArray>)
          return nullptr;
        else
          return stored;
      },
      value);
}

/// The place of a key, in an object for what stands before a dot.
Json& placeIn(Json& json, std::string_view key) {
  Json* place = &json;
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
    place = &(*place)[std::string(key.substr(0, dot))];
    key.remove_prefix(dot + 1);
  }
  return (*place)[std::string(key)];
}

/// The hyper-parameters.
Json configWords(const core::io::Checkpoint& source, const ModelConfig& config) {
  auto words = core::model::describeConfig(config, core::io::FileFormat::Safetensors);
  core::model::describePresence(source, config, words);
  Json json = Json::object();
  const auto place = [&](const std::string& key) -> Json& { return placeIn(json, key.substr(words.prefix().size())); };
  for (const auto& entry : words.metadata().entries()) place(entry.key) = jsonOf(entry.value);
  for (const std::string& key : words.nulls()) place(key) = nullptr;
  return json;
}

Json configJson(const core::io::Checkpoint& source, const WritingPlan& plan,
                const core::text::VocabularyData& vocabulary) {
  const auto id = [](const std::optional<core::text::TokenId>& token) { return token ? Json(*token) : Json(nullptr); };
  Json json = configWords(source, *plan.config);
  if (json.contains("attention_bias")) json["mlp_bias"] = false;
  const bool hasRope = plan.config->architecture->folderSizes.ropeBase != nullptr && !json.contains("rope_parameters");
  if (hasRope && !json.contains("rope_scaling")) json["rope_scaling"] = nullptr;
  json["attention_dropout"] = 0.0;
  json["bos_token_id"] = id(vocabulary.bos);
  json["eos_token_id"] = id(vocabulary.eos);
  json["pad_token_id"] = id(vocabulary.padding);  // classes have one of their own where nothing says it
  json["initializer_range"] = 0.02;
  json["tie_word_embeddings"] = !source.find("output.weight").has_value();
  json["torch_dtype"] = plan.settings.dtype;
  json["use_cache"] = true;
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

/// What sentence-transformers makes an embedding by: an encoder, and how its rows are pooled.
void addPooling(const ModelConfig& config, std::vector<FolderFile>& files) {
  const auto module = [](int number, const char* path, const char* type) -> Json {
    return {{"idx", number},
            {"name", std::to_string(number)},
            {"path", path},
            {"type", fmt::format("sentence_transformers.models.{}", type)}};
  };
  const std::string folder = fs::path(core::model::kPoolingFile).parent_path().string();
  files.push_back(
      {kModulesFile, textOf(Json::array({module(0, "", "Transformer"), module(1, folder.c_str(), "Pooling")}))});
  files.push_back({kTextsFile, textOf({{"max_seq_length", config.contextLength}, {"do_lower_case", false}})});
  Json pooling = {{"word_embedding_dimension", config.width}};
  for (const auto& [mode, isMeant] : core::model::folderModes(config.pooling)) pooling[std::string(mode)] = isMeant;
  files.push_back({core::model::kPoolingFile, textOf(pooling)});
}

std::vector<FolderFile> fromGguf(const core::io::Checkpoint& source, WritingPlan& plan,
                                 const std::vector<QuantizedFileRow>& rows) {
  const bool hasTokenizer = source.metadata().find("tokenizer.ggml.tokens") != nullptr;
  const auto vocabulary = hasTokenizer ? core::text::vocabularyOf(source) : core::text::VocabularyData();
  Json config = configJson(source, plan, vocabulary);
  setQuantization(config, plan, rows);
  std::vector<FolderFile> files = {{"config.json", textOf(config)}};
  if (plan.config->architecture->isEncoder)
    addPooling(*plan.config, files);
  else
    files.push_back({"generation_config.json", textOf(generationJson(vocabulary))});
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
