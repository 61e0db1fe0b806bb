#include "app/workspaces/trace/trace_state.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "app/session/engine.h"
#include "app/session/traced_place.h"

namespace app {

namespace {

const QString kTraceTag = QStringLiteral("trace");
constexpr int kPollMilliseconds = 60;
constexpr std::size_t kKept = 4;  // traces that going back finds again

}  // namespace

TraceState::TraceState(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_engine(std::make_shared<Engine>()) {
  m_poll.setInterval(kPollMilliseconds);
  connect(&m_poll, &QTimer::timeout, this, [this] {
    takeNews();
    if (isRunning()) return;
    m_poll.stop();
    // A job that somebody cancelled delivers nothing.
    if (std::exchange(m_running, nullptr) != nullptr) m_wasStopped = true;
    Q_EMIT changed();
  });
  connect(&selection, &Selection::traceQuestionChanged, this, &TraceState::follow);
  connect(&selection, &Selection::modelChanged, this, &TraceState::follow);
  connect(&selection, &Selection::calibrationChanged, this, &TraceState::followCalibration);
  connect(&selection, &Selection::tensorChanged, this, &TraceState::placeChanged);
  connect(&selection, &Selection::weightChanged, this, &TraceState::placeChanged);
}

TraceState::~TraceState() = default;

void TraceState::setActive(bool active) {
  m_isActive = active;
  if (active) follow();
}

bool TraceState::isRunning() const { return m_jobs.isActive(kTraceTag); }

// Another question: its answer is computed, or was already. What was known of another one goes.
void TraceState::follow() {
  if (m_model != m_selection.model()) {
    m_model = m_selection.model();
    m_earlier.clear();
  }
  const auto& asked = question();
  if (m_running && m_running != asked) {
    m_jobs.cancelTag(kTraceTag);
    m_running.reset();
  }
  if (asked && (m_result.question == asked || m_running == asked)) return;
  forget();
  const auto known = std::ranges::find(m_earlier, asked, &TraceResult::question);
  if (asked && known != m_earlier.end()) {
    m_result = *known;
    m_isComplete = true;
  } else if (asked && m_isActive) {
    return run();
  }
  Q_EMIT changed();
}

void TraceState::forget() {
  m_result = {};
  m_isComplete = m_wasStopped = m_isOld = false;
  m_failure.clear();
}

// What looks at data becomes other weights with another calibration.
void TraceState::followCalibration() {
  const auto looksAtData = [this](const TraceResult& result) {
    const auto need = [this](const Variant& variant) { return m_selection.needOf(variant.recipe); };
    return result.question && (need(result.question->compared) != core::quant::CalibrationNeed::None ||
                               need(result.question->reference) != core::quant::CalibrationNeed::None);
  };
  std::erase_if(m_earlier, looksAtData);
  if (!trace() || !looksAtData(m_result)) return;
  m_isOld = true;
  Q_EMIT changed();
}

void TraceState::run() {
  if (!m_model || !question()) return;
  forget();
  m_running = question();
  m_feed = std::make_shared<TraceFeed>();
  const auto work = [engine = m_engine, model = m_model, asked = m_running, feed = m_feed](
                        const core::JobContext& job) { return runTrace(*engine, *model, asked, *feed, job); };
  const auto done = [this](TraceResult result) {
    m_running.reset();
    m_feed.reset();
    m_isComplete = true;
    m_earlier.push_front(result);
    m_earlier.front().models.reset();  // weights of earlier questions leave memory
    if (m_earlier.size() > kKept) m_earlier.pop_back();
    take(std::move(result));
    Q_EMIT completed();
    showFirstPlace();
  };
  const auto failed = [this](const QString& sentence) {
    m_running.reset();
    m_failure = sentence;
    Q_EMIT changed();
  };
  m_jobs.run(this, {kTraceTag, tr("Tracing the word"), Lane::Inference}, work, done, failed);
  m_poll.start();
  Q_EMIT changed();
}

void TraceState::stop() {
  takeNews();
  m_jobs.cancelTag(kTraceTag);
  m_wasStopped = std::exchange(m_running, nullptr) != nullptr;
  Q_EMIT changed();
}

void TraceState::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (news && news->question == question()) take(std::move(*news));
}

void TraceState::take(TraceResult result) {
  m_result = std::move(result);
  Q_EMIT changed();
}

// Who asked for the cause wants to see it: the first weight that was proved, or the tensor that did most.
void TraceState::showFirstPlace() {
  if (std::exchange(m_keepsPlace, false) && tensor()) return;
  if (!trace() || trace()->tensors.empty() || !trace()->attribution) return;
  const auto& proof = trace()->proof;
  if (proof && proof->weights && !proof->weights->members.empty()) {
    const auto& member = proof->weights->members.front();
    return selectWeight(member.tensor, member.first);
  }
  std::size_t best = 0;
  const auto sum = [this](std::size_t tensor) {
    const auto* known = contribution(tensor);
    return known == nullptr ? 0.0 : known->sum;
  };
  for (std::size_t i = 1; i < trace()->tensors.size(); ++i)
    if (sum(i) > sum(best)) best = i;
  selectTensor(best);
}

std::optional<std::size_t> TraceState::tensor() const {
  const auto* info = m_selection.tensorInfo();
  if (!trace() || info == nullptr) return std::nullopt;
  const auto found = std::ranges::find_if(
      trace()->tensors, [&](const TracedTensor& tensor) { return firstElementOf(tensor, info->name).has_value(); });
  if (found == trace()->tensors.end()) return std::nullopt;
  return static_cast<std::size_t>(found - trace()->tensors.begin());
}

std::optional<std::uint64_t> TraceState::weight() const {
  const auto at = tensor();
  if (!at || !m_selection.weight()) return std::nullopt;
  return *firstElementOf(trace()->tensors[*at], m_selection.tensorInfo()->name) + *m_selection.weight();
}

TraceState::Block TraceState::blockOf(std::size_t tensor, std::uint64_t element) const {
  const TracedTensor& of = trace()->tensors[tensor];
  const std::uint64_t row = element / of.width, block = element % of.width / of.blockSize;
  const std::uint64_t first = block * of.blockSize;
  return {row, block, row * of.width + first,
          static_cast<std::uint32_t>(std::min<std::uint64_t>(of.blockSize, of.width - first))};
}

std::optional<TraceState::Block> TraceState::block() const {
  const auto at = tensor();
  if (!at) return std::nullopt;
  if (const auto selected = weight()) return blockOf(*at, *selected);
  const TracedTensor& of = trace()->tensors[*at];
  const std::string& name = m_selection.tensorInfo()->name;
  if (name == of.name) return bestBlock(*at, 0, of.rows);
  return bestBlock(*at, *firstElementOf(of, name) / of.width, of.matrixRows);  // of one expert among tensors
}

std::optional<TraceState::Block> TraceState::bestBlock(std::size_t tensor, std::uint64_t firstRow,
                                                       std::uint64_t rows) const {
  const auto* known = contribution(tensor);
  if (known == nullptr || known->blockSums.empty()) return std::nullopt;
  const std::uint64_t perRow = known->blocksPerRow();
  const auto sums = std::span(known->blockSums).subspan(firstRow * perRow, rows * perRow);
  const auto best = static_cast<std::uint64_t>(
      std::ranges::max_element(sums, {}, [](float sum) { return std::abs(sum); }) - sums.begin());
  return blockOf(tensor, (firstRow + best / perRow) * known->width + best % perRow * known->blockSize);
}

const core::trace::TensorContribution* TraceState::contribution(std::size_t tensor) const {
  if (!trace() || !trace()->attribution) return nullptr;
  const auto& all = trace()->attribution->tensors;
  const std::string& name = trace()->tensors[tensor].name;
  if (tensor < all.size() && all[tensor].name == name) return &all[tensor];
  const auto found = std::ranges::find(all, name, &core::trace::TensorContribution::name);
  return found == all.end() ? nullptr : &*found;
}

const core::trace::TensorEffect* TraceState::effect(std::size_t tensor) const {
  if (!trace() || !trace()->restoration) return nullptr;
  const auto& all = trace()->restoration->tensors;
  const auto found = std::ranges::find(all, tensor, &core::trace::TensorEffect::tensor);
  return found == all.end() ? nullptr : &*found;
}

bool TraceState::restores(const core::trace::Effect& effect) const {
  return trace()->found().agreement == core::trace::Agreement::Parted && effect.isReferenceWord;
}

std::optional<std::size_t> TraceState::indexInModel(std::size_t tensor, std::uint64_t element) const {
  if (!m_model || !trace()) return std::nullopt;
  const auto tensors = m_model->checkpoint().tensors();
  const TracedPlace place = tracedPlace(trace()->tensors[tensor], element);
  const auto found = std::ranges::find(tensors, place.tensor, &core::io::TensorInfo::name);
  if (found == tensors.end()) return std::nullopt;
  return static_cast<std::size_t>(found - tensors.begin());
}

// Of experts that are tensors of their own, the one whose block did most.
void TraceState::selectTensor(std::size_t tensor) {
  const auto best = bestBlock(tensor, 0, trace()->tensors[tensor].rows);
  if (const auto index = indexInModel(tensor, best ? best->first : 0)) m_selection.setTensor(index);
}

void TraceState::selectWeight(std::size_t tensor, std::uint64_t element) {
  if (const auto index = indexInModel(tensor, element))
    m_selection.setTensorAndWeight(*index, tracedPlace(trace()->tensors[tensor], element).element);
}

const core::text::Tokenizer* TraceState::tokenizer() const { return m_model ? m_model->tokenizer().get() : nullptr; }

}  // namespace app
