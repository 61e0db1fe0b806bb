#include "app/session/train_time.h"

#include <algorithm>
#include <span>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/output_file.h"

namespace app {

using Json = nlohmann::ordered_json;

namespace {

constexpr double kMostSeconds = 1e9;  // more is no time that anything took

std::filesystem::path paceFile(const std::filesystem::path& folder) { return folder / "pace.json"; }

/// Evaluations of a whole run, before the first step and after the last one included.
double evaluationsOf(const TrainSettings& settings) {
  const std::uint64_t every = settings.evaluateEvery, last = std::max<std::uint64_t>(settings.steps, 1) - 1;
  return 2.0 + (every == 0 ? 0.0 : static_cast<double>(last / every));
}

double tokensPerStep(const TrainHistory& history) {
  double tokens = 0;
  for (const auto& step : history.steps) tokens += static_cast<double>(step.tokens);
  return tokens / static_cast<double>(history.steps.size());
}

/// As long as the activity takes.
double lengthOf(TrainActivity activity, const TrainPace& pace) {
  switch (activity) {
    case TrainActivity::Starting:
      return 2.0 * pace.evaluation;
    case TrainActivity::Evaluating:
      return pace.evaluation;
    case TrainActivity::Training:
      return pace.token * pace.tokensPerStep;
    case TrainActivity::Preparing:
      return 0.0;
    case TrainActivity::Writing:
    case TrainActivity::Merging:
    case TrainActivity::Asking:
      return pace.concluding;
  }
  return 0.0;
}

}  // namespace

std::string textsOf(const TrainSettings& settings) { return settings.heldOut + '\n' + settings.tasks; }

std::optional<TrainPace> paceOf(const TrainSettings& settings, const TrainHistory& history, const TrainPace& expected) {
  if (history.steps.empty() || history.evaluations.empty()) return std::nullopt;
  TrainPace pace = expected;
  pace.texts = textsOf(settings);
  pace.isMeasured = true;
  double seconds = 0, took = 0;
  for (const auto& step : history.steps) seconds += step.seconds;
  for (const auto& evaluation : history.evaluations) took += evaluation.took;
  pace.tokensPerStep = tokensPerStep(history);
  pace.token = seconds / (static_cast<double>(history.steps.size()) * std::max(pace.tokensPerStep, 1.0));
  pace.evaluation = took / static_cast<double>(history.evaluations.size());
  if (history.summary && history.summary->isFinished) pace.concluding = history.summary->concluding;
  return pace;
}

void keepPace(const std::filesystem::path& folder, const TrainPace& pace) {
  const Json json{{"seconds_per_token", pace.token},
                  {"seconds_per_evaluation", pace.evaluation},
                  {"seconds_concluding", pace.concluding},
                  {"texts", pace.texts}};
  const std::string text = json.dump(1) + '\n';
  core::io::writeFile(paceFile(folder), {}, std::as_bytes(std::span(text)));
}

std::optional<TrainPace> keptPace(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(paceFile(folder), error)) return std::nullopt;
  try {
    const core::io::MappedFile file(paceFile(folder));
    const auto bytes = file.contents();
    const auto* const text = reinterpret_cast<const char*>(bytes.data());
    const Json json = Json::parse(text, text + bytes.size());
    TrainPace pace{json.at("seconds_per_token"), json.at("seconds_per_evaluation"), json.at("texts"),
                   json.at("seconds_concluding"), true};
    for (const double value : {pace.token, pace.evaluation, pace.concluding})
      if (!(value >= 0 && value < kMostSeconds)) return std::nullopt;
    return pace;
  } catch (const Json::exception&) {
    return std::nullopt;  // it will be measured again
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

TrainTime timeOf(const TrainSettings& settings, const TrainPace& pace) {
  return {static_cast<double>(settings.steps) * pace.tokensPerStep * pace.token,
          (2.0 + evaluationsOf(settings)) * pace.evaluation, pace.concluding, pace.isMeasured};
}

double secondsLeft(const TrainSettings& settings, const TrainHistory& history, const TrainPace& pace,
                   TrainActivity activity, double seconds) {
  const TrainTime all = timeOf(settings, pace);
  const auto steps = static_cast<double>(history.steps.size());
  const double evaluations = (history.start ? 2.0 : 0.0) + static_cast<double>(history.evaluations.size());
  const double training = std::max(0.0, all.training - steps * pace.tokensPerStep * pace.token);
  const double evaluating = std::max(0.0, all.evaluating - evaluations * pace.evaluation);
  const double left = training + evaluating + all.concluding;
  return std::max(0.0, left - std::min(seconds, lengthOf(activity, pace)));
}

double secondsTaken(const TrainHistory& history) {
  double seconds = history.start ? history.start->seconds : 0.0;
  for (const auto& step : history.steps) seconds += step.seconds;
  for (const auto& evaluation : history.evaluations) seconds += evaluation.took;
  return seconds + (history.summary ? history.summary->concluding : 0.0);
}

}  // namespace app
