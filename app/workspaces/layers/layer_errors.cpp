#include "app/workspaces/layers/layer_errors.h"

#include <utility>

namespace app {

namespace {
QString keyOf(const core::quant::Scheme& scheme) { return QString::fromStdString(scheme.toString()); }
}  // namespace

LayerErrors::LayerErrors(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {
  connect(&m_selection, &Selection::modelChanged, this, &LayerErrors::reset);
  connect(&m_jobs, &JobRunner::changed, this, &LayerErrors::noticeStopped);
  reset();
}

void LayerErrors::reset() {
  for (const QString& scheme : std::as_const(m_running)) m_jobs.cancelTag(tag(scheme));
  m_running.clear();
  m_errors.clear();
  m_problems.clear();
  m_tensors = m_selection.model() ? core::model::tensorsToQuantize(m_selection.model()->checkpoint())
                                  : std::vector<std::size_t>();
  Q_EMIT changed();
}

// A job that was cancelled elsewhere delivers nothing, and must not be announced for ever.
void LayerErrors::noticeStopped() {
  bool any = false;
  for (const QString& key : QStringList(m_running)) {
    if (m_jobs.isActive(tag(key))) continue;
    m_running.removeAll(key);
    m_problems.insert(key, tr("stopped"));
    any = true;
  }
  if (any) Q_EMIT changed();
}

void LayerErrors::request(const std::vector<core::quant::Scheme>& schemes) {
  if (!m_selection.model()) return;
  QStringList wanted;
  for (const auto& scheme : schemes) wanted.append(keyOf(scheme));
  for (const QString& running : QStringList(m_running)) {
    if (wanted.contains(running)) continue;
    m_jobs.cancelTag(tag(running));
    m_running.removeAll(running);
  }
  for (const auto& scheme : schemes) {
    const QString key = keyOf(scheme);
    if (m_errors.contains(key) || m_running.contains(key)) continue;
    m_problems.remove(key);
    m_running.append(key);
    m_jobs.run(
        this,
        {tag(key), tr("Errors under %1").arg(QString::fromStdString(scheme.displayName())), Lane::Pool,
         Priority::Sweep},
        [checkpoint = m_selection.model()->sharedCheckpoint(), tensors = m_tensors,
         scheme](const core::JobContext& job) {
          ModelErrors errors;
          errors.size = sizesUnder(*checkpoint, std::span(&scheme, 1), job).front();
          const auto count = static_cast<double>(tensors.size());
          for (std::size_t i = 0; i < tensors.size(); ++i) {
            const core::JobContext part = job.part(static_cast<double>(i) / count, static_cast<double>(i + 1) / count);
            part.progress(0.0, checkpoint->tensors()[tensors[i]].name);
            errors.matrices.push_back(measureSchemeError(*checkpoint, tensors[i], scheme, part));
          }
          return errors;
        },
        [this, key](ModelErrors errors) {
          m_running.removeAll(key);
          m_errors.insert(key, std::move(errors));
          Q_EMIT changed();
        },
        [this, key](const QString& sentence) {
          m_running.removeAll(key);
          m_problems.insert(key, sentence);
          Q_EMIT changed();
        });
  }
  Q_EMIT changed();
}

const ModelErrors* LayerErrors::find(const core::quant::Scheme& scheme) const {
  const auto found = m_errors.constFind(keyOf(scheme));
  return found == m_errors.constEnd() ? nullptr : &*found;
}

QString LayerErrors::problem(const core::quant::Scheme& scheme) const { return m_problems.value(keyOf(scheme)); }

bool LayerErrors::isComputing() const { return !m_running.isEmpty(); }

}  // namespace app
