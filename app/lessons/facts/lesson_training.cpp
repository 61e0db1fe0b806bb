#include "app/lessons/facts/lesson_training.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "app/lessons/facts/fact_arguments.h"
#include "app/lessons/facts/lesson_models.h"
#include "app/session/demo_model.h"
#include "app/session/qat_lab.h"
#include "app/session/recipe_file.h"
#include "app/session/train_defaults.h"
#include "app/session/train_mark.h"
#include "app/session/train_source.h"
#include "core/train/lora/lora_model.h"

namespace app {

namespace {

constexpr std::uint32_t kSequences = 4, kTokens = 128;
constexpr std::uint64_t kMostSteps = 200;

void makeSmall(TrainSettings& settings, std::uint64_t steps) {
  if (steps == 0 || steps > kMostSteps) refuseArgument("A lesson trains from 1 to 200 steps.");
  settings.steps = steps;
  settings.length = kTokens;
}

void train(core::train::TrainedModel& model, const TrainSource& source, const TrainSettings& settings,
           const core::JobContext& job) {
  core::train::Trainer trainer(model, *source.batches, trainerSettings(settings));
  while (!trainer.isFinished()) trainer.step(job);
  model.prepare(job);
}

/// What was computed once.
template <class Key, class Value>
class Remembered {
 public:
  template <class Compute>
  Value get(const Key& key, Compute compute) {
    {
      const std::lock_guard lock(m_mutex);
      if (const auto found = m_known.find(key); found != m_known.end()) return found->second;
    }
    const Value value = compute();
    const std::lock_guard lock(m_mutex);
    return m_known.insert_or_assign(key, value).first->second;
  }

 private:
  std::mutex m_mutex;
  std::map<Key, Value> m_known;
};

}  // namespace

AnswerScore trainedScore(const std::string& scheme, std::uint64_t steps, const core::JobContext& job) {
  static Remembered<std::pair<std::string, std::uint64_t>, AnswerScore> known;
  return known.get({scheme, steps}, [&] {
    const auto model = OpenModel::open(std::string(kDemoName), job);
    QatLabSettings settings = usualQatSettings(*model, scheme);
    makeSmall(settings, steps);
    settings.batch = kSequences;
    QatLab lab(*model, settings, job);
    train(lab.model(), sourceOf(*model, settings, job), settings, job);
    return scoreAnswers(*model, lab.now(), lessonExchanges(), job);
  });
}

std::uint64_t factsLearned(std::uint64_t facts, std::uint64_t steps, const core::JobContext& job) {
  static Remembered<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> known;
  return known.get({facts, steps}, [&] {
    const auto model = OpenModel::open(std::string(kDemoName), job);
    QloraLabSettings settings = usualQloraSettings(*model);
    makeSmall(settings, steps);
    settings.replay = false;
    settings.facts = exampleFacts();
    if (facts == 0 || facts > settings.facts.size()) refuseArgument("There are ten example facts.");
    settings.facts.resize(static_cast<std::size_t>(facts));
    const auto base = core::model::buildGraph(model->config(),
                                              model->weights().load(model->config(), openRecipe(settings.base), job));
    core::train::LoraModel lora(base, settings.adapter);
    train(lora, sourceOf(*model, settings, job), settings, job);
    MarkedModel marked(*model, lora.graph());
    const auto asked = TrainMarker::askFacts(marked, *model, settings.facts, job);
    return static_cast<std::uint64_t>(std::ranges::count_if(asked, &FactKnown::isKnown));
  });
}

}  // namespace app
