#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/quantize_target.h"
#include "core/model/config.h"
#include "core/model/head_rows.h"
#include "core/quant/pack/packed_pieces.h"

namespace app {

/// One tensor of the new model, as its file names it.
struct NewTensor {
  std::string name;
  core::tensor::DType dtype;
  core::tensor::Shape shape;
  std::uint64_t bytes() const { return core::tensor::storageBytes(dtype, shape).value_or(0); }
};

/// Consecutive tensors of the new model that one tensor of the source becomes, or that are added to it.
struct NewWeight {
  std::optional<std::size_t> row;  ///< of the plan, and of the source's table; nothing: added
  std::vector<NewTensor> tensors;
  bool isPacked = false;                    ///< into the pieces of the folder's layout
  bool isTurned = false;                    ///< its plain elements are written input × output, as the source has them
  std::optional<core::tensor::DType> cast;  ///< of what the recipe keeps but the new model has in another type
  core::model::RowOrder order = core::model::RowOrder::Same;
  std::uint64_t headRows = 0;                                     ///< of one head, where the order is not Same
  float folderOffset = 0.0F;                                      ///< WeightRow::folderOffset
  std::shared_ptr<const std::vector<std::byte>> added = nullptr;  ///< the bytes of what is added
};

/// What a new model holds, decided before anything is written.
struct WritingPlan {
  TargetKind kind;
  core::quant::PackSettings settings;
  /// Of the source; there when it and the new model have other names for their tensors.
  std::optional<core::model::ModelConfig> config;
  std::vector<NewWeight> weights;
  bool foldsColumns = false;       ///< factors of columns are folded into what lies before (SharedFactors)
  std::vector<std::string> notes;  ///< sentences about what is not carried over, or is in another way

  bool changesNames() const { return config.has_value(); }
  /// What the new model's tensors are like, whatever file holds them.
  core::io::FileFormat wordsOf(const core::io::Checkpoint& source) const {
    return changesNames() ? kind.format : source.format();
  }
};

/// Decides what every tensor of the source becomes in a target of this kind, under which name and in which order of
/// rows. Between GGUF files and folders tensors are renamed; norms and biases of a GGUF file are F32, as llama.cpp's
/// converter makes them; what a folder has no type for (blocks, packed codes) is decoded.
/// @param rows of planQuantization; types and bytes are set to what is written
/// @throws core::Error (Unsupported) with the sentence why the target cannot hold them
WritingPlan planWriting(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                        std::vector<QuantizedFileRow>& rows, const TargetKind& kind);

/// The scheme whose pieces a folder's packed weights are; null when there are none.
const core::quant::Scheme* packedScheme(const WritingPlan& plan, const std::vector<QuantizedFileRow>& rows);

/// What goes into each file: parts of the plan's weights.
/// @throws core::Error (InvalidArgument) as core::io::planSplit
std::vector<core::io::SplitPart> planWeightParts(const WritingPlan& plan, const core::io::SplitLimits& limits);
/// The same parts, counted in tensors.
std::vector<core::io::SplitPart> inTensors(const WritingPlan& plan, std::vector<core::io::SplitPart> parts);

}  // namespace app
