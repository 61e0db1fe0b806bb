#include "app/session/quantize_target.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/output_file.h"
#include "core/io/split_name.h"
#include "core/io/text_checks.h"

namespace app {

using core::Error;
using core::ErrorCode;
using core::io::FileFormat;

namespace {

bool isStream(const std::filesystem::path& target) {
  std::error_code error;
  const auto kind = std::filesystem::status(target, error).type();
  return core::io::OutputFile::isStandardOutput(target) || kind == std::filesystem::file_type::fifo ||
         kind == std::filesystem::file_type::character;
}

void refuseToSplit(const QuantizeTarget& target) {
  const auto refuse = [&target](const char* why) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("A model in several parts cannot be written to {}: {}.",
                                                        core::io::inQuotes(target.file.string()), why));
  };
  if (isStream(target.file)) refuse("it is one stream; name a file that ends in .gguf");
  if (target.file.extension() == ".safetensors") refuse("only GGUF files and folders are written in parts");
  if (target.file.extension() != ".gguf") refuse("its name must end in .gguf");
}

}  // namespace

TargetKind targetKind(const QuantizeTarget& target, const core::io::Checkpoint& source) {
  const auto ending = target.file.extension();
  const bool isFile = ending == ".gguf" || ending == ".safetensors";
  if (target.layout) {
    if (isFile) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("A model in the layout {} is a folder, and {} is a file's name.",
                              core::quant::toString(*target.layout), core::io::inQuotes(target.file.string())));
    }
    return {FileFormat::Safetensors, target.layout};
  }
  if (target.split.isSplit()) refuseToSplit(target);
  if (ending == ".gguf") return {FileFormat::Gguf, {}};
  if (ending == ".safetensors") return {FileFormat::Safetensors, {}};
  if (isStream(target.file)) return {source.format(), {}};
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The output file must end in .gguf or .safetensors, or be a folder with a layout (plain, "
                          "bitsandbytes, gptq …); found {}.",
                          core::io::inQuotes(target.file.filename().string())));
}

std::vector<core::io::SplitPart> planParts(const std::vector<QuantizedFileRow>& rows,
                                           const core::io::SplitLimits& limits) {
  std::vector<core::io::SizedTensor> tensors;
  for (const QuantizedFileRow& row : rows) tensors.push_back({row.tensor, row.bytes});
  return core::io::planSplit(tensors, limits);
}

std::vector<std::filesystem::path> targetFiles(const QuantizeTarget& target,
                                               const std::vector<core::io::SplitPart>& parts) {
  if (target.layout && parts.size() == 1) return {target.file / "model.safetensors"};
  if (!target.layout && !target.split.isSplit()) return {target.file};
  core::io::SplitName name{target.file.stem().string(), target.file.extension().string(), 1, 1};
  if (const auto part = core::io::parseSplitName(target.file)) name.prefix = part->prefix;
  if (target.layout) name = {"model", ".safetensors", 1, 1};
  name.count = static_cast<std::uint32_t>(parts.size());
  std::vector<std::filesystem::path> files;
  for (std::uint32_t number = 1; number <= name.count; ++number)
    files.push_back((target.layout ? target.file : target.file.parent_path()) / name.part(number));
  return files;
}

}  // namespace app
