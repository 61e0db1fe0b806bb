#pragma once
#include <filesystem>
#include <utility>
#include <vector>

#include "app/session/quantize_plan.h"
#include "core/io/split_plan.h"

namespace app {

/// Where a quantized model goes: one file, or with limits several parts called NAME-00001-of-00003.gguf.
struct QuantizeTarget {
  QuantizeTarget(std::filesystem::path name, core::io::SplitLimits limits = {})  // NOLINT(google-explicit-constructor)
      : file(std::move(name)), split(limits) {}

  std::filesystem::path file;  ///< as the person named it; of parts, NAME.gguf or the name of one of them
  core::io::SplitLimits split;
};

/// The format a quantized file gets: what the name's ending says; a pipe, a device or standard output gets the
/// source's.
/// @throws core::Error (InvalidArgument) for another ending, and for parts that are no GGUF files
core::io::FileFormat outputFormat(const QuantizeTarget& target, const core::io::Checkpoint& source);

/// What goes into each file. @param rows of planQuantization
/// @throws core::Error (InvalidArgument) as core::io::planSplit
std::vector<core::io::SplitPart> planParts(const std::vector<QuantizedFileRow>& rows,
                                           const core::io::SplitLimits& limits);

/// The files that are written, one per part.
std::vector<std::filesystem::path> targetFiles(const QuantizeTarget& target,
                                               const std::vector<core::io::SplitPart>& parts);

}  // namespace app
