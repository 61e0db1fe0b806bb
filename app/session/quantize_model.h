#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/io/checkpoint.h"
#include "core/quant/scheme.h"

namespace app {

/// What became of one tensor on its way to the new file.
struct QuantizedFileRow {
  std::string tensor;
  core::tensor::DType from, to;
  std::uint64_t bytes = 0;
  std::string kept;  ///< empty, or why the tensor was left as it was stored although the scheme is for its kind
};

/// Writes a GGUF file in which the block matrices are stored under `scheme` and everything else as it was, metadata
/// included. The file appears only when it is complete.
/// @param target must end in .gguf
/// @throws core::Error (Unsupported) when GGUF has no type for the scheme or the source is not GGUF,
///         (InvalidArgument, Io), core::Cancelled
std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                            const std::filesystem::path& target,
                                            const core::JobContext& job = core::JobContext());

}  // namespace app
