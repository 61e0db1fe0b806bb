#include "app/workspaces/trace/block_reader.h"

#include <algorithm>

#include "app/jobs/stop_notice.h"
#include "core/base/error.h"
#include "core/quant/explain/block_override.h"

namespace app {

namespace {

const QString kBlockTag = QStringLiteral("trace.block"), kTensorTag = QStringLiteral("trace.tensor");

const core::trace::DifferingTensor& tensorOf(const TracedModels& models, const std::string& name) {
  const auto found = std::ranges::find(models.tensors, name, &core::trace::DifferingTensor::name);
  if (found == models.tensors.end())
    throw core::Error(core::ErrorCode::NotFound, "Both models have the same " + name + ".");
  return *found;
}

/// Blocks of the trace are no larger than those that decisions are made in.
std::vector<core::quant::DecidedWeight> decisionsIn(const core::trace::DifferingTensor& tensor,
                                                    const TraceState::Block& block) {
  std::vector<core::quant::DecidedWeight> result;
  std::optional<core::quant::FieldPlace> place;
  for (std::uint64_t i = 0; i < block.count && !place; ++i) {
    try {
      place = core::quant::codePlace(*tensor.mine, block.first + i);
    } catch (const core::Error&) {
      continue;  // kept beside the codes
    }
  }
  if (!place) return result;
  for (auto& weight : core::quant::decisionsOf(*tensor.other, *tensor.mine, place->row, place->block))
    if (weight.element >= block.first && weight.element < block.first + block.count) result.push_back(weight);
  std::ranges::sort(result, {}, &core::quant::DecidedWeight::element);
  return result;
}

}  // namespace

BlockReader::BlockReader(TraceState& state, QObject* parent)
    : QObject(parent), m_state(state), m_stop(new StopNotice(state.jobs(), kTensorTag, this)) {
  connect(&state, &TraceState::changed, this, &BlockReader::follow);
  connect(&state, &TraceState::placeChanged, this, &BlockReader::follow);
  // The next block that is looked at asks for it again.
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_tensor.reset();
    Q_EMIT changed();
  });
}

void BlockReader::setActive(bool active) {
  if (std::exchange(m_isActive, active) != active && active) follow();
}

const BlockDetails* BlockReader::details() const {
  if (!m_details || m_details->tensor != m_state.tensor() || m_details->block != m_state.block() ||
      m_question != m_state.result().question)
    return nullptr;
  return &*m_details;
}

bool BlockReader::isComputing() const {
  return m_state.jobs().isActive(kBlockTag) || m_state.jobs().isActive(kTensorTag);
}

void BlockReader::follow() {
  const auto& question = m_state.result().question;
  if (question != m_question) {
    m_question = question;
    m_details.reset();
    m_tensor.reset();
    m_contributions.reset();
    m_failure.clear();
  }
  const auto tensor = m_state.tensor();
  const auto block = m_state.block();
  const bool isKnown = m_state.trace() != nullptr && m_state.trace()->attribution.has_value();
  if (!m_isActive || !isKnown || !tensor || !block) return Q_EMIT changed();
  if (details() == nullptr) readBlock(*tensor, *block);
  if (m_tensor != tensor) readContributions(*tensor);
  Q_EMIT changed();
}

void BlockReader::readBlock(std::size_t tensor, const TraceState::Block& block) {
  m_failure.clear();
  const auto work = [model = m_state.selection().model(), result = m_state.result(), tensor,
                     block](const core::JobContext& job) {
    const auto models = result.models ? result.models : makeTracedModels(*model, *result.question, job);
    const auto& differing = tensorOf(*models, result.trace->tensors[tensor].name);
    return BlockDetails{tensor, block, decisionsIn(differing, block), {}, differing.mine};
  };
  const auto done = [this](BlockDetails details) {
    m_details = std::move(details);
    addContributions();
    Q_EMIT changed();
  };
  const auto failed = [this](const QString& sentence) {
    m_failure = sentence;
    Q_EMIT changed();
  };
  m_state.jobs().run(this, {kBlockTag, {}}, work, done, failed);
}

void BlockReader::addContributions() {
  if (!m_details || !m_contributions || m_details->tensor != m_tensor) return;
  m_details->contributions.clear();
  for (const auto& weight : m_details->weights) m_details->contributions.push_back((*m_contributions)[weight.element]);
}

// Of all of the tensor's weights at once, for the next blocks are likely to be its, too.
void BlockReader::readContributions(std::size_t tensor) {
  m_tensor = tensor;
  m_contributions.reset();
  const auto work = [model = m_state.selection().model(), result = m_state.result(),
                     tensor](const core::JobContext& job) {
    const auto models = result.models ? result.models : makeTracedModels(*model, *result.question, job.part(0.0, 0.1));
    const auto& parting = result.trace->found().parting;
    core::trace::AttributionSettings settings;
    settings.referenceKv = result.question->reference.kv;
    settings.comparedKv = result.question->compared.kv;
    return std::make_shared<const std::vector<float>>(core::trace::contributionsOf(
        result.trace->tensors[tensor].name, models->reference, models->compared, parting.tokens,
        core::trace::Objective::difference(parting.reference, parting.compared), result.trace->attribution->points,
        settings, job.part(0.1, 1.0)));
  };
  const auto done = [this, tensor, question = m_question](std::shared_ptr<const std::vector<float>> values) {
    m_stop->end();
    if (m_tensor != tensor || m_question != question) return;
    m_contributions = std::move(values);
    addContributions();
    Q_EMIT changed();
  };
  const auto failed = [this](const QString& sentence) {
    m_stop->end();
    m_failure = sentence;
    Q_EMIT changed();
  };
  m_stop->end();
  m_state.jobs().run(this, {kTensorTag, tr("Adding up what every weight did")}, work, done, failed);
  m_stop->begin();
}

}  // namespace app
