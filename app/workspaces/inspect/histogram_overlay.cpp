#include "app/workspaces/inspect/histogram_overlay.h"

#include <QComboBox>

#include "app/pictures/scheme_levels.h"
#include "core/quant/registry.h"

namespace app {

namespace {

const QString kTag = QStringLiteral("inspect.overlay");
constexpr int kSchemeRole = Qt::UserRole + 1, kWidestItem = 180;

QString nameOf(const core::quant::Scheme& scheme) { return QString::fromStdString(scheme.displayName()); }
QString nameOf(const OpenModel& model) { return QString::fromStdString(model.checkpoint().name()); }
QString textOf(const core::quant::Scheme& scheme) { return QString::fromStdString(scheme.toString()); }

}  // namespace

HistogramOverlay::HistogramOverlay(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_choice(new QComboBox) {
  m_choice->setAccessibleName(tr("Histogram laid over"));
  m_choice->setToolTip(tr("Lay another histogram over: of the dequantized weights, or of the compared model"));
  m_choice->setObjectName(QStringLiteral("laid-over"));
  m_choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(m_choice, &QComboBox::activated, this, &HistogramOverlay::take);
  connect(&selection, &Selection::comparedModelChanged, this, &HistogramOverlay::follow);
}

void HistogramOverlay::take(int item) {
  m_wanted = static_cast<Kind>(m_choice->itemData(item).toInt());
  const QString scheme = m_choice->itemData(item, kSchemeRole).toString();
  if (m_wanted == Kind::Scheme) m_selection.setCurrentScheme(core::quant::Scheme::parse(scheme.toStdString()));
  Q_EMIT chosen();
}

// Whoever opens a model to compare wants to see it.
void HistogramOverlay::follow() {
  m_wanted = m_selection.comparedModel() ? Kind::ComparedModel : Kind::Scheme;
  refill();
  Q_EMIT chosen();
}

void HistogramOverlay::refill() {
  const auto& current = m_selection.currentScheme();
  m_choice->clear();
  add(tr("Nothing laid over"), Kind::Nothing, {}, m_wanted == Kind::Nothing);
  const auto addScheme = [&](const core::quant::Scheme& scheme) {
    add(nameOf(scheme), Kind::Scheme, textOf(scheme), m_wanted == Kind::Scheme && current == scheme);
  };
  for (const auto& scheme : m_selection.checkedSchemes()) addScheme(scheme);
  if (current && !m_selection.isChecked(*current)) addScheme(*current);
  if (const auto& compared = m_selection.comparedModel())
    add(nameOf(*compared), Kind::ComparedModel, {}, m_wanted == Kind::ComparedModel);
}

void HistogramOverlay::add(const QString& text, Kind kind, const QString& scheme, bool chosen) {
  const int item = m_choice->count();
  m_choice->addItem(m_choice->fontMetrics().elidedText(text, Qt::ElideMiddle, kWidestItem), static_cast<int>(kind));
  m_choice->setItemData(item, scheme, kSchemeRole);
  m_choice->setItemData(item, text, Qt::ToolTipRole);
  if (chosen) m_choice->setCurrentIndex(item);
}

void HistogramOverlay::reset() {
  m_jobs.cancelTag(kTag);
  m_result.reset();
}

bool HistogramOverlay::fits(const Result& result, const Subject& subject) const {
  if (!(result.subject == subject) || result.kind != m_wanted) return false;
  if (m_wanted == Kind::ComparedModel) return result.compared.lock() == m_selection.comparedModel();
  return m_wanted == Kind::Scheme && m_selection.currentScheme() == result.scheme;
}

void HistogramOverlay::request(const Subject& subject, const core::metrics::Histogram& bins) {
  if (m_result && fits(*m_result, subject)) return m_jobs.cancelTag(kTag);
  m_result.reset();
  Result wanted{subject, m_wanted, {}, m_selection.comparedModel(), bins};
  if (m_wanted == Kind::ComparedModel && m_selection.comparedTensor()) return computeCompared(std::move(wanted));
  const auto& scheme = m_selection.currentScheme();
  if (m_wanted == Kind::Scheme && scheme && core::quant::accepts(*scheme, m_selection.tensorInfo()->shape)) {
    wanted.scheme = *scheme;
    return computeScheme(std::move(wanted));
  }
  m_jobs.cancelTag(kTag);
}

void HistogramOverlay::computeCompared(Result wanted) {
  m_jobs.run(
      this, {kTag, tr("Histogram of the compared model")},
      [wanted,
       view = m_selection.comparedModel()->tensor(*m_selection.comparedTensor())](const core::JobContext& job) mutable {
        const auto& bins = wanted.histogram;
        wanted.histogram = core::metrics::histogram(*view, bins.low, bins.high, bins.counts.size(), job);
        return wanted;
      },
      [this](Result result) {
        m_result = std::move(result);
        Q_EMIT computed();
      },
      [](const QString&) {});
}

void HistogramOverlay::computeScheme(Result wanted) {
  m_jobs.run(
      this, {kTag, tr("Dequantizing under %1").arg(nameOf(wanted.scheme))},
      [wanted, view = m_selection.model()->tensor(*m_selection.tensor())](const core::JobContext& job) mutable {
        wanted.histogram = dequantizedHistogram(*view, wanted.scheme, wanted.histogram, job);
        return wanted;
      },
      [this](Result result) {
        m_result = std::move(result);
        Q_EMIT computed();
      },
      [](const QString&) {});
}

std::optional<WeightHistogram::Overlay> HistogramOverlay::shown(const Subject& subject) const {
  if (!m_result || !fits(*m_result, subject)) return std::nullopt;
  if (m_wanted == Kind::ComparedModel)
    return WeightHistogram::Overlay{nameOf(*m_selection.comparedModel()), Theme::instance().colors().accent,
                                    Qt::SolidLine, m_result->histogram};
  return WeightHistogram::Overlay{nameOf(m_result->scheme), m_selection.color(m_result->scheme),
                                  m_selection.penStyle(m_result->scheme), m_result->histogram};
}

}  // namespace app
