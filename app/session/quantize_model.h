#pragma once
#include <vector>

#include "app/session/made_tensors.h"
#include "app/session/quantize_plan.h"
#include "app/session/quantize_target.h"
#include "core/base/job_context.h"

namespace app {

/// @param rows of planQuantization
/// @throws core::Error (Unsupported) with the sentence why a file of this format cannot hold them
void refuseWhatCannotBeWritten(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                               const std::vector<QuantizedFileRow>& rows, core::io::FileFormat format);

/// One sentence on what a file does not say though the recipe does: how inputs are quantized. Empty for nothing.
/// @param rows of planQuantization
std::string whatIsNotWritten(const std::vector<QuantizedFileRow>& rows);

/// Writes a model file in which every tensor is stored as the recipe says (a scheme is a recipe) and everything else as
/// it was. What is stored so already is copied. The file appears only when it is complete, parts appear together.
///   .gguf         casts and GGUF's own types; metadata as gguf_metadata says; the source must be GGUF; parts as
///                 core::io::SplitGgufWriter says
///   .safetensors  casts, and nf4/fp4 as the tensors of a bitsandbytes Linear4bit state dict (`NAME` packed,
///                 `NAME.absmax`, `NAME.quant_map`, `NAME.quant_state.bitsandbytes__nf4`, with double quantization also
///                 `NAME.nested_absmax` and `NAME.nested_quant_map`)
/// Under a scheme that looks at data, layer by layer: a Hessian is there while the matrices of its layer are quantized,
/// and with a work folder what was made is found again by whoever starts anew after being stopped (made_tensors).
/// @return one row per tensor of the source
/// @throws core::Error (Unsupported) when the file format cannot hold a scheme or a stored type, a scheme cannot be
/// made
///         (yet), or the recipe would apply to no tensor at all, (InvalidArgument, Io), core::Cancelled
std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                                            const QuantizeTarget& target,
                                            const core::JobContext& job = core::JobContext(),
                                            const TensorMaking& making = {});

}  // namespace app
