#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/session/divergence_study.h"
#include "core/evaluate/recipe_search.h"

namespace app {

/// What a recipe is designed for. One of bytes, like and kl says how large or how good it has to be.
struct DesignRequest {
  std::vector<core::quant::Scheme> candidates;  ///< what a tensor may become
  std::optional<std::uint64_t> bytes;           ///< of the whole model, at most
  std::optional<core::model::Recipe> like;      ///< of the whole model, no more than this one makes it
  std::optional<double> kl;                     ///< of the text, at most: then the fewest bytes
  std::string pattern = "*";                    ///< of the tensors that are chosen for (* and ?)
  /// What gets one candidate together: single tensors, or for few measurements roles or layers.
  core::evaluate::Level grouping = core::evaluate::Level::Tensor;
  std::size_t rounds = 8;  ///< of improvements
  /// Where to begin instead of measuring single tensors: every tensor under one of the candidates. With bytes or like.
  std::optional<core::model::Recipe> from;
};

/// What a tensor or a group became.
struct DesignedItem {
  std::string name;
  std::vector<std::string> tensors;
  std::string scheme;
  std::uint64_t bytes = 0;
  core::evaluate::Estimate klAlone;  ///< with nothing else quantized; NaN where that was not measured
};

struct Design {
  core::model::Recipe recipe;              ///< a rule for every tensor that is not as stored
  std::uint64_t bytes = 0, mostBytes = 0;  ///< of the whole model; what it may have (0: nothing was said)
  double bitsPerWeight = 0.0;
  std::vector<DesignedItem> items;
  core::evaluate::SearchResult search;
  core::evaluate::Estimate kl;
};

/// What a design tells while it is made.
struct DesignVisitor {
  std::function<void(const std::string& item, const std::string& scheme, const core::evaluate::Estimate& kl)> single;
  /// A better one; its bytes are those of the whole model.
  std::function<void(std::uint64_t bytes, const core::evaluate::Estimate& kl, std::size_t measurements)> better;
};

/// Chooses a candidate for every tensor that is quantized by `like` (for bytes and kl: that schemes are for) so that
/// the model diverges least from how it is stored. What is not chosen for is as `like` has it, or as stored.
/// @throws core::Error (InvalidArgument) for no candidate, bytes that even the smallest candidates exceed; as the
///         study's; core::Cancelled (measurements are kept)
Design designRecipe(DivergenceStudy& study, const DesignRequest& request, const DesignVisitor& visitor,
                    const core::JobContext& job);

/// A recipe beside the designed one.
struct DesignRival {
  std::string recipe;
  std::uint64_t bytes = 0;
  core::evaluate::Estimate kl;
  core::evaluate::Estimate difference;  ///< the design's KL less this one's, paired by blocks of text
};
struct DesignCheck {
  std::string textTitle;
  std::uint32_t blocks = 0;
  std::uint64_t scored = 0;
  core::evaluate::Estimate kl;
  std::vector<DesignRival> rivals;
};
/// Measures a design and others on a text, best one that took no part in it.
DesignCheck checkDesign(DivergenceStudy& study, const core::model::Recipe& design,
                        const std::vector<core::model::Recipe>& rivals, const core::JobContext& job);
/// What a design is compared with: `like`, the largest candidate that fits for all tensors alike, and the file types of
/// about its size.
std::vector<core::model::Recipe> rivalsOf(const core::io::Checkpoint& checkpoint, const DesignRequest& request,
                                          const Design& design);

}  // namespace app
