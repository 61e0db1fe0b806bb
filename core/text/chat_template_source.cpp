#include "core/text/chat_template_source.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/text/folder_settings.h"

namespace core::text {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

std::optional<std::string> fromJinjaFile(const io::Checkpoint& checkpoint) {
  constexpr const char* kFile = "chat_template.jinja";
  const io::SideFile* const side = checkpoint.sideFile(kFile);
  if (side == nullptr) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(side->bytes.data()), std::min(side->bytes.size(), kMaxBytes));
  if (side->bytes.size() <= kMaxBytes && isValidUtf8(text)) return text;
  throw Error(ErrorCode::InvalidFile, fmt::format("\"{}\" should be at most {} bytes of text.", kFile, kMaxBytes),
              kFile);
}

/// chat_template as a text, or as a list of {"name": …, "template": …}.
std::optional<std::string> fromSettings(const io::Checkpoint& checkpoint, const char* file) {
  const FolderSettings settings(checkpoint, file, "settings");
  if (auto text = settings.text("chat_template")) return text;
  std::optional<std::string> first;
  for (std::size_t i = 0;; ++i) {
    auto text = settings.text(fmt::format("chat_template.{}.template", i));
    if (!text) return first;
    if (settings.text(fmt::format("chat_template.{}.name", i)) == "default") return text;
    if (!first) first = std::move(text);
  }
}

}  // namespace

std::optional<std::string> chatTemplateOf(const io::Checkpoint& checkpoint) {
  if (checkpoint.format() == io::FileFormat::Gguf) return checkpoint.metadata().string("tokenizer.chat_template");
  if (auto text = fromJinjaFile(checkpoint)) return text;
  if (auto text = fromSettings(checkpoint, "chat_template.json")) return text;
  return fromSettings(checkpoint, "tokenizer_config.json");
}

}  // namespace core::text
