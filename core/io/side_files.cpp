#include "core/io/side_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"
#include "core/io/towers.h"

namespace core::io {

namespace {

struct SettingsFile {
  const char* name;
  const char* prefix;
};

constexpr SettingsFile kSettingsFiles[] = {
    {"config.json", "config"},
    {"quantize_config.json", "config.quantization_config"},  // AutoGPTQ
    {"quant_config.json", "config.quantization_config"},     // AutoAWQ
    {"adapter_config.json", "adapter"},                      // PEFT
};

/// @return whether the file was there and could be read
bool addSideFile(const std::filesystem::path& folder, const SettingsFile& side, ParsedModel& model,
                 EncodedArrays& arrays) {
  const auto path = folder / side.name;
  std::error_code ignored;
  // A link that leads nowhere is there, too: the settings are lost, and that is said.
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) return false;
  try {
    const MappedFile file(path);
    Metadata found;
    readConfigJson(file.contents(), found, arrays, inQuotes(side.name), side.prefix);
    addMissing(model.metadata, found);
    return true;
  } catch (const Error& error) {
    model.warnings.push_back(fmt::format("The settings beside the model were left out. {}", error.what()));
    return false;
  }
}

/// Beside a model for others to understand: tokenizers, templates, how to generate.
constexpr const char* kOtherFiles[] = {"tokenizer.json",         "tokenizer_config.json", "special_tokens_map.json",
                                       "generation_config.json", "chat_template.jinja",   "chat_template.json",
                                       "tokenizer.model",        "1_Pooling/config.json"};
/// Smaller ones, the tokenizers of all models among them, are copied: what is edited in place while the model is open
/// would be gone from a mapping.
constexpr std::size_t kSmall = std::size_t{64} << 20;

/// The type of the language model, which a config of several models has inside.
const std::string* modelType(const Metadata& metadata) {
  for (const char* key : {"config.text_config.model_type", "config.model_type"})
    if (const auto* text = std::get_if<std::string>(metadata.find(key))) return text;
  return nullptr;
}

void warnOfTowers(ParsedModel& model) {
  if (!hasTowers(model.metadata)) return;
  const auto count =
      std::ranges::count_if(model.tensors, [](const TensorInfo& tensor) { return isOfTower(tensor.name); });
  if (count > 0)
    model.warnings.push_back(
        fmt::format("What reads pictures or sound is left out ({}): the language model runs on text.",
                    count == 1 ? "a tensor" : fmt::format("{} tensors", count)));
}

void addOtherFile(const std::filesystem::path& folder, const char* name, ParsedModel& model) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(folder / name, ignored))) return;
  try {
    auto mapping = std::make_shared<const MappedFile>(folder / name);
    const std::span<const std::byte> mapped = mapping->contents();
    if (mapped.size() > kSmall) return model.sideFiles.push_back({name, mapped, std::move(mapping)});
    auto copy = std::make_shared<const std::vector<std::byte>>(mapped.begin(), mapped.end());
    model.sideFiles.push_back({name, *copy, copy});
  } catch (const Error& error) {
    model.warnings.push_back(fmt::format("A file beside the model was left out. {}", error.what()));
  }
}

}  // namespace

void addMissing(Metadata& metadata, const Metadata& more) {
  for (const MetadataEntry& entry : more.entries()) {
    if (metadata.find(entry.key) == nullptr) metadata.add(entry);
  }
}

std::shared_ptr<EncodedArrays> addSideFiles(const std::filesystem::path& folder, ParsedModel& model) {
  auto arrays = std::make_shared<EncodedArrays>();
  bool saysAdapter = false;
  for (const SettingsFile& side : kSettingsFiles) {
    const bool isRead = addSideFile(folder, side, model, *arrays);
    saysAdapter = saysAdapter || (isRead && std::string_view(side.prefix) == "adapter");
  }
  for (const char* name : kOtherFiles) addOtherFile(folder, name, model);
  const std::string* const type = modelType(model.metadata);
  if (type != nullptr) model.architecture = *type;
  warnOfTowers(model);
  // A whole model may lie beside the settings of the adapter that was merged into it.
  const auto isFactor = [](const TensorInfo& tensor) { return tensor.name.find("lora_") != std::string::npos; };
  if (saysAdapter && (type == nullptr || std::ranges::any_of(model.tensors, isFactor))) model.kind = ModelKind::Adapter;
  return arrays;
}

}  // namespace core::io
