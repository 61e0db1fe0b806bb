#include "app/workspaces/compare/compare_measurement.h"

#include <algorithm>
#include <utility>

#include "app/session/cache_folder.h"
#include "app/session/engine.h"
#include "app/session/evaluate_model.h"
#include "core/base/error.h"

namespace app {

namespace {

/// Short: speed is a matter of seconds here, not of the third digit.
constexpr SpeedSettings kSpeed{.promptTokens = 64, .generatedTokens = 16, .repetitions = 5};

EvaluationRequest requestOf(const CompareQuestion& question, const std::vector<core::model::Recipe>& recipes,
                            const std::optional<core::model::Recipe>& reference) {
  EvaluationRequest request;
  request.reference = {reference.value_or(core::model::Recipe()), question.device, core::model::KvType::F16};
  for (const auto& recipe : recipes) {
    Variant variant{recipe, question.device, question.kv};
    if (!(variant == request.reference)) request.compared.push_back(std::move(variant));
  }
  request.text = openEvaluationText(question.text.toStdString());
  request.reading.tokens = question.tokens;
  request.reading.context = question.context;
  request.cacheFolder = userCacheFolder();
  return request;
}

}  // namespace

DeviceMeasurement measureOnDevice(OpenModel& model, Engine& engine, const Variant& variant, std::uint32_t context,
                                  const core::JobContext& job) {
  const Engine::SessionOptions options{variant.recipe, variant.device, context, variant.kv};
  const auto executor = engine.createExecutor(model, options, job.part(0.0, 0.6));
  DeviceMeasurement result;
  result.device = executor->deviceName();
  result.context = context;
  SpeedSettings settings = kSpeed;
  settings.kv = variant.kv;
  settings.promptTokens = std::min(settings.promptTokens, std::max(model.config().contextLength / 2, 1U));
  settings.generatedTokens = std::min(settings.generatedTokens, std::max(model.config().contextLength / 4, 1U));
  result.speed = measureSpeed(*executor, settings, job.part(0.6, 0.9));
  // A whole batch, so that scratch has the size it will have.
  const std::vector<core::model::TokenId> tokens(std::min(256U, model.config().contextLength), 1);
  std::vector<float> logits(executor->graph().vocabulary());
  const auto small = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), variant.kv);
  executor->forward(tokens, *small, core::model::LogitsWanted::LastToken, logits, job.part(0.9, 1.0));
  const auto cache = executor->createKvCache(context, variant.kv);
  result.residentBytes = static_cast<double>(executor->memory().residentBytes);
  result.kvBytes = static_cast<double>(cache->bytes());
  return result;
}

CompareMeasurement measureRecipes(OpenModel& model, Engine& engine, CompareMeasurement asked,
                                  const std::vector<core::model::Recipe>& recipes,
                                  const std::optional<core::model::Recipe>& reference, MeasurementFeed& feed,
                                  const core::JobContext& job) {
  CompareMeasurement result = std::move(asked);
  const EvaluationRequest request = requestOf(result.question, recipes, reference);
  const OnBlock onBlock = [&](const Evaluation& evaluation) {
    result.evaluation = evaluation;
    feed.put(result);
  };
  result.evaluation = evaluateModel(model, engine, request, onBlock, job.part(0.0, 0.7));
  feed.put(result);
  std::vector<Variant> variants{request.reference};
  variants.insert(variants.end(), request.compared.begin(), request.compared.end());
  const std::uint32_t context = std::min(model.config().contextLength, 512U);
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto count = static_cast<double>(variants.size()), at = static_cast<double>(i);
    const auto part = job.part(0.7 + 0.3 * at / count, 0.7 + 0.3 * (at + 1) / count);
    part.progress(0, "Measuring speed");
    try {
      result.devices[variants[i].toString()] = measureOnDevice(model, engine, variants[i], context, part);
    } catch (const core::Error&) {
      continue;  // its row says why it cannot run
    }
    feed.put(result);
  }
  return result;
}

}  // namespace app
