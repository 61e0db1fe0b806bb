#pragma once
#include <limits>
#include <vector>

#include "app/session/design_space.h"
#include "app/session/divergence_study.h"

namespace app {

/// How fast what a recipe is chosen of decodes, tokens per second on the device that the study measures on.
struct DesignSpeeds {
  static constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

  std::vector<double> candidates;  ///< with every part under one candidate alone; NaN where it did not run
  double predicted = kNotMeasured, measured = kNotMeasured;  ///< of the recipe
};

/// Runs the model once under each candidate. @throws core::Error as Engine::createExecutor; core::Cancelled
std::vector<double> measureCandidateSpeeds(Engine& engine, const DivergenceStudy& study, const DesignSpace& space,
                                           const DesignRequest& request, const core::JobContext& job);

/// Runs it under a recipe. @throws as measureCandidateSpeeds
double measureRecipeSpeed(Engine& engine, const DivergenceStudy& study, const core::model::Recipe& recipe,
                          const core::JobContext& job);

/// The items of a space with the time of a decoded token in place of bytes, in picoseconds: a part takes of the time
/// that a candidate was measured to take as much as it has of the weights. Right for one candidate for all parts, and
/// as far as a product's time follows its weights for mixtures. A candidate without a speed is out.
std::vector<core::evaluate::SearchItem> timedItems(const core::io::Checkpoint& checkpoint, const DesignSpace& space,
                                                   const std::vector<double>& tokensPerSecond);

}  // namespace app
