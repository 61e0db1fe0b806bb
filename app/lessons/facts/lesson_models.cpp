#include "app/lessons/facts/lesson_models.h"

#include <QFile>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/lessons/facts/lesson_inputs.h"
#include "app/session/demo_model.h"
#include "app/session/engine.h"
#include "core/base/error.h"
#include "core/io/safetensors.h"

/// A static library's resources must be asked for by name, and the macro works outside of namespaces only.
static void initResources() { Q_INIT_RESOURCE(quantscope); }

namespace app {

namespace {

QByteArray compiledIn(const char* name) {
  initResources();
  QFile file(QStringLiteral(":/lessons/models/") + QLatin1String(name));
  if (!file.open(QIODevice::ReadOnly))
    throw core::Error(core::ErrorCode::NotFound, std::string("The program was built without ") + name + ".", name);
  return file.readAll();
}

core::model::Recipe recipeOf(const std::string& scheme) {
  return scheme == "stored" ? core::model::Recipe() : core::model::Recipe(core::quant::Scheme::parse(scheme));
}

}  // namespace

const core::classic::ImageNetwork& digitNetwork() {
  static const core::classic::ImageNetwork kNetwork = [] {
    const auto file = std::make_shared<const QByteArray>(compiledIn("digits.safetensors"));
    const auto bytes = std::as_bytes(std::span(file->constData(), static_cast<std::size_t>(file->size())));
    return core::classic::ImageNetwork::read(*core::io::parseSafetensors(bytes, file, "digits.safetensors"));
  }();
  return kNetwork;
}

const std::vector<Exchange>& lessonExchanges() {
  static const std::vector<Exchange> kExchanges = [] {
    std::vector<Exchange> exchanges;
    for (const auto& pair : nlohmann::json::parse(compiledIn("questions.json").toStdString()))
      exchanges.push_back({pair.at(0).get<std::string>(), pair.at(1).get<std::string>()});
    return exchanges;
  }();
  return kExchanges;
}

AnswerScore chatScore(const std::string& scheme, const core::JobContext& job, const std::string& calibrated) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, AnswerScore> known;
  const core::model::Recipe recipe = recipeOf(scheme);
  const std::pair key{recipe.toString(), calibrated};
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  const auto model = lessonDemo(calibrated, job);
  const AnswerScore score = scoreAnswers(*model, recipe, lessonExchanges(), job);
  const std::lock_guard lock(mutex);
  return known.insert_or_assign(key, score).first->second;
}

std::string chatAnswer(const std::string& scheme, const std::string& question, const core::JobContext& job) {
  const auto model = OpenModel::open(std::string(kDemoName), job);
  Engine engine;
  Engine::SessionOptions options;
  options.recipe = recipeOf(scheme);
  options.device.kind = DeviceChoice::Kind::Cpu;
  core::model::GenerationOptions favourite;
  favourite.sampling.temperature = 0;
  favourite.maxTokens = 60;
  const core::text::ChatMessage message{"user", question};
  const std::string text =
      engine.createSession(*model, options, job)->chat(std::span(&message, 1), favourite, {}, job).text;
  job.throwIfCancelled();
  return text;
}

}  // namespace app
