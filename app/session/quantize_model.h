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

/// Writes a model file in which the block matrices are stored under `scheme` and everything else as it was. The file
/// appears only when it is complete.
///   .gguf         casts and GGUF's own types; metadata included; the source must be GGUF
///   .safetensors  casts, and nf4/fp4 as the tensors of a bitsandbytes Linear4bit state dict (`NAME` packed,
///                 `NAME.absmax`, `NAME.quant_map`, `NAME.quant_state.bitsandbytes__nf4`, with double quantization also
///                 `NAME.nested_absmax` and `NAME.nested_quant_map`)
/// @throws core::Error (Unsupported) when the file format cannot hold the scheme or a stored type,
///         (InvalidArgument, Io), core::Cancelled
std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                            const std::filesystem::path& target,
                                            const core::JobContext& job = core::JobContext());

}  // namespace app
