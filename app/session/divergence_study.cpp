#include "app/session/divergence_study.h"

#include <fmt/format.h>

#include <set>

#include "app/session/build_text.h"
#include "app/session/merge_adapter.h"
#include "app/session/other_models.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"

namespace app {

namespace evaluate = core::evaluate;

namespace {

/// Every position whose next token is known.
void scoreAll(evaluate::Reading& reading) {
  reading.scored = 0;
  for (evaluate::Passage& passage : reading.passages) {
    const auto count = static_cast<std::uint32_t>(passage.tokens.size());
    passage.answers = {{0, count > 0 ? count - 1 : 0}};
    reading.scored += passage.scored();
  }
}

}  // namespace

evaluate::Reading readingOf(const OpenModel& model, const StudyRequest& request, const core::JobContext& job) {
  if (model.whyCannotComplete()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotComplete());
  const core::calibrate::TextReader reader{*model.tokenizer(), model.chatTemplate().get(),
                                           model.config().contextLength};
  evaluate::Reading reading = evaluate::readText(request.text, reader, request.reading, job);
  if (request.positions == StudyPositions::All) scoreAll(reading);
  return reading;
}

DivergenceStudy::DivergenceStudy(OpenModel& model, Engine& engine, StudyRequest request, const core::JobContext& job)
    : m_model(model), m_request(std::move(request)), m_reading(readingOf(model, m_request, job.part(0.0, 0.1))) {
  evaluate::ReadingOptions options;
  options.kv = m_request.kv;
  options.knownTokens = model.tokenizer()->size();
  options.makeExecutor = [&engine, this](core::model::Graph graph) {
    auto executor = engine.createExecutor(std::move(graph), m_request.device);
    m_deviceName = executor->deviceName();
    return executor;
  };
  m_meter = std::make_unique<evaluate::DivergenceMeter>(graphOf({}, job.part(0.1, 0.2)), m_reading.passages,
                                                        std::move(options), evaluate::KeptBytes(), job.part(0.2, 1.0));
  std::string identity;
  if (!m_request.cacheFolder.empty()) {
    const auto calibration = model.calibration().current();
    identity = fmt::format("divergences 1\n{}\n{}\n{:016x} {}\n{}\n{}\n{}", buildText(),
                           core::calibrate::modelHash(model.checkpoint(), job), m_reading.hash,
                           static_cast<int>(m_request.positions), m_deviceName, core::model::nameOf(m_request.kv),
                           calibration ? calibration->identity() : "");
  }
  m_file = std::make_unique<DivergenceFile>(m_request.cacheFolder, identity);
  m_exchange = std::make_unique<evaluate::ExchangeMeter>(
      *m_meter, [this](const evaluate::Exchanged& tensors) { return graphOf(tensors); }, m_file.get());
}

core::model::Graph DivergenceStudy::graphOf(const core::model::Recipe& recipe, const core::JobContext& job) const {
  const auto calibration = m_model.calibration().current();
  return core::model::buildGraph(m_model.config(),
                                 m_model.weights().load(m_model.config(), recipe, job, calibration.get()));
}

core::model::Graph DivergenceStudy::graphOf(const evaluate::Exchanged& tensors) const {
  core::model::Recipe recipe;
  recipe.replacements = tensors;
  return graphOf(recipe, core::JobContext());
}

evaluate::Exchanged DivergenceStudy::tensorsOf(const core::model::Recipe& recipe, const core::JobContext& job) const {
  requireComparable(m_model, recipe);
  const auto folded = withAdapterFolded(m_model, recipe, job.part(0.0, 0.5));
  evaluate::Exchanged tensors = evaluate::differingTensors(reference(), graphOf(folded, job.part(0.5, 1.0)));
  if (recipe.otherModel() == nullptr && !recipe.adapter) return tensors;
  for (auto& [name, tensor] : tensors) {  // its scheme does not say whose it is, so no measurement is kept under it
    if (recipe.otherModel() == nullptr && !folded.replacements.contains(name)) continue;
    auto copy = std::make_shared<core::quant::QuantizedTensor>(*tensor);
    copy->scheme.reset();
    tensor = std::move(copy);
  }
  return tensors;
}

evaluate::BlockRatio DivergenceStudy::measure(const core::model::Recipe& recipe, const core::JobContext& job) {
  return m_exchange->measure(tensorsOf(recipe, job.part(0.0, 0.5)), job.part(0.5, 1.0));
}

std::vector<evaluate::PlacedTensor> DivergenceStudy::placesOf(const evaluate::Exchanged& tensors) const {
  std::vector<evaluate::PlacedTensor> places;
  std::set<std::string> seen;
  for (const core::model::Op& op : reference().ops) {
    const auto* const weight = op.weight();
    if (weight == nullptr || !tensors.contains((*weight)->name) || !seen.insert((*weight)->name).second) continue;
    const std::string& name = (*weight)->name;
    const auto index = m_model.checkpoint().find(name);
    if (!index) continue;
    const auto& choice = m_model.choices()[*index];
    places.push_back({name, choice.layer, std::string(core::model::label(choice.role))});
  }
  return places;
}

core::model::RecipeRule ruleFor(const std::string& tensor, const std::optional<core::quant::Scheme>& scheme) {
  std::string pattern = "^";
  for (const char c : tensor) {
    const bool isPlain = (std::isalnum(static_cast<unsigned char>(c)) != 0) || c == '_' || c == '-';
    if (!isPlain) pattern += '\\';
    pattern += c;
  }
  return {core::model::TensorPattern(pattern + '$'), scheme, {}};
}

}  // namespace app
