#include "app/workspaces/inspect/histogram_overlay.h"

#include <QComboBox>

#include "app/jobs/stop_notice.h"
#include "app/pictures/scheme_levels.h"
#include "core/quant/registry.h"

namespace app {

namespace {

const QString kTag = QStringLiteral("inspect.overlay");
constexpr int kRecipeRole = Qt::UserRole + 1, kWidestItem = 180;

}  // namespace

HistogramOverlay::HistogramOverlay(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_choice(new QComboBox),
      m_stop(new StopNotice(jobs, kTag, this)) {
  m_choice->setAccessibleName(tr("Histogram laid over"));
  m_choice->setToolTip(tr("Lay another histogram over: of the dequantized weights, or of the compared model"));
  m_choice->setObjectName(QStringLiteral("laid-over"));
  m_choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(m_choice, &QComboBox::activated, this, &HistogramOverlay::take);
  connect(m_stop, &StopNotice::stopped, this, [this] { setCancelled(true); });
}

void HistogramOverlay::take(int item) {
  m_wanted = static_cast<Kind>(m_choice->itemData(item).toInt());
  if (m_wanted == Kind::Scheme)
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
    add(m_selection.title(m_listed[i]), Kind::Scheme, m_wanted == Kind::Scheme && current == m_listed[i]);
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
  m_jobs.cancelTag(kTag);
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

bool HistogramOverlay::fits(const Result& result, const Subject& subject) const {
  if (!(result.subject == subject) || result.kind != m_wanted) return false;
  if (m_wanted == Kind::Nothing || !m_selection.currentRecipe()) return false;
  const auto other = m_selection.otherFor(*m_selection.currentRecipe(), *m_selection.tensor());
  if (other != nullptr || result.other != nullptr)
    return other != nullptr && result.other != nullptr && other->model == result.other->model;
  return result.scheme && m_selection.currentScheme() == result.scheme;
}

void HistogramOverlay::request(const Subject& subject, const core::metrics::Histogram& bins) {
  setCancelled(false);
  if (m_result && fits(*m_result, subject)) return stop();
  m_result.reset();
  Result wanted{subject, m_wanted, {}, {}, bins};
  if (m_wanted == Kind::Scheme && m_selection.currentRecipe())
    wanted.other = m_selection.otherFor(*m_selection.currentRecipe(), *m_selection.tensor());
  if (wanted.other) return computeOther(std::move(wanted));
  const auto& scheme = m_selection.currentScheme();
  if (m_wanted == Kind::Scheme && scheme && core::quant::accepts(*scheme, m_selection.tensorInfo()->shape) &&
      m_selection.waitOf(*scheme) == CalibrationWait::Nothing) {
    wanted.scheme = *scheme;
    return computeScheme(std::move(wanted));
  }
  stop();
}

void HistogramOverlay::computeOther(Result wanted) {
  m_stop->end();
  m_jobs.run(
      this, {kTag, tr("Histogram of the compared model")},
      [wanted](const core::JobContext& job) mutable {
        const auto view = core::model::loadOther(*wanted.other);
        const auto& bins = wanted.histogram;
        wanted.histogram = core::metrics::histogram(*view, bins.low, bins.high, bins.counts.size(), job);
        return wanted;
      },
      [this](Result result) { receive(std::move(result)); }, [this](const QString&) { m_stop->end(); });
  m_stop->begin();
}

void HistogramOverlay::computeScheme(Result wanted) {
  m_stop->end();
  m_jobs.run(
      this, {kTag, tr("Dequantizing under %1").arg(QString::fromStdString(wanted.scheme->displayName()))},
      [wanted, model = m_selection.model(), tensor = *m_selection.tensor()](const core::JobContext& job) mutable {
        wanted.histogram = dequantizedHistogram(*model->tensor(tensor), *wanted.scheme, wanted.histogram, job,
                                                model->calibration().current().get());
        return wanted;
      },
      [this](Result result) { receive(std::move(result)); }, [this](const QString&) { m_stop->end(); });
  m_stop->begin();
}

std::optional<WeightHistogram::Overlay> HistogramOverlay::shown(const Subject& subject) const {
  if (!m_result || !fits(*m_result, subject)) return std::nullopt;
  const auto& recipe = *m_selection.currentRecipe();
  return WeightHistogram::Overlay{m_selection.currentTitle(), m_selection.color(recipe), m_selection.penStyle(recipe),
                                  m_result->histogram};
}

}  // namespace app
