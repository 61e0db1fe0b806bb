#include "app/workspaces/inspect/tensor_facts.h"

#include <utility>

namespace app {

namespace {
const QString kTag = QStringLiteral("inspect.facts");
constexpr std::size_t kBins = 240;
}  // namespace

TensorFacts::TensorFacts(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {
  connect(&m_selection, &Selection::modelChanged, this, &TensorFacts::restart);
  restart();
}

void TensorFacts::restart() {
  m_jobs.cancelTag(kTag);
  m_running = false;
  const std::size_t count = m_selection.model() ? m_selection.model()->checkpoint().tensors().size() : 0;
  m_facts.assign(count, std::nullopt);
  m_problems.assign(count, QString());
  Q_EMIT reset();
  computeNext();
}

void TensorFacts::setActive(bool active) {
  m_active = active;
  computeNext();
}

const core::metrics::TensorSummary* TensorFacts::find(std::size_t tensor) const {
  return tensor < m_facts.size() && m_facts[tensor] ? &*m_facts[tensor] : nullptr;
}

QString TensorFacts::problem(std::size_t tensor) const {
  return tensor < m_problems.size() ? m_problems[tensor] : QString();
}

std::optional<std::size_t> TensorFacts::nextTensor() const {
  const auto missing = [this](std::size_t i) { return i < m_facts.size() && !m_facts[i] && m_problems[i].isEmpty(); };
  if (m_selection.tensor() && missing(*m_selection.tensor())) return m_selection.tensor();
  for (std::size_t i = 0; i < m_facts.size(); ++i) {
    if (missing(i)) return i;
  }
  return std::nullopt;
}

void TensorFacts::computeNext() {
  if (!m_active || m_running || !m_selection.model()) return;
  const auto tensor = nextTensor();
  if (!tensor) return;
  m_running = true;
  const auto next = [this](std::size_t done) {
    m_running = false;
    Q_EMIT computed(done);
    computeNext();
  };
  m_jobs.run(
      this, {kTag, tr("Statistics of the tensors")},
      [checkpoint = m_selection.model()->sharedCheckpoint(), tensor = *tensor](const core::JobContext& job) {
        job.progress(static_cast<double>(tensor) / static_cast<double>(checkpoint->tensors().size()),
                     checkpoint->tensors()[tensor].name);
        return core::metrics::summarize(checkpoint->view(tensor), kBins, job);
      },
      [this, tensor = *tensor, next](core::metrics::TensorSummary summary) {
        m_facts[tensor] = std::move(summary);
        next(tensor);
      },
      [this, tensor = *tensor, next](const QString& sentence) {
        m_problems[tensor] = sentence;
        next(tensor);
      });
}

}  // namespace app
