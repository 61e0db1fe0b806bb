#include "app/workspaces/inspect/tensor_facts.h"

#include <utility>

#include "app/selection/tensor_text.h"
#include "core/quant/load_tensor.h"

namespace app {

namespace {
const QString kFactsTag = QStringLiteral("inspect.facts");
constexpr std::size_t kBins = 240;
}  // namespace

TensorFacts::TensorFacts(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {
  connect(&m_selection, &Selection::modelChanged, this, &TensorFacts::restart);
  connect(&m_selection, &Selection::tensorChanged, this, &TensorFacts::preferSelected);
  // Whoever stops the sweep gets it back with the next tensor, or when Inspect comes to the front again.
  connect(&m_jobs, &JobRunner::changed, this, [this] {
    if (m_running && !m_jobs.isActive(kFactsTag)) m_running.reset();
  });
  restart();
}

void TensorFacts::restart() {
  m_jobs.cancelTag(kFactsTag);
  m_running.reset();
  const std::size_t count = m_selection.model() ? m_selection.model()->checkpoint().tensors().size() : 0;
  m_facts.assign(count, std::nullopt);
  m_problems.assign(count, QString());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& tensor = m_selection.model()->checkpoint().tensors()[i];
    if (!tensor.isReadable()) m_problems[i] = unreadableText(tensor);
  }
  Q_EMIT reset();
  computeNext();
}

// Whoever selects a tensor does not wait for the one the sweep has come to.
void TensorFacts::preferSelected() {
  const auto next = nextTensor();
  if (m_running && (!next || next != m_selection.tensor() || next == m_running)) return;
  m_jobs.cancelTag(kFactsTag);
  m_running.reset();
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
  m_running = tensor;
  const auto next = [this](std::size_t done) {
    m_running.reset();
    Q_EMIT computed(done);
    computeNext();
  };
  m_jobs.run(
      this,
      {kFactsTag, tr("Statistics of the tensors"), Lane::Pool,
       tensor == m_selection.tensor() ? Priority::Asked : Priority::Sweep},
      [checkpoint = m_selection.model()->sharedCheckpoint(), tensor = *tensor](const core::JobContext& job) {
        job.progress(static_cast<double>(tensor) / static_cast<double>(checkpoint->tensors().size()),
                     checkpoint->tensors()[tensor].name);
        return core::metrics::summarize(*core::quant::loadTensor(*checkpoint, tensor), kBins, job);
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
