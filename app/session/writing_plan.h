#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/quantize_target.h"
#include "core/model/config.h"
#include "core/model/format_conversion.h"
#include "core/quant/pack/packed_pieces.h"

namespace app {

/// One tensor of the new model, as its file names it.
struct NewTensor {
  std::string name;
  core::tensor::DType dtype;
  core::tensor::Shape shape;
  std::uint64_t bytes() const { return core::tensor::storageBytes(dtype, shape).value_or(0); }
};

/// Consecutive tensors of the new model that one weight becomes, or that are added to it.
struct NewWeight {
  std::optional<std::size_t> row;  ///< of the plan, and of the source's table, the first where it is made of several;
                                   ///< nothing: added
  std::vector<NewTensor> tensors;
  bool isPacked = false;                    ///< into the pieces of the folder's layout
  bool isTurned = false;                    ///< its plain elements are written input × output
  std::optional<core::tensor::DType> cast;  ///< of what the recipe keeps but the new model has in another type
  std::optional<core::model::ConvertedTensor> converted;          ///< what becomes of it between the formats
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
/// rows. Between GGUF files and folders tensors are renamed, and put together or taken apart; norms and biases of a
/// GGUF file are F32, as llama.cpp's converter makes them; what a folder has no type for (blocks, packed codes) is
/// decoded.
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
