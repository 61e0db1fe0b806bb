#pragma once
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "app/session/quantize_plan.h"
#include "core/io/split_plan.h"
#include "core/quant/pack/folder_layout.h"

namespace app {

/// What a quantized model is written as: a file of a format, or a Hugging Face folder in a layout.
struct TargetKind {
  core::io::FileFormat format = core::io::FileFormat::Gguf;
  std::optional<core::quant::FolderLayout> layout;  ///< of a folder

  bool isFolder() const { return layout.has_value(); }
};

/// Where a quantized model goes: one file, with limits several parts called NAME-00001-of-00003.gguf, or a folder.
struct QuantizeTarget {
  QuantizeTarget(std::filesystem::path name, core::io::SplitLimits limits = {},  // NOLINT(google-explicit-constructor)
                 std::optional<core::quant::FolderLayout> folder = std::nullopt)
      : file(std::move(name)), split(limits), layout(folder) {}

  std::filesystem::path file;  ///< as the person named it; of parts, NAME.gguf or the name of one of them
  core::io::SplitLimits split;
  std::optional<core::quant::FolderLayout> layout;  ///< a folder in this layout; nothing: a file
};

/// What the target is: a folder, or what the name's ending says; a pipe, a device or standard output gets the source's
/// format.
/// @throws core::Error (InvalidArgument) for another ending, for one that a folder does not have, and for parts of
///         what has none
TargetKind targetKind(const QuantizeTarget& target, const core::io::Checkpoint& source);

/// The parts of so many bytes each that a target with these limits has. @param rows of planQuantization
/// @throws core::Error (InvalidArgument) as core::io::planSplit
std::vector<core::io::SplitPart> planParts(const std::vector<QuantizedFileRow>& rows,
                                           const core::io::SplitLimits& limits);

/// The files of weights that are written, one per part.
std::vector<std::filesystem::path> targetFiles(const QuantizeTarget& target,
                                               const std::vector<core::io::SplitPart>& parts);

}  // namespace app
