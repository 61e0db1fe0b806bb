#include "core/text/folder_settings.h"

#include <fmt/format.h>

#include "core/io/text_checks.h"

namespace core::text {

FolderSettings::FolderSettings(const io::Checkpoint& checkpoint, std::string_view file, std::string_view prefix)
    : m_file(file), m_prefix(prefix) {
  const io::SideFile* const side = checkpoint.sideFile(file);
  if (side != nullptr) io::readConfigJson(side->bytes, m_metadata, m_arrays, io::inQuotes(file), prefix);
}

const io::MetadataValue* FolderSettings::find(std::string_view key) const {
  return m_metadata.find(fmt::format("{}.{}", m_prefix, key));
}

std::optional<std::string> FolderSettings::text(std::string_view key) const {
  const io::MetadataValue* const value = find(key);
  const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<bool> FolderSettings::flag(std::string_view key) const {
  const io::MetadataValue* const value = find(key);
  const bool* const flag = value == nullptr ? nullptr : std::get_if<bool>(value);
  return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::optional<std::string> FolderSettings::tokenText(std::string_view key) const {
  if (auto plain = text(key)) return plain;
  return text(fmt::format("{}.content", key));
}

}  // namespace core::text
