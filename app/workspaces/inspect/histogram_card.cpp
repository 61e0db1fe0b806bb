#include "app/workspaces/inspect/histogram_card.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QToolButton>
#include <limits>
#include <utility>

#include "app/pictures/weight_histogram.h"
#include "app/selection/tensor_text.h"
#include "app/selection/weight_reader.h"
#include "app/session/demo_model.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/inspect/block_levels.h"
#include "app/workspaces/inspect/histogram_overlay.h"
#include "app/workspaces/inspect/statistics_row.h"
#include "app/workspaces/inspect/tensor_facts.h"
#include "app/workspaces/inspect/tensor_title.h"
#include "app/workspaces/inspect/weight_card.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

const QString kBinTag = QStringLiteral("inspect.bin"), kPackedTag = QStringLiteral("inspect.packed"),
              kOtherTag = QStringLiteral("inspect.other");

}  // namespace

HistogramCard::HistogramCard(Selection& selection, JobRunner& jobs, TensorFacts& facts, QWidget* parent)
    : Card({}, parent),
      m_selection(selection),
      m_jobs(jobs),
      m_facts(facts),
      m_title(new TensorTitle),
      m_subtitle(new Label(Label::Style::Hint)),
      m_overlay(new HistogramOverlay(selection, jobs, this)),
      m_levels(new BlockLevels(selection, jobs, this)),
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
  m_logarithmic->setObjectName(QStringLiteral("log-counts"));
  row->addWidget(m_title, 1);
  row->addWidget(m_overlay->choice());
  row->addWidget(m_logarithmic);
  row->addWidget(m_histogram->createMenuButton());
  return head;
}

void HistogramCard::connectSelection() {
  connect(m_logarithmic, &QCheckBox::toggled, m_histogram, &WeightHistogram::setLogarithmic);
  connect(m_overlay, &HistogramOverlay::chosen, this, &HistogramCard::requestOverlay);
  connect(m_overlay, &HistogramOverlay::computed, this, &HistogramCard::showOverlay);
  connect(m_levels, &BlockLevels::computed, this, [this] {
    showLevels();
    showQuantizedWeight();
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
  connect(&m_selection, &Selection::comparedModelChanged, this, &HistogramCard::showWeight);
  connect(&m_selection, &Selection::weightChanged, this, &HistogramCard::showWeight);
  connect(&m_selection, &Selection::schemesChanged, this, &HistogramCard::schemesChanged);
  connect(&m_selection, &Selection::calibrationChanged, this, [this] {
    m_levels->forgetCalibrated();
    m_overlay->reset();
    schemesChanged();
  });
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
  return tensor != nullptr && core::quant::isLoadable(*tensor);
}

core::quant::QuantizedTensorPtr HistogramCard::tensor() const {
  return isPacked() ? m_packed : m_selection.model()->tensor(*m_selection.tensor());
}

bool HistogramCard::isPacked() const { return m_selection.tensorInfo()->assembly != core::io::Assembly::None; }

// A packed weight is assembled, which takes a while: not on the thread that draws.
void HistogramCard::requestPacked() {
  if (m_packed != nullptr || !isPacked() || !isReadable()) return;
  m_jobs.run(
      this, {kPackedTag, {}},
      [model = m_selection.model(), index = *m_selection.tensor()](const core::JobContext&) {
        return model->tensor(index);
      },
      [this, subject = m_subject](core::quant::QuantizedTensorPtr packed) {
        if (!(subject == m_subject)) return;
        m_packed = std::move(packed);
        showWeight();
      });
}

void HistogramCard::showTensor() {
  if (const Subject subject = Subject::of(m_selection); !(subject == m_subject)) {
    m_jobs.cancelTag(kBinTag);
    m_levels->reset();
    m_overlay->reset();
    m_subject = subject;
    m_summarized = false;
    m_jobs.cancelTag(kPackedTag);
    m_packed.reset();
    m_histogram->clearData();
  }
  if (!m_active) return;
  const auto* tensor = m_selection.tensorInfo();
  if (tensor == nullptr) {
    m_title->setText(tr("No tensor"));
    m_subtitle->clear();
    m_statistics->setStatistics(nullptr);
    m_statistics->setCompared(std::nullopt);
    m_histogram->setMessage(tr("Choose a tensor on the left."));
    m_weight->showNothing();
    return;
  }
  m_title->setText(QString::fromStdString(tensor->name));
  QString facts = tr("%1 · %2 · %3 weights · %4")
                      .arg(shapeText(tensor->shape), typeText(*tensor), text::count(tensor->shape.count()),
                           text::bytes(weightBytes(m_selection.model()->checkpoint(), *tensor))) +
                  turnedText(*tensor);
  m_histogram->setProvenance(
      QStringLiteral("%1 · %2").arg(QString::fromStdString(m_selection.model()->checkpoint().name()), facts));
  if (m_selection.model()->source() == kDemoName) facts += tr(" · outlier channels were injected: see the model card");
  m_subtitle->setText(facts);
  m_overlay->refill();
  requestPacked();
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
  requestOverlay();
}

void HistogramCard::schemesChanged() {
  if (!m_active || m_selection.tensorInfo() == nullptr) return;
  m_overlay->refill();
  requestLevels();
  requestOverlay();
  showQuantizedWeight();
}

void HistogramCard::requestLevels() {
  if (!m_active || m_selection.tensorInfo() == nullptr) return;
  showLevels();
  if (isReadable()) m_levels->request(m_subject, m_selection.weight().value_or(0));
}

void HistogramCard::showLevels() {
  if (m_active && m_selection.tensorInfo() != nullptr)
    m_histogram->setLevels(isReadable() ? m_levels->rows() : std::vector<WeightHistogram::Levels>());
}

void HistogramCard::requestOverlay() {
  if (!m_active || m_selection.tensorInfo() == nullptr) return;
  if (const auto* facts = m_facts.find(*m_selection.tensor())) m_overlay->request(m_subject, facts->histogram);
  showOverlay();
}

// An overlay that is no longer asked for goes at once.
void HistogramCard::showOverlay() {
  if (!m_active) return;
  const bool hasValues = m_selection.tensor() && m_facts.problem(*m_selection.tensor()).isEmpty();
  const auto shown = hasValues ? m_overlay->shown(m_subject) : std::nullopt;
  const auto* const weights = shown ? shown->weights : nullptr;
  std::optional<StatisticsRow::Compared> compared;
  if (shown) compared = StatisticsRow::Compared{shown->title, shown->color, shown->line, nullptr, nullptr, shown->note};
  if (weights != nullptr) compared->stats = &weights->stats, compared->error = &weights->error;
  m_statistics->setCompared(compared);
  m_histogram->setOverlay(
      m_summarized && weights != nullptr
          ? std::optional(WeightHistogram::Overlay{shown->title, shown->color, shown->line, weights->histogram})
          : std::nullopt);
}

void HistogramCard::showWeight() {
  if (!m_active || !m_selection.weight() || !isReadable()) {
    m_histogram->setMarkedValue(std::numeric_limits<double>::quiet_NaN());
    m_weight->showNothing();
    return requestLevels();
  }
  const auto weights = tensor();
  if (weights == nullptr) {  // being assembled
    m_weight->showNothing();
    return requestLevels();
  }
  float value = 0;
  core::quant::decode(*weights, *m_selection.weight(), 1, &value);
  m_histogram->setMarkedValue(static_cast<double>(value));
  m_weight->showWeight(placeText(weights->shape, *m_selection.weight()), value,
                       storedBitsText(*weights, *m_selection.weight()));
  showOtherWeight(value);
  requestLevels();
  showQuantizedWeight();
}

void HistogramCard::showOtherWeight(float value) {
  m_jobs.cancelTag(kOtherTag);
  const auto other = m_selection.comparedTensor();
  if (other == nullptr) return;
  const std::uint64_t weight = *m_selection.weight();
  const auto show = [this, value, name = QString::fromStdString(m_selection.comparedModel()->checkpoint().name())](
                        float compared) { m_weight->showCompared(name, value, compared); };
  if (other->info().assembly == core::io::Assembly::None) return show(core::model::otherValue(*other, weight));
  m_jobs.run(
      this, {kOtherTag, {}},
      [other, weight](const core::JobContext&) { return core::model::otherValue(*other, weight); },
      [this, subject = m_subject, other, weight, show](float compared) {
        const auto now = m_selection.comparedTensor();
        if (subject == m_subject && m_selection.weight() == weight && now && now->model == other->model) show(compared);
      });
}

void HistogramCard::showQuantizedWeight() {
  const auto& recipe = m_selection.currentRecipe();
  if (!m_active || !recipe || !m_selection.weight() || !isReadable()) return;
  const QString name = m_selection.currentTitle();
  if (const auto changed = m_selection.replacementFor(*recipe, *m_selection.tensor()))
    return showChanged(name, *changed);
  const auto& scheme = m_selection.currentScheme();
  if (!scheme) return;
  const SchemeView* view = m_levels->find(*scheme);
  if (m_selection.waitOf(*scheme) != CalibrationWait::Nothing)
    return m_weight->showNote(name, tr("waits for the calibration"));
  if (view == nullptr || view->around != *m_selection.weight()) return m_weight->showNote(name, tr("computing…"));
  if (!view->refused.empty()) return m_weight->showNote(name, QString::fromStdString(view->refused));
  const auto weights = tensor();
  if (weights == nullptr) return;
  float value = 0;
  core::quant::decode(*weights, *m_selection.weight(), 1, &value);
  m_weight->showQuantized(name, value, view->value);
}

void HistogramCard::showChanged(const QString& name, const core::quant::QuantizedTensor& changed) {
  const auto weights = tensor();
  if (weights == nullptr) return;
  float value = 0, made = 0;
  core::quant::decode(*weights, *m_selection.weight(), 1, &value);
  core::quant::decode(changed, *m_selection.weight(), 1, &made);
  m_weight->showQuantized(name, value, made);
}

void HistogramCard::findInBin(double low, double high, bool activate) {
  if (!m_active || !isReadable()) return;
  m_jobs.run(
      this, {kBinTag, {}},
      [model = m_selection.model(), index = *m_selection.tensor(), low, high](const core::JobContext& job) {
        return firstWeightBetween(*model->tensor(index), low, high, job);
      },
      [this, activate, subject = m_subject](std::optional<std::uint64_t> weight) {
        if (!weight || !(subject == m_subject)) return;
        if (activate)
          Q_EMIT weightActivated(*weight);
        else
          m_selection.setWeight(*weight);
      });
}

}  // namespace app
