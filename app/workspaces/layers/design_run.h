#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/jobs/news_feed.h"
#include "app/session/check_design.h"
#include "app/session/design_recipe.h"
#include "app/workspaces/layers/design_question.h"

namespace app {

class Engine;
class OpenModel;

/// One tensor or group under one candidate alone.
struct DesignSingle {
  std::size_t measurement = 0;  ///< which it was, from 1
  std::string item, scheme;
  core::evaluate::Estimate kl;
};
/// A recipe that was better than all before it.
struct DesignStep {
  std::size_t measurement = 0;
  std::uint64_t bytes = 0;
  core::evaluate::Estimate kl;
};

/// What is known of the answer to a question.
struct DesignOutcome {
  DesignQuestion question;
  std::string textTitle, device;
  std::uint32_t blocks = 0;
  std::uint64_t scored = 0;
  std::size_t singlesWanted = 0;
  std::vector<DesignRival> rivals;  ///< on the text it is designed on; without differences
  std::vector<DesignSingle> singles;
  std::vector<DesignStep> steps;
  std::vector<ExcludedCandidate> excluded;
  std::optional<Design> design;
  std::optional<DesignCheck> check;

  std::size_t measurements() const;
};

using DesignFeed = NewsFeed<DesignOutcome>;

/// Measures what the recipe is to beat, designs it, and checks it on the other text. For the inference thread.
/// @throws core::Error as designRecipe and checkDesign; core::Cancelled (the feed has what is known, and single
///         measurements are kept)
DesignOutcome runDesign(OpenModel& model, Engine& engine, const DesignQuestion& question, DesignFeed& feed,
                        const core::JobContext& job);

}  // namespace app
