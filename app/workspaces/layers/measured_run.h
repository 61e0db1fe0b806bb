#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "app/workspaces/layers/measured_answer.h"
#include "core/base/job_context.h"

namespace app {

class Engine;
class OpenModel;

/// What the inference thread has found out since the window looked last, by the recipe's text. Thread-safe.
class MeasuredFeed {
 public:
  struct News {
    SensitivityReport report;
    bool isComplete = false;
    std::string failure;
  };
  void put(const std::string& recipe, News news);
  std::map<std::string, News> take();

 private:
  std::mutex m_mutex;
  std::map<std::string, News> m_news;
};

/// What is to be measured in one go.
struct MeasuredOrder {
  MeasuredQuestion question;
  std::vector<core::model::Recipe> recipes;
  core::evaluate::Level level = core::evaluate::Level::Tensor;  ///< the finest
};

/// The levels that are measured for one to be known: single tensors after their layers, so that there is something to
/// be seen early.
std::vector<core::evaluate::Level> levelsFor(core::evaluate::Level level);

/// Measures one recipe after the other; a recipe that cannot be measured says so, the others go on. Of swapped tensors
/// the quick figures are measured behind them. For the inference thread; measurements are kept in the user's cache.
/// @throws core::Error as DivergenceStudy, core::Cancelled (the feed has what is known)
void measureRecipeTensors(OpenModel& model, Engine& engine, const MeasuredOrder& order, MeasuredFeed& feed,
                          const core::JobContext& job);

}  // namespace app
