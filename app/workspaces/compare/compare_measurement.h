#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/jobs/news_feed.h"
#include "app/session/evaluation.h"
#include "app/session/speed.h"
#include "app/workspaces/compare/compare_question.h"

namespace app {

class Engine;
class OpenModel;

/// What an executor of one scheme did on the device, beside the quality of its answers.
struct DeviceMeasurement {
  Speed speed;
  std::string device;
  double residentBytes = 0;  ///< weights and scratch
  double kvBytes = 0;        ///< of a cache for `context` positions
  std::uint32_t context = 0;
};

/// Figures of one question about one model, as far as they are known.
struct CompareMeasurement {
  CompareQuestion question;
  std::string calibration;  ///< CompareState::calibration() when it began
  Evaluation evaluation;
  std::map<std::string, DeviceMeasurement> devices;  ///< by the variant's text
};

using MeasurementFeed = NewsFeed<CompareMeasurement>;

/// Evaluates all recipes, then runs each for its speed and memory. For the inference thread.
/// @throws core::Error as evaluateModel; core::Cancelled (the feed has what is known)
/// @param asked its question and calibration
CompareMeasurement measureRecipes(OpenModel& model, Engine& engine, CompareMeasurement asked,
                                  const std::vector<core::model::Recipe>& recipes,
                                  const std::optional<core::model::Recipe>& reference, MeasurementFeed& feed,
                                  const core::JobContext& job);
/// Memory and speed of one recipe alone. @param context of the cache
DeviceMeasurement measureOnDevice(OpenModel& model, Engine& engine, const Variant& variant, std::uint32_t context,
                                  const core::JobContext& job);

}  // namespace app
