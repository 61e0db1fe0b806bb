#include "core/io/side_files.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"

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
bool addSideFile(const std::filesystem::path& folder, const SettingsFile& side, ParsedModel& model, EncodedArrays& arrays) {
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

}  // namespace

void addMissing(Metadata& metadata, const Metadata& more) {
  for (const MetadataEntry& entry : more.entries()) {
    if (metadata.find(entry.key) == nullptr) metadata.add(entry);
  }
}

std::shared_ptr<EncodedArrays> addSideFiles(const std::filesystem::path& folder, ParsedModel& model) {
  auto arrays = std::make_shared<EncodedArrays>();
  for (const SettingsFile& side : kSettingsFiles) {
    const bool isRead = addSideFile(folder, side, model, *arrays);
    if (isRead && std::string_view(side.prefix) == "adapter") model.kind = ModelKind::Adapter;
  }
  const MetadataValue* const type = model.metadata.find("config.model_type");
  if (const auto* text = type == nullptr ? nullptr : std::get_if<std::string>(type)) model.architecture = *text;
  return arrays;
}

}  // namespace core::io
