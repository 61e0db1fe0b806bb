#include "app/workspaces/layers/measured_run.h"

#include <utility>

#include "app/session/cache_folder.h"
#include "app/session/evaluate_model.h"
#include "core/base/error.h"

namespace app {

using core::evaluate::Direction;
using core::evaluate::Level;

namespace {

void measure(DivergenceStudy& study, const MeasuredOrder& order, const core::model::Recipe& recipe, MeasuredFeed& feed,
             const core::JobContext& job) {
  const std::string key = recipe.toString();
  SensitivityRequest request;
  request.recipe = recipe;
  request.levels = levelsFor(order.level);
  request.swaps = order.question.direction == Direction::Swap;
  request.restores = !request.swaps;
  const bool hasProxies = request.swaps && order.level == Level::Tensor;
  // What no scheme describes is not recognised a second time: then the quick figures come first.
  const bool isRecognised = !recipe.namesFiles() && recipe.replacements.empty();
  request.proxies = hasProxies && !isRecognised;
  const double rest = hasProxies && isRecognised ? 0.8 : 1.0;
  const auto onRow = [&](const SensitivityReport& report) { feed.put(key, {report, false, {}}); };
  SensitivityReport report = measureSensitivity(study, request, onRow, job.part(0.0, rest));
  if (hasProxies && isRecognised) {
    feed.put(key, {report, false, {}});
    request.proxies = true;
    report = measureSensitivity(study, request, {}, job.part(rest, 1.0));
  }
  feed.put(key, {std::move(report), true, {}});
}

}  // namespace

void MeasuredFeed::put(const std::string& recipe, News news) {
  const std::lock_guard lock(m_mutex);
  News& known = m_news[recipe];
  if (news.report.rows.empty()) news.report = std::move(known.report);  // what was measured before it failed
  known = std::move(news);
}

std::map<std::string, MeasuredFeed::News> MeasuredFeed::take() {
  const std::lock_guard lock(m_mutex);
  return std::exchange(m_news, {});
}

std::vector<Level> levelsFor(Level level) {
  return level == Level::Tensor ? std::vector{Level::Layer, Level::Tensor} : std::vector{level};
}

void measureRecipeTensors(OpenModel& model, Engine& engine, const MeasuredOrder& order, MeasuredFeed& feed,
                          const core::JobContext& job) {
  StudyRequest request;
  request.text = openEvaluationText(order.question.text.toStdString());
  request.reading.tokens = order.question.tokens;
  request.cacheFolder = userCacheFolder();
  DivergenceStudy study(model, engine, std::move(request), job.part(0.0, 0.1));
  const auto count = static_cast<double>(order.recipes.size());
  for (std::size_t i = 0; i < order.recipes.size(); ++i) {
    const auto at = static_cast<double>(i);
    const core::JobContext part = job.part(0.1 + 0.9 * at / count, 0.1 + 0.9 * (at + 1) / count);
    try {
      measure(study, order, order.recipes[i], feed, part);
    } catch (const core::Error& error) {
      feed.put(order.recipes[i].toString(), {{}, true, error.what()});
    }
  }
}

}  // namespace app
