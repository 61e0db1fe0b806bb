#include "app/workspaces/inspect/histogram_card.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "app/pictures/weight_histogram.h"
#include "app/selection/tensor_text.h"
#include "app/session/demo_model.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/inspect/statistics_row.h"
#include "app/workspaces/inspect/tensor_facts.h"
#include "app/workspaces/inspect/weight_card.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"

namespace app {

namespace {

const QString kLevelsTag = QStringLiteral("inspect.levels");
const QString kOverlayTag = QStringLiteral("inspect.overlay");
const QString kBinTag = QStringLiteral("inspect.bin");
constexpr std::uint64_t kChunk = std::uint64_t{1} << 20;

QString nameOf(const core::quant::Scheme& scheme) { return QString::fromStdString(scheme.displayName()); }

/// The stored bits of a plain element; empty for block types.
QString hexOf(const core::tensor::TensorView& tensor, std::uint64_t flatIndex) {
  const auto& info = core::tensor::info(tensor.dtype);
  if (info.blockValues != 1) return {};
  const auto bytes = tensor.bytes.subspan(flatIndex * info.blockBytes, info.blockBytes);
  QString text = QStringLiteral("0x");
  for (std::size_t i = bytes.size(); i-- > 0;)
    text += QStringLiteral("%1").arg(static_cast<int>(bytes[i]), 2, 16, QLatin1Char('0'));
  return text;
}

/// Flat index of the first weight between two values. @throws core::Error, core::Cancelled
std::optional<std::uint64_t> firstBetween(const core::tensor::TensorView& tensor, double low, double high,
                                          const core::JobContext& job) {
  std::vector<float> values;
  const std::uint64_t count = tensor.shape.count();
  for (std::uint64_t first = 0; first < count; first += kChunk) {
    job.throwIfCancelled();
    values.resize(static_cast<std::size_t>(std::min(kChunk, count - first)));
    core::quant::decode(tensor, first, values.size(), values.data());
    const auto found = std::find_if(values.begin(), values.end(), [&](float value) {
      return static_cast<double>(value) >= low && static_cast<double>(value) <= high;
    });
    if (found != values.end()) return first + static_cast<std::uint64_t>(found - values.begin());
  }
  return std::nullopt;
}

bool same(const std::weak_ptr<const OpenModel>& a, const std::shared_ptr<OpenModel>& b) { return a.lock() == b; }

}  // namespace

HistogramCard::HistogramCard(Selection& selection, JobRunner& jobs, TensorFacts& facts, QWidget* parent)
    : Card({}, parent),
      m_selection(selection),
      m_jobs(jobs),
      m_facts(facts),
      m_title(new Label(Label::Style::Title)),
      m_subtitle(new Label(Label::Style::Hint)),
      m_over(new QComboBox),
      m_logarithmic(new QCheckBox(tr("log counts"))),
      m_statistics(new StatisticsRow),
      m_histogram(new WeightHistogram),
      m_weight(new WeightCard) {
  body()->addWidget(buildHead());
  m_subtitle->setElide(Qt::ElideRight);
  body()->addWidget(m_subtitle);
  body()->addWidget(m_statistics);
  body()->addWidget(m_histogram, 1);
  body()->addWidget(m_weight);
  body()->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kOne);
  connectSelection();
}

QWidget* HistogramCard::buildHead() {
  auto* head = new QWidget;
  auto* row = new QHBoxLayout(head);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_title->setElide(Qt::ElideMiddle);
  m_logarithmic->setObjectName(QStringLiteral("log-counts"));
  m_over->setAccessibleName(tr("Histogram laid over"));
  m_over->setToolTip(tr("Lay another histogram over: of the dequantized weights, or of the compared model"));
  m_over->setObjectName(QStringLiteral("laid-over"));
  m_over->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  row->addWidget(m_title, 1);
  row->addWidget(m_over);
  row->addWidget(m_logarithmic);
  row->addWidget(m_histogram->createMenuButton());
  return head;
}

void HistogramCard::connectSelection() {
  connect(m_logarithmic, &QCheckBox::toggled, m_histogram, &WeightHistogram::setLogarithmic);
  connect(m_over, &QComboBox::activated, this, [this](int item) {
    m_wanted = static_cast<Over>(m_over->itemData(item).toInt());
    const QString scheme = m_over->itemData(item, Qt::UserRole + 1).toString();
    if (m_wanted == Over::Scheme) m_selection.setCurrentScheme(core::quant::Scheme::parse(scheme.toStdString()));
    requestOverlay();
  });
  connect(m_histogram, &WeightHistogram::binClicked, this,
          [this](double low, double high) { findInBin(low, high, false); });
  connect(m_histogram, &WeightHistogram::binActivated, this,
          [this](double low, double high) { findInBin(low, high, true); });
  connect(m_weight, &WeightCard::openInBits, this, [this] {
    if (m_selection.weight()) Q_EMIT weightActivated(*m_selection.weight());
  });
  connect(&m_selection, &Selection::tensorChanged, this, &HistogramCard::showTensor);
  connect(&m_selection, &Selection::modelChanged, this, &HistogramCard::showTensor);
  connect(&m_selection, &Selection::comparedModelChanged, this, [this] {
    m_wanted = m_selection.comparedModel() ? Over::ComparedModel : Over::Scheme;
    schemesChanged();
    showWeight();
  });
  connect(&m_selection, &Selection::weightChanged, this, &HistogramCard::showWeight);
  connect(&m_selection, &Selection::schemesChanged, this, &HistogramCard::schemesChanged);
  connect(&m_selection, &Selection::currentSchemeChanged, this, &HistogramCard::schemesChanged);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    showLevels();
    showOverlay();
    showQuantizedWeight();
  });
  connect(&m_facts, &TensorFacts::computed, this, [this](std::size_t tensor) {
    if (m_active && m_selection.tensor() == tensor) showFacts();
  });
}

void HistogramCard::setActive(bool active) {
  m_active = active;
  showTensor();
}

bool HistogramCard::isLogarithmic() const { return m_logarithmic->isChecked(); }
void HistogramCard::setLogarithmic(bool logarithmic) { m_logarithmic->setChecked(logarithmic); }

bool HistogramCard::isReadable() const {
  const auto* tensor = m_selection.tensorInfo();
  return tensor != nullptr && tensor->isReadable() && core::quant::isDecodable(tensor->dtype);
}

core::tensor::TensorView HistogramCard::tensorView() const {
  return m_selection.model()->checkpoint().view(*m_selection.tensor());
}

void HistogramCard::showTensor() {
  if (const Subject subject = Subject::of(m_selection); !(subject == m_subject)) {
    for (const QString& tag : {kLevelsTag, kOverlayTag, kBinTag}) m_jobs.cancelTag(tag);
    m_subject = subject;
    m_views.clear();
    m_overlay.reset();
    m_summarized = false;
    m_histogram->clearData();
  }
  if (!m_active) return;
  const auto* tensor = m_selection.tensorInfo();
  if (tensor == nullptr) {
    m_title->setText(tr("No tensor"));
    m_subtitle->clear();
    m_statistics->setStatistics(nullptr);
    m_histogram->setMessage(tr("Choose a tensor on the left."));
    m_weight->showNothing();
    return;
  }
  m_title->setText(QString::fromStdString(tensor->name));
  QString facts = tr("%1 · %2 · %3 weights · %4")
                      .arg(shapeText(tensor->shape), typeText(*tensor), text::count(tensor->shape.count()),
                           text::bytes(tensor->bytes));
  m_histogram->setProvenance(
      QStringLiteral("%1 · %2").arg(QString::fromStdString(m_selection.model()->checkpoint().name()), facts));
  if (m_selection.model()->source() == kDemoName) facts += tr(" · outlier channels were injected: see the model card");
  m_subtitle->setText(facts);
  fillOverlayChoice();
  showFacts();
  showWeight();
}

void HistogramCard::showFacts() {
  const auto* facts = m_facts.find(*m_selection.tensor());
  const QString problem = m_facts.problem(*m_selection.tensor());
  m_statistics->setStatistics(facts != nullptr ? &facts->stats : nullptr, problem);
  if (facts == nullptr) {
    m_histogram->setMessage(problem.isEmpty() ? tr("Computing…") : problem);
    return;
  }
  if (!std::exchange(m_summarized, true))
    m_histogram->setSummary(*facts, QString::fromStdString(m_selection.tensorInfo()->name));
  showOverlay();
  requestOverlay();
}

void HistogramCard::schemesChanged() {
  if (!m_active || m_selection.tensorInfo() == nullptr) return;
  fillOverlayChoice();
  requestLevels();
  requestOverlay();
  showQuantizedWeight();
}

void HistogramCard::fillOverlayChoice() {
  struct Item {
    QString text;
    Over kind;
    QString scheme;
  };
  std::vector<Item> items{{tr("Nothing laid over"), Over::Nothing, {}}};
  for (const auto& scheme : m_selection.checkedSchemes())
    items.push_back({nameOf(scheme), Over::Scheme, QString::fromStdString(scheme.toString())});
  const auto& current = m_selection.currentScheme();
  if (current && !m_selection.isChecked(*current))
    items.push_back({nameOf(*current), Over::Scheme, QString::fromStdString(current->toString())});
  if (const auto& compared = m_selection.comparedModel())
    items.push_back({QString::fromStdString(compared->checkpoint().name()), Over::ComparedModel, {}});
  m_over->clear();
  int shown = 0;
  for (const Item& item : items) {
    if (item.kind == m_wanted &&
        (item.kind != Over::Scheme || (current && item.scheme == QString::fromStdString(current->toString()))))
      shown = m_over->count();
    m_over->addItem(fontMetrics().elidedText(item.text, Qt::ElideMiddle, 180), static_cast<int>(item.kind));
    m_over->setItemData(m_over->count() - 1, item.scheme, Qt::UserRole + 1);
    m_over->setItemData(m_over->count() - 1, item.text, Qt::ToolTipRole);
  }
  m_over->setCurrentIndex(shown);
}

const SchemeView* HistogramCard::viewOf(const core::quant::Scheme& scheme) const {
  const auto found =
      std::find_if(m_views.begin(), m_views.end(), [&](const SchemeView& view) { return view.scheme == scheme; });
  return found == m_views.end() ? nullptr : &*found;
}

void HistogramCard::requestLevels() {
  if (!m_active || m_selection.tensorInfo() == nullptr) return;
  showLevels();
  if (!isReadable()) return;
  auto schemes = m_selection.checkedSchemes();
  const auto& current = m_selection.currentScheme();
  if (current && !m_selection.isChecked(*current)) schemes.push_back(*current);
  const std::uint64_t around = m_selection.weight().value_or(0);
  std::erase_if(schemes, [&](const auto& scheme) {
    const SchemeView* view = viewOf(scheme);
    return view != nullptr && view->around == around;
  });
  if (schemes.empty()) return m_jobs.cancelTag(kLevelsTag);
  m_jobs.run(
      this, {kLevelsTag, tr("Levels of the checked schemes")},
      [tensor = tensorView(), schemes, around](const core::JobContext& job) {
        std::vector<SchemeView> views;
        for (const auto& scheme : schemes) {
          job.progress(static_cast<double>(views.size()) / static_cast<double>(schemes.size()), scheme.toString());
          views.push_back(viewScheme(tensor, scheme, around, nullptr, job));
        }
        return views;
      },
      [this, subject = m_subject](std::vector<SchemeView> views) {
        if (!(subject == m_subject)) return;
        for (SchemeView& view : views) {
          std::erase_if(m_views, [&](const SchemeView& old) { return old.scheme == view.scheme; });
          m_views.push_back(std::move(view));
        }
        showLevels();
        showQuantizedWeight();
      });
}

void HistogramCard::showLevels() {
  if (!m_active || m_selection.tensorInfo() == nullptr) return;
  std::vector<WeightHistogram::Levels> rows;
  if (isReadable()) {
    const auto& shape = m_selection.tensorInfo()->shape;
    for (const auto& scheme : m_selection.checkedSchemes()) {
      WeightHistogram::Levels row{nameOf(scheme), m_selection.color(scheme), {}, {}, {}};
      const SchemeView* view = viewOf(scheme);
      if (view == nullptr) {
        row.note = tr("computing…");
      } else if (!view->refused.empty()) {
        row.note = QString::fromStdString(view->refused);
      } else if (view->grid.levels.empty()) {
        continue;  // a cast: its steps are finer than a pixel
      } else {
        row.block = blockText(shape, view->grid.first, view->grid.count);
        row.values = view->grid.levels;
      }
      rows.push_back(std::move(row));
    }
  }
  m_histogram->setLevels(std::move(rows));
}

void HistogramCard::requestOverlay() {
  if (!m_active || m_selection.tensorInfo() == nullptr) return;
  showOverlay();
  const auto* facts = m_facts.find(*m_selection.tensor());
  if (m_overlay || facts == nullptr || m_wanted == Over::Nothing) return m_jobs.cancelTag(kOverlayTag);
  Overlay wanted{m_subject, m_wanted, {}, m_selection.comparedModel(), facts->histogram};
  const auto deliver = [this](Overlay overlay) {
    if (!(overlay.subject == m_subject)) return;
    m_overlay = std::move(overlay);
    showOverlay();
  };
  const auto silent = [](const QString&) {};
  if (m_wanted == Over::ComparedModel) {
    const auto tensor = m_selection.comparedTensor();
    if (!tensor) return m_jobs.cancelTag(kOverlayTag);
    m_jobs.run(
        this, {kOverlayTag, tr("Histogram of the compared model")},
        [wanted, view = m_selection.comparedModel()->checkpoint().view(*tensor)](const core::JobContext& job) mutable {
          const auto& bins = wanted.histogram;
          wanted.histogram = core::metrics::histogram(view, bins.low, bins.high, bins.counts.size(), job);
          return wanted;
        },
        deliver, silent);
    return;
  }
  const auto& scheme = m_selection.currentScheme();
  if (!scheme || !core::quant::accepts(*scheme, m_selection.tensorInfo()->shape)) return m_jobs.cancelTag(kOverlayTag);
  wanted.scheme = *scheme;
  m_jobs.run(
      this, {kOverlayTag, tr("Dequantizing under %1").arg(nameOf(*scheme))},
      [wanted, tensor = tensorView()](const core::JobContext& job) mutable {
        wanted.histogram = dequantizedHistogram(tensor, wanted.scheme, wanted.histogram, job);
        return wanted;
      },
      deliver, silent);
}

// An overlay that is no longer asked for goes at once.
void HistogramCard::showOverlay() {
  const auto& scheme = m_selection.currentScheme();
  const bool fits =
      m_overlay && m_overlay->subject == m_subject && m_overlay->kind == m_wanted &&
      (m_wanted == Over::ComparedModel ? same(m_overlay->compared, m_selection.comparedModel())
                                       : m_wanted == Over::Scheme && scheme && m_overlay->scheme == *scheme);
  if (!fits) m_overlay.reset();
  if (m_facts.find(m_selection.tensor().value_or(~std::size_t{0})) == nullptr || !m_overlay)
    return m_histogram->setOverlay(std::nullopt);
  if (m_wanted == Over::ComparedModel)
    m_histogram->setOverlay(
        WeightHistogram::Overlay{QString::fromStdString(m_selection.comparedModel()->checkpoint().name()),
                                 Theme::instance().colors().accent, Qt::SolidLine, m_overlay->histogram});
  else
    m_histogram->setOverlay(WeightHistogram::Overlay{nameOf(*scheme), m_selection.color(*scheme),
                                                     m_selection.penStyle(*scheme), m_overlay->histogram});
}

void HistogramCard::showWeight() {
  if (!m_active || !m_selection.weight() || !isReadable()) {
    m_histogram->setMarkedValue(std::numeric_limits<double>::quiet_NaN());
    m_weight->showNothing();
    return requestLevels();
  }
  float value = 0;
  const auto view = tensorView();
  core::quant::decode(view, *m_selection.weight(), 1, &value);
  m_histogram->setMarkedValue(static_cast<double>(value));
  m_weight->showWeight(placeText(view.shape, *m_selection.weight()), value, hexOf(view, *m_selection.weight()));
  if (const auto tensor = m_selection.comparedTensor()) {
    const auto other = m_selection.comparedModel()->checkpoint().view(*tensor);
    if (other.unreadable.empty() && core::quant::isDecodable(other.dtype)) {
      float compared = 0;
      core::quant::decode(other, *m_selection.weight(), 1, &compared);
      m_weight->showCompared(QString::fromStdString(m_selection.comparedModel()->checkpoint().name()), value, compared);
    }
  }
  requestLevels();
  showQuantizedWeight();
}

void HistogramCard::showQuantizedWeight() {
  const auto& scheme = m_selection.currentScheme();
  if (!m_active || !scheme || !m_selection.weight() || !isReadable()) return;
  const SchemeView* view = viewOf(*scheme);
  if (view == nullptr || view->around != *m_selection.weight())
    return m_weight->showNote(nameOf(*scheme), tr("computing…"));
  if (!view->refused.empty()) return m_weight->showNote(nameOf(*scheme), QString::fromStdString(view->refused));
  float value = 0;
  core::quant::decode(tensorView(), *m_selection.weight(), 1, &value);
  m_weight->showQuantized(nameOf(*scheme), value, view->value);
}

void HistogramCard::findInBin(double low, double high, bool activate) {
  if (!m_active || !isReadable()) return;
  m_jobs.run(
      this, {kBinTag, {}},
      [tensor = tensorView(), low, high](const core::JobContext& job) { return firstBetween(tensor, low, high, job); },
      [this, activate, subject = m_subject](std::optional<std::uint64_t> weight) {
        if (!weight || !(subject == m_subject)) return;
        if (activate)
          Q_EMIT weightActivated(*weight);
        else
          m_selection.setWeight(*weight);
      });
}

}  // namespace app
