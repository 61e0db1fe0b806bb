#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/session/design_space.h"
#include "app/session/design_speeds.h"
#include "app/session/divergence_study.h"
#include "core/evaluate/recipe_search.h"

namespace app {

/// What a tensor or a group became.
struct DesignedItem {
  std::string name;
  std::vector<std::string> tensors;
  std::string scheme;
  std::uint64_t bytes = 0;
  core::evaluate::Estimate klAlone;  ///< with nothing else quantized; NaN where that was not measured
};

/// A candidate that a tensor or group cannot have: with it the model computes no numbers.
struct ExcludedCandidate {
  std::string item, scheme;
  std::string why;  ///< a sentence
};

struct Design {
  core::model::Recipe recipe;              ///< a rule for every tensor that is not as stored
  std::uint64_t bytes = 0, mostBytes = 0;  ///< of the whole model; what it may have (0: nothing was said)
  double bitsPerWeight = 0.0;
  std::vector<DesignedItem> items;
  std::vector<ExcludedCandidate> excluded;
  core::evaluate::SearchResult search;  ///< its bytes are picoseconds where the fastest was sought
  core::evaluate::Estimate kl;
  DesignSpeeds speeds;  ///< where the fastest was sought
};

/// What a design tells while it is made.
struct DesignVisitor {
  std::function<void(const std::string& item, const std::string& scheme, const core::evaluate::Estimate& kl)> single;
  /// A better one; its bytes are those of the whole model.
  std::function<void(std::uint64_t bytes, const core::evaluate::Estimate& kl, std::size_t measurements)> better;
  std::function<void(const ExcludedCandidate& excluded)> excluded;
};

/// Chooses a candidate for every part of designSpace() so that the model diverges least from how it is stored.
/// @param engine runs the model where the fastest is sought: every candidate before, the recipe afterwards
/// @throws core::Error as designSpace, searchUnderBytes, searchUnderKl and the study's; core::Cancelled (measurements
///         are kept)
Design designRecipe(DivergenceStudy& study, Engine& engine, const DesignRequest& request, const DesignVisitor& visitor,
                    const core::JobContext& job);

}  // namespace app
