#include "app/cli/target_options.h"

#include <fmt/format.h>

#include <string>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

void addSplit(CLI::App& command, core::io::SplitLimits& split) {
  command
      .add_option_function<std::string>(
          "--split-max-size",
          [&split](const std::string& text) {
            try {
              split.bytes = core::io::parseSplitSize(text);
            } catch (const core::Error& error) {
              throw CLI::ValidationError("--split-max-size", error.what());
            }
          },
          "Write several files (NAME-00001-of-0000N.gguf …, a folder's shards) with tensors of at most so many "
          "bytes each: 2G, 500M or bytes")
      ->type_name("SIZE");
  command.add_option("--split-max-tensors", split.tensors, "The same, with at most so many tensors each")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

void addLayout(CLI::App& command, std::optional<core::quant::FolderLayout>& layout) {
  std::string names;
  for (const auto each : core::quant::allFolderLayouts())
    names += (names.empty() ? "" : ", ") + std::string(core::quant::toString(each));
  const auto known = [names](const std::string& text) {
    return core::quant::folderLayoutOf(text)
               ? std::string()
               : fmt::format("must be one of {}; found {}", names, core::io::inQuotes(text));
  };
  command
      .add_option_function<std::string>(
          "--layout", [&layout](const std::string& text) { layout = core::quant::folderLayoutOf(text); },
          "Write a Hugging Face folder that stores what was quantized as this program does: " + names)
      ->check(CLI::Validator(known, ""))
      ->type_name("LAYOUT");
}

}  // namespace app::cli
