#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/made_tensors.h"
#include "app/session/quantize_plan.h"
#include "app/session/quantize_target.h"
#include "app/session/writing_refusals.h"
#include "core/base/job_context.h"

namespace app {

/// One sentence on what the target does not say though the recipe does: how inputs are quantized. Empty for nothing.
/// @param rows of planQuantization
std::string whatIsNotWritten(const std::vector<QuantizedFileRow>& rows, const TargetKind& kind = {});

/// A model that was written.
struct WrittenModel {
  std::vector<QuantizedFileRow> rows;        ///< one per tensor of the source
  std::vector<std::filesystem::path> files;  ///< those that were written, weights first
  std::vector<std::string> notes;            ///< sentences about what was not carried over
};

/// Writes a model in which every tensor is stored as the recipe says (a scheme is a recipe) and everything else as it
/// was. What is stored so already is copied. The file appears only when it is complete; parts appear together, and so
/// do the files of a folder. One weight is held in memory at a time.
///   .gguf         casts and GGUF's own types; of a GGUF file with its metadata (gguf_metadata), of a Hugging Face
///                 folder with what gguf_from_folder says, tensors renamed and rows of Q and K in GGUF's order; parts
///                 as core::io::SplitGgufWriter says
///   .safetensors  casts, and nf4/fp4 as bitsandbytes' Linear4bit saves them (core::quant::bitsandbytesSpecs); the
///                 source's names
///   a folder      what core::quant::whyNotLayout allows, with config.json and the tokenizer's files (folder_settings)
/// Under a scheme that looks at data, layer by layer: a Hessian is there while the matrices of its layer are quantized,
/// and with a work folder what was made is found again by whoever starts anew after being stopped (made_tensors).
/// @throws core::Error (Unsupported) when the target cannot hold a scheme or a stored type, a scheme cannot be made
///         (yet), or the recipe would apply to no tensor at all, (InvalidArgument, Io), core::Cancelled
WrittenModel writeModel(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                        const QuantizeTarget& target, const core::JobContext& job = core::JobContext(),
                        const TensorMaking& making = {});

/// Writes what a recipe with an adapter makes while it runs as a model without one (planMerging), likewise.
/// @param runs with an adapter that is open, for this model  @param stored how it is stored; the default: plain
WrittenModel writeMerged(const core::io::Checkpoint& source, const core::model::Recipe& runs,
                         const core::model::Recipe& stored, const QuantizeTarget& target,
                         const core::JobContext& job = core::JobContext(), const TensorMaking& making = {});

/// The rows of writeModel().
std::vector<QuantizedFileRow> quantizeModel(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                                            const QuantizeTarget& target,
                                            const core::JobContext& job = core::JobContext(),
                                            const TensorMaking& making = {});

}  // namespace app
