#include "app/workspaces/inspect/histogram_overlay.h"

#include <QComboBox>

#include "app/jobs/stop_notice.h"

namespace app {

namespace {

const QString kOverlayTag = QStringLiteral("inspect.overlay");
constexpr int kRecipeRole = Qt::UserRole + 1, kWidestItem = 180;

}  // namespace

HistogramOverlay::HistogramOverlay(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_choice(new QComboBox),
      m_stop(new StopNotice(jobs, kOverlayTag, this)) {
  m_choice->setAccessibleName(tr("Histogram laid over"));
  m_choice->setToolTip(tr(
      "Lay another histogram over: of the weights that a scheme, a recipe or the compared model has in their place"));
  m_choice->setObjectName(QStringLiteral("laid-over"));
  m_choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(m_choice, &QComboBox::activated, this, &HistogramOverlay::take);
  connect(m_stop, &StopNotice::stopped, this, [this] { setCancelled(true); });
}

void HistogramOverlay::take(int item) {
  m_wanted = static_cast<Kind>(m_choice->itemData(item).toInt());
  if (m_wanted == Kind::Recipe)
    m_selection.setCurrentRecipe(m_listed[static_cast<std::size_t>(m_choice->itemData(item, kRecipeRole).toInt())]);
  Q_EMIT chosen();
}

void HistogramOverlay::refill() {
  const auto& current = m_selection.currentRecipe();
  m_choice->clear();
  add(tr("Nothing laid over"), Kind::Nothing, m_wanted == Kind::Nothing);
  m_listed = m_selection.checkedRecipes();
  if (current && !m_selection.isChecked(*current)) m_listed.push_back(*current);
  for (std::size_t i = 0; i < m_listed.size(); ++i) {
    add(m_selection.title(m_listed[i]), Kind::Recipe, m_wanted == Kind::Recipe && current == m_listed[i]);
    m_choice->setItemData(m_choice->count() - 1, static_cast<int>(i), kRecipeRole);
  }
}

void HistogramOverlay::add(const QString& text, Kind kind, bool chosen) {
  const int item = m_choice->count();
  const QString shown = m_choice->fontMetrics().elidedText(text, Qt::ElideMiddle, kWidestItem);
  const bool isCancelled = chosen && m_cancelled;
  m_choice->addItem(isCancelled ? tr("%1: cancelled").arg(shown) : shown, static_cast<int>(kind));
  m_choice->setItemData(item, isCancelled ? tr("%1: cancelled. Choose it again to compute it.").arg(text) : text,
                        Qt::ToolTipRole);
  if (chosen) m_choice->setCurrentIndex(item);
}

void HistogramOverlay::reset() {
  stop();
  m_result.reset();
}

void HistogramOverlay::stop() {
  m_stop->end();
  m_jobs.cancelTag(kOverlayTag);
}

void HistogramOverlay::setCancelled(bool cancelled) {
  if (m_cancelled == cancelled) return;
  m_cancelled = cancelled;
  refill();
}

void HistogramOverlay::receive(Result result) {
  m_stop->end();
  m_result = std::move(result);
  Q_EMIT computed();
}

std::optional<core::model::TensorDecision> HistogramOverlay::wanted(QString& why) const {
  if (m_wanted == Kind::Nothing || !m_selection.currentRecipe() || !m_selection.tensor()) return std::nullopt;
  return overlaidDecision(m_selection, *m_selection.currentRecipe(), *m_selection.tensor(), why);
}

void HistogramOverlay::request(const Subject& subject, const core::metrics::Histogram& bins) {
  setCancelled(false);
  QString why;
  const auto decision = wanted(why);
  const bool isKnown =
      m_result && decision && m_result->subject == subject && isSameOverlay(m_result->decision, *decision);
  if (isKnown || !decision) return stop();
  m_result.reset();
  m_stop->end();
  m_jobs.run(
      this, {kOverlayTag, tr("Histogram of %1").arg(m_selection.currentTitle())},
      [result = Result{subject, *decision}, bins, model = m_selection.model(),
       tensor = *m_selection.tensor()](const core::JobContext& job) mutable {
        result.weights = overlayWeights(*model, tensor, result.decision, bins, job);
        return std::move(result);
      },
      [this](Result result) { receive(std::move(result)); },
      [this, failed = Result{subject, *decision}](const QString& sentence) mutable {
        failed.failure = sentence;
        receive(std::move(failed));
      });
  m_stop->begin();
}

std::optional<HistogramOverlay::Shown> HistogramOverlay::shown(const Subject& subject) const {
  if (m_wanted == Kind::Nothing || !m_selection.currentRecipe()) return std::nullopt;
  const auto& recipe = *m_selection.currentRecipe();
  Shown shown{m_selection.currentTitle(), m_selection.color(recipe), m_selection.penStyle(recipe), nullptr, {}};
  const auto decision = wanted(shown.note);
  if (!decision) return shown;
  const bool isKnown = m_result && m_result->subject == subject && isSameOverlay(m_result->decision, *decision);
  if (!isKnown)
    shown.note = m_cancelled ? tr("cancelled") : tr("computing…");
  else if (!m_result->failure.isEmpty())
    shown.note = m_result->failure;
  else
    shown.weights = &m_result->weights;
  return shown;
}

}  // namespace app
