#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/io/config_json.h"

namespace core::text {

/// A small JSON file beside a model ("tokenizer_config.json") as metadata under a prefix; empty when it is not there.
class FolderSettings {
 public:
  /// @throws Error (InvalidFile) for one that is no JSON object
  FolderSettings(const io::Checkpoint& checkpoint, std::string_view file, std::string_view prefix);

  const io::Metadata& metadata() const { return m_metadata; }
  const std::string& file() const { return m_file; }
  /// A value of one kind by its key below the prefix; nothing when it is absent or of another kind.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  /// A token's text: {"bos_token": "<s>"} or {"bos_token": {"content": "<s>", …}}.
  std::optional<std::string> tokenText(std::string_view key) const;

 private:
  const io::MetadataValue* find(std::string_view key) const;

  std::string m_file, m_prefix;
  io::Metadata m_metadata;
  io::EncodedArrays m_arrays;
};

}  // namespace core::text
