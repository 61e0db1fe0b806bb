#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "app/session/train_news.h"
#include "app/session/train_run.h"

namespace app {

/// How fast one lab trains one model on this machine, in seconds.
struct TrainPace {
  double token = 0;          ///< of training, per token that a step reads
  double evaluation = 0;     ///< of one state of the model
  std::string texts = {};    ///< what evaluating and concluding read: textsOf()
  double concluding = 0;     ///< of a finished run, after its last evaluation
  bool isMeasured = false;   ///< in a run of this model; else guessed
  double tokensPerStep = 0;  ///< that a step reads, as far as it is known
};

/// What a run takes in all, in seconds.
struct TrainTime {
  double training = 0, evaluating = 0, concluding = 0;
  bool isMeasured = false;  ///< as TrainPace

  double total() const { return training + evaluating + concluding; }
};

/// A name for the texts and questions that a run is evaluated with.
std::string textsOf(const TrainSettings& settings);
/// Of what a run has told. What it did not come to is as was expected; nothing before a step and an evaluation.
std::optional<TrainPace> paceOf(const TrainSettings& settings, const TrainHistory& history, const TrainPace& expected);
/// Keeps it beside the run, where the next run of the model finds it. @throws core::Error (Io)
void keepPace(const std::filesystem::path& folder, const TrainPace& pace);
/// What a run in the folder was like; nothing where there was none, or nobody can read it.
std::optional<TrainPace> keptPace(const std::filesystem::path& folder);

/// Of a run that is not begun.
TrainTime timeOf(const TrainSettings& settings, const TrainPace& pace);
/// From here to the end. @param activity what it is at, for so many seconds
double secondsLeft(const TrainSettings& settings, const TrainHistory& history, const TrainPace& pace,
                   TrainActivity activity, double seconds);
/// What a run took so far, its evaluations included; what was lost when it was stopped is not in it.
double secondsTaken(const TrainHistory& history);

}  // namespace app
