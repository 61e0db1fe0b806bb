#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/session/engine.h"
#include "core/evaluate/proportions.h"
#include "core/evaluate/task.h"

namespace app {

/// What a variant made of one task.
struct TaskAnswer {
  std::string text;  ///< written greedily; of a choice the most probable one
  bool right = false;
  bool rightPerByte = false;  ///< of a choice: under log-probabilities divided by bytes; else as `right`
  bool isCut = false;         ///< it had not ended after the tokens it may have
  std::string failure;        ///< why there is no answer; then it is not right
};

/// What a variant made of all tasks.
struct TaskRow {
  Variant variant;
  std::string text, name, device;
  std::vector<TaskAnswer> answers;  ///< one per task
  core::evaluate::Proportion accuracy;
  double accuracyPerByte = 0;            ///< with choices judged per byte
  std::vector<std::size_t> turnedWrong;  ///< tasks the reference has right and this has not
  std::vector<std::size_t> turnedRight;  ///< the other way
  double pValue = 1;                     ///< that both turns are equally likely (mcNemar)
  std::string failure;                   ///< why it could not run; the figures mean nothing then
};

/// Whether tasks survive: KL does not say whether mine do.
struct TaskEvaluation {
  core::evaluate::TaskList tasks;
  TaskRow reference;
  std::vector<TaskRow> rows;  ///< in the order they were asked for

  /// Tasks whose answers turned between right and wrong in some row, in their order.
  std::vector<std::size_t> flipped() const;
};

struct TaskRequest {
  Variant reference;
  std::vector<Variant> compared;
  core::evaluate::TaskList tasks;
  std::filesystem::path cacheFolder;  ///< where answers are kept, so that a stopped run goes on; empty: nowhere
};

/// Shown what is there after every answer, from the thread that evaluates; rows have as many answers as are known.
using OnAnswer = std::function<void(const TaskEvaluation&)>;

/// Asks every variant all tasks, one variant after the other, the reference first. Answers are written greedily. A
/// choice is scored as the model would write it, the token that ends the turn included: the sum of the logarithms of
/// its tokens' probabilities decides; that sum divided by the choice's bytes is a second opinion, since long answers
/// have many tokens. For the inference thread.
/// @throws core::Error (Unsupported) when the model cannot chat, as Engine::createSession for the reference;
///         core::Cancelled (answers are kept)
TaskEvaluation evaluateTasks(OpenModel& model, Engine& engine, const TaskRequest& request,
                             const OnAnswer& onAnswer = {}, const core::JobContext& job = core::JobContext());

/// A file of tasks, or "demo": questions to the built-in model. @throws core::Error as core::evaluate::openTasks
core::evaluate::TaskList openTaskList(const std::string& wordOrFile);

}  // namespace app
