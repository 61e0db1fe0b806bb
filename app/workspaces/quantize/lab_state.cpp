#include "app/workspaces/quantize/lab_state.h"

#include <QLocale>
#include <algorithm>
#include <utility>

#include "app/jobs/stop_notice.h"
#include "app/pictures/scheme_levels.h"
#include "app/workspaces/quantize/lab_cost.h"
#include "core/base/error.h"

namespace app {

namespace {

/// Up to so much work (weights of plain rounding) a block is computed at once, without a job. A job of more weights
/// takes long enough to be named.
constexpr std::uint64_t kComputedAtOnce = 1U << 15U, kShort = 1U << 15U;

const QString kLabTag = QStringLiteral("quantize.block");

}  // namespace

LabState::LabState(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_stop(new StopNotice(jobs, kLabTag, this)) {
  m_undo.setUndoLimit(500);
  connect(m_stop, &StopNotice::stopped, this,
          [this] { takeFailure(tr("Cancelled. It goes on when Quantize is shown again.")); });
  connect(&selection, &Selection::modelChanged, this, &LabState::followSelection);
  connect(&selection, &Selection::tensorChanged, this, &LabState::followSelection);
  connect(&selection, &Selection::weightChanged, this, [this] {
    if (m_input.source != WeightSource::Tensor) return;
    moveToWeight();
    Q_EMIT weightChanged();
  });
  connect(&selection, &Selection::currentSchemeChanged, this, &LabState::followScheme);
  connect(&selection, &Selection::calibrationChanged, this, &LabState::followCalibration);
  m_source.load(m_input, m_selection);
}

void LabState::setActive(bool active) {
  if (m_active == active) return;
  m_active = active;
  if (!active) {
    m_stop->end();
    return m_jobs.cancelTag(kLabTag);
  }
  if (m_isSourceDue) {
    loadSource();
    Q_EMIT inputChanged();
  }
  suggestTensor();
  followScheme();
  recompute();
}

// Taking a packed weight apart takes a while: not for a page that nobody looks at.
void LabState::loadSource() {
  m_isSourceDue = !m_active && m_selection.tensorInfo() != nullptr;
  if (m_isSourceDue)
    m_source = LabSource();
  else
    m_source.load(m_input, m_selection);
}

void LabState::followSelection() {
  suggestTensor();
  if (m_input.source != WeightSource::Tensor) return Q_EMIT inputChanged();  // a model to choose, or none
  loadSource();
  recompute();
  Q_EMIT inputChanged();
}

// The scheme is this page's own, until another is chosen in the list.
void LabState::followScheme() {
  if (!m_active || !m_selection.currentScheme() || m_followed == m_selection.currentScheme()) return;
  m_followed = m_selection.currentScheme();
  LabInput next = m_input;
  next.scheme = *m_followed;
  suggest(std::move(next), tr("choose %1").arg(QString::fromStdString(m_followed->displayName())));
}

void LabState::followCalibration() {
  if (core::quant::calibrationNeed(m_input.scheme) == core::quant::CalibrationNeed::None)
    return Q_EMIT blockChanged();  // whose layer may have other inputs now
  recompute();
  Q_EMIT inputChanged();
}

const WeightEdits& LabState::edits() const {
  static const WeightEdits none;
  return m_input.edited == m_source.key() ? m_input.edits : none;
}

QString LabState::weightsKey() const {
  QString key = m_source.key();
  for (const auto& [index, value] : edits()) key += QStringLiteral(" %1=").arg(index) + weightText(value);
  return key;
}

std::uint64_t LabState::weight() const {
  const std::uint64_t chosen = m_input.source == WeightSource::Tensor ? m_selection.weight().value_or(0) : m_weight;
  return std::min(chosen, m_source.tensor()->shape.count() - 1);
}

std::shared_ptr<OpenModel> LabState::model() const {
  return m_input.source == WeightSource::Tensor ? m_selection.model() : nullptr;
}

CalibrationWait LabState::waitFor(core::quant::CalibrationNeed need) const {
  return model() ? m_selection.waitFor(need) : CalibrationWait::Nothing;
}

// A text that would be read when somebody first asks is not there yet, as for all other views.
LabRequest LabState::request() const {
  const auto model = this->model();
  const bool isThere = model && waitFor(core::quant::calibrationNeed(m_input.scheme)) == CalibrationWait::Nothing;
  return {m_source.tensor(), edits(),  m_input.scheme,
          m_input.clip,      weight(), isThere ? model->calibration().current() : nullptr};
}

QString LabState::provenance() const {
  if (!m_source.tensor() || m_block->isEmpty()) return {};
  return QStringLiteral("%1 · %2 · %3")
      .arg(sourceName(), QString::fromStdString(m_block->scheme.displayName()),
           blockText(m_source.tensor()->shape, m_block->shown.first, m_block->shown.count));
}

int LabState::shownWeight() const { return m_source.tensor() ? m_block->shownIndex(weight()) : -1; }

/// How the columns are stored, as far as that is known by now: it is the same for all rows.
std::span<const std::uint32_t> LabState::order() const {
  const bool isOfThese = m_blockKey == m_source.key() && m_block->scheme == m_input.scheme;
  return isOfThese ? m_block->order() : std::span<const std::uint32_t>();
}

BlockNumber LabState::blockNumber() const {
  const auto& shape = m_source.tensor()->shape;
  return app::blockNumber(m_input.scheme.format, shape, placeOfWeight(order(), shape.rowValues(), weight()));
}

void LabState::setBlock(std::uint64_t row, std::uint64_t block) {
  const auto& shape = m_source.tensor()->shape;
  setWeight(weightAtPlace(order(), shape.rowValues(), firstPlace(m_input.scheme.format, shape, row, block)));
}

QString LabState::problem() const {
  if (!m_source.tensor()) return m_source.whyNone();
  if (!m_failure.isEmpty()) return m_failure;
  return m_isCurrent ? QString::fromStdString(m_block->refused) : QString();
}

// A model that is open is looked at, unless a person chose other weights.
void LabState::suggestTensor() {
  if (m_isChosen || m_selection.tensorInfo() == nullptr) return;
  LabInput next = m_input;
  next.source = WeightSource::Tensor;
  suggest(std::move(next), tr("choose other weights"));
}

void LabState::apply(const LabInput& input) {
  const bool isElsewhere = input.source != m_input.source || input.draw != m_input.draw || input.typed != m_input.typed;
  const bool isRefilled = input.source == WeightSource::Typed && input.scheme != m_input.scheme;
  m_input = input;
  if (isElsewhere || isRefilled) m_source.load(m_input, m_selection);
  recompute();
  Q_EMIT inputChanged();
}

// All weights of a block were explained at once.
void LabState::moveToWeight() {
  if (m_active && m_isCurrent && shownWeight() >= 0) return Q_EMIT blockChanged();
  recompute();
}

void LabState::recompute() {
  m_isCurrent = false;
  m_failure.clear();
  if (!m_active) return;
  if (!m_source.tensor()) return takeBlock(LabBlock());
  m_stop->end();
  if (waitFor(core::quant::calibrationNeed(m_input.scheme)) == CalibrationWait::Reading) {
    m_jobs.cancelTag(kLabTag);
    takeBlock(LabBlock());
    m_isCurrent = false;  // followCalibration() goes on
    return;
  }
  LabRequest request = this->request();
  const auto fail = [this](const QString& sentence) { takeFailure(sentence); };
  const std::uint64_t weights = request.context().count;
  const bool isAskedInVain =
      !request.calibration && core::quant::calibrationNeed(request.scheme) != core::quant::CalibrationNeed::None;
  if (isAskedInVain || (weights * workPerWeight(request.scheme) <= kComputedAtOnce && !request.asksText())) {
    m_jobs.cancelTag(kLabTag);
    try {
      takeBlock(computeBlock(request));
    } catch (const core::Error& error) {
      fail(QString::fromUtf8(error.what()));
    }
    return;
  }
  if (m_blockKey != m_source.key()) {  // what is shown under another name must go; of the same weights it may stay
    takeBlock(LabBlock());
    m_isCurrent = false;
  }
  m_jobs.run(
      this, {kLabTag, weights > kShort ? tr("Quantizing %1").arg(sourceName()) : QString()},
      [request = std::move(request)](const core::JobContext& job) { return computeBlock(request, job); },
      [this](LabBlock block) { takeBlock(std::move(block)); }, fail);
  m_stop->begin();
}

void LabState::takeFailure(const QString& sentence) {
  takeBlock(LabBlock());
  m_failure = sentence;
  Q_EMIT blockChanged();
}

void LabState::takeBlock(LabBlock block) {
  m_stop->end();
  m_block = std::make_shared<LabBlock>(std::move(block));
  m_blockKey = m_source.key();
  m_isCurrent = true;
  Q_EMIT blockChanged();
}

void LabState::setWeight(std::uint64_t flatIndex) {
  if (m_input.source == WeightSource::Tensor) return m_selection.setWeight(flatIndex);
  if (m_weight == flatIndex) return;
  m_weight = flatIndex;
  moveToWeight();
  Q_EMIT weightChanged();
}

}  // namespace app
