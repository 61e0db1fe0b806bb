#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/evaluate/recipe_search.h"
#include "core/evaluate/sensitivity.h"
#include "core/io/checkpoint.h"
#include "core/model/recipe/recipe.h"

namespace app {

/// What a recipe is designed for. One of bytes, like and kl says how large or how good it has to be.
struct DesignRequest {
  std::vector<core::quant::Scheme> candidates;  ///< what a tensor may become
  std::optional<std::uint64_t> bytes;           ///< of the whole model, at most
  std::optional<core::model::Recipe> like;      ///< of the whole model, no more than this one makes it
  std::optional<double> kl;                     ///< of the text, at most: then the fewest bytes
  bool fastest = false;                         ///< with kl: not the fewest bytes but the fastest to decode
  std::string pattern = "*";                    ///< of the tensors that are chosen for (* and ?)
  /// What gets one candidate together: single tensors, or for few measurements roles or layers.
  core::evaluate::Level grouping = core::evaluate::Level::Tensor;
  std::size_t rounds = 8;  ///< of improvements
  /// Where to begin instead of measuring single tensors: every tensor under one of the candidates. With bytes or like.
  std::optional<core::model::Recipe> from;
};

/// What there is to choose from, as far as names and shapes say it.
struct DesignSpace {
  std::vector<core::evaluate::Part> parts;
  std::vector<core::evaluate::SearchItem> items;  ///< the parts with their bytes under every candidate
  core::model::Recipe others;                     ///< what is not chosen for
  std::uint64_t otherBytes = 0;                   ///< of the model without what is chosen for
  std::uint64_t smallest = 0, largest = 0;        ///< the whole model can be
  std::uint64_t mostBytes = 0;                    ///< what it may have; 0: a KL is asked for

  /// How often one part is measured under one candidate.
  std::size_t singles() const;
};

/// Chosen for is every tensor that is quantized by `like` (for bytes and kl: that schemes are for); what is not chosen
/// for is as `like` has it, or as stored.
/// @throws core::Error (InvalidArgument) for no candidate, a part that none can hold, fewer bytes than the smallest
///         candidates make; (NotFound) for a pattern that no tensor matches
DesignSpace designSpace(const core::io::Checkpoint& checkpoint, const DesignRequest& request);

/// Whether a tensor's shape allows a scheme.
bool canHold(const core::io::Checkpoint& checkpoint, const std::string& tensor, const core::quant::Scheme& scheme);

/// The candidates that a recipe gives the parts. @throws core::Error (InvalidArgument) where it gives one none of them
core::evaluate::CandidateChoice choiceOf(const core::io::Checkpoint& checkpoint, const DesignRequest& request,
                                         const DesignSpace& space, const core::model::Recipe& recipe);

}  // namespace app
