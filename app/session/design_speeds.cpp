#include "app/session/design_speeds.h"

#include <algorithm>
#include <cmath>

#include "app/session/engine.h"
#include "app/session/speed.h"
#include "core/base/error.h"

namespace app {

using core::evaluate::SearchItem;
using core::model::Recipe;

namespace {

constexpr double kPicosecondsPerSecond = 1e12;

std::uint64_t weightsOf(const core::io::Checkpoint& checkpoint, const core::evaluate::Part& part) {
  std::uint64_t count = 0;
  for (const std::string& tensor : part.tensors) count += checkpoint.tensors()[*checkpoint.find(tensor)].shape.count();
  return count;
}

}  // namespace

double measureRecipeSpeed(Engine& engine, const DivergenceStudy& study, const Recipe& recipe,
                          const core::JobContext& job) {
  const std::uint32_t context = study.model().config().contextLength;
  SpeedSettings settings{.promptTokens = 16, .generatedTokens = 32, .repetitions = 5, .kv = study.request().kv};
  settings.promptTokens = std::min(settings.promptTokens, std::max(context / 2, 1U));
  settings.generatedTokens = std::min(settings.generatedTokens, std::max(context / 4, 1U));
  const auto executor =
      engine.createExecutor(study.model(), Variant{recipe, study.request().device, settings.kv}, job.part(0.0, 0.6));
  return measureSpeed(*executor, settings, job.part(0.6, 1.0)).decode;
}

std::vector<double> measureCandidateSpeeds(Engine& engine, const DivergenceStudy& study, const DesignSpace& space,
                                           const DesignRequest& request, const core::JobContext& job) {
  std::vector<double> speeds;
  const auto count = static_cast<double>(request.candidates.size());
  for (const core::quant::Scheme& candidate : request.candidates) {
    const double done = static_cast<double>(speeds.size()) / count;
    job.progress(done, "Measuring the candidates' speeds");
    Recipe recipe = space.others;
    for (const core::evaluate::Part& part : space.parts)
      for (const std::string& tensor : part.tensors)
        if (canHold(study.model().checkpoint(), tensor, candidate)) recipe.rules.push_back(ruleFor(tensor, candidate));
    try {
      speeds.push_back(measureRecipeSpeed(engine, study, recipe, job.part(done, done + 1.0 / count)));
    } catch (const core::Error& error) {
      if (error.code() != core::ErrorCode::NotFinite) throw;
      speeds.push_back(DesignSpeeds::kNotMeasured);
    }
  }
  return speeds;
}

std::vector<SearchItem> timedItems(const core::io::Checkpoint& checkpoint, const DesignSpace& space,
                                   const std::vector<double>& tokensPerSecond) {
  std::vector<SearchItem> items = space.items;
  double all = 0.0;
  for (const auto& part : space.parts) all += static_cast<double>(weightsOf(checkpoint, part));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double share = static_cast<double>(weightsOf(checkpoint, space.parts[i])) / all;
    for (std::size_t c = 0; c < items[i].bytes.size(); ++c) {
      if (!items[i].bytes[c]) continue;
      if (tokensPerSecond[c] > 0)
        items[i].bytes[c] =
            static_cast<std::uint64_t>(std::llround(kPicosecondsPerSecond * share / tokensPerSecond[c]));
      else
        items[i].bytes[c].reset();
    }
  }
  return items;
}

}  // namespace app
