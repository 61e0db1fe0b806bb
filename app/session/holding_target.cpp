#include "app/session/holding_target.h"

#include "app/session/writing_plan.h"
#include "core/base/error.h"

namespace app {

std::string whyNotHeld(const core::io::Checkpoint& source, const core::model::Recipe& stored,
                       std::vector<QuantizedFileRow> rows, const QuantizeTarget& target) {
  try {
    planWriting(source, stored, rows, targetKind(target, source));
    return {};
  } catch (const core::Error& error) {
    return error.what();
  }
}

std::optional<QuantizeTarget> holdingTarget(const core::io::Checkpoint& source, const core::model::Recipe& stored,
                                            const std::vector<QuantizedFileRow>& rows,
                                            const std::filesystem::path& name) {
  const auto holds = [&](const QuantizeTarget& target) { return whyNotHeld(source, stored, rows, target).empty(); };
  const auto ending = name.extension();
  const bool isFile = ending == ".gguf" || ending == ".safetensors";
  QuantizeTarget file(name);
  if (!isFile) file.file += ".gguf";
  if (holds(file)) return file;
  if (isFile) return std::nullopt;
  for (const core::quant::FolderLayout layout : core::quant::allFolderLayouts()) {
    QuantizeTarget folder(name, {}, layout);
    if (holds(folder)) return folder;
  }
  return std::nullopt;
}

}  // namespace app
