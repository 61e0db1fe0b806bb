#include "app/workspaces/quantize/curves_page.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/pictures/step_error_chart.h"
#include "app/pictures/transfer_chart.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_cost.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/sentence.h"

namespace app {
namespace {

const QString kCurvesTag = QStringLiteral("quantize.step-errors");
/// Work (weights of plain rounding) that is done without a job.
constexpr std::uint64_t kSteppedAtOnce = 1U << 15U;

constexpr double kNearLevels = 0.25;  ///< of the range of the weights
constexpr int kCurvesRowWidth = 680, kCurvePairWidth = 340, kCurvesHeight = 96;
constexpr int kPoints = 800;  ///< of the curve: more than a wide chart has pixels

TransferChart::Data dataOf(const LabBlock& block, int shown) {
  TransferChart::Data data;
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    data.weights.push_back(static_cast<double>(block.values[i]));
    data.storedWeights.push_back(static_cast<double>(block.decoded[i]));
  }
  data.chosen = shown;
  const std::size_t at = static_cast<std::size_t>(std::max(shown, 0));
  double low = 0, high = 0;
  const auto include = [&](double value) {
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  };
  for (const double weight : data.weights) include(weight);
  const auto levels = block.levelsAt(at);
  if (!levels.empty()) {  // those of floats without a scale go on to 10³⁸
    const double reach = (high - low) * kNearLevels;
    low = std::min(low, std::max(levels.front(), low - reach));
    high = std::max(high, std::min(levels.back(), high + reach));
  }
  if (!block.explanation.transfer || low == high) return data;
  const double room = (high - low) * 0.02;
  for (int i = 0; i <= kPoints; ++i) {
    const auto x = static_cast<float>(low - room + (high - low + 2 * room) * i / kPoints);
    data.x.push_back(static_cast<double>(x));
    data.stored.push_back(static_cast<double>(block.explanation.transfer(x, block.offset + at)));
  }
  return data;
}

}  // namespace

CurvesPage::CurvesPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_staircase(new TransferChart(TransferChart::View::Staircase)),
      m_error(new TransferChart(TransferChart::View::Error)),
      m_steps(new StepErrorChart),
      m_verdict(new Sentence(Label::Style::Hint)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* pair = new ReflowRow(kCurvePairWidth);
  pair->setSpacing(space::kTwo);
  pair->addWidget(framed(m_staircase, tr("What every number becomes")), 1);
  pair->addWidget(framed(m_error, tr("The error of that")), 1);
  auto* row = new ReflowRow(kCurvesRowWidth);
  row->setSpacing(space::kTwo);
  row->addLayout(pair, 2);
  row->addWidget(framed(m_steps, tr("Errors in steps: even?")), 1);
  for (Chart* chart : std::initializer_list<Chart*>{m_staircase, m_error, m_steps})
    chart->setMinimumHeight(Theme::instance().px(kCurvesHeight));
  column->addLayout(row, 1);
  m_verdict->setObjectName(QStringLiteral("lab-verdict"));
  column->addWidget(m_verdict);
  m_staircase->setObjectName(QStringLiteral("lab-staircase"));
  m_error->setObjectName(QStringLiteral("lab-saw-tooth"));
  m_steps->setObjectName(QStringLiteral("lab-step-errors"));
  for (TransferChart* chart : {m_staircase, m_error})
    connect(chart, &TransferChart::weightChosen, this, &CurvesPage::takeDot);
}

void CurvesPage::takeDot(int index) { state().setWeight(state().block().flatIndex(static_cast<std::size_t>(index))); }

void CurvesPage::refresh() {
  const LabBlock& block = state().block();
  const auto curve = dataOf(block, state().shownWeight());
  const QString none = block.isEmpty() || !curve.x.empty()
                           ? QString()
                           : tr("This type stores several weights at once: there is no curve of one weight.");
  for (TransferChart* chart : {m_staircase, m_error}) {
    chart->setCurve(curve);
    chart->setProvenance(state().provenance());
    chart->setMessage(curve.weights.empty() ? none : QString());
  }
  m_steps->setProvenance(state().provenance());
  m_none = curve.x.empty() ? none : QString();
  showStepErrors();
}

// Under a clip the row is quantized once more, without it.
void CurvesPage::showStepErrors() {
  const auto block = state().sharedBlock();
  const auto show = [this, block](const core::metrics::StepErrors& errors) {
    if (block != state().sharedBlock()) return;
    m_steps->setErrors(errors);
    m_verdict->setText(m_none.isEmpty() ? m_steps->verdict() : m_none + u' ' + m_steps->verdict());
  };
  state().jobs().cancelTag(kCurvesTag);
  if (block->isEmpty()) return show({});
  const LabRequest request = state().request();
  if (rowAround(request.tensor->shape, request.weight).count * workPerWeight(request.scheme) <= kSteppedAtOnce)
    return show(rowStepErrors(request, *block));
  state().jobs().run(
      this, {kCurvesTag, {}}, [request, block](const core::JobContext&) { return rowStepErrors(request, *block); },
      show);
}

}  // namespace app
