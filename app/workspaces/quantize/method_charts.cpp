#include "app/workspaces/quantize/method_charts.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/factors_chart.h"
#include "app/workspaces/quantize/loss_chart.h"
#include "app/workspaces/quantize/push_chart.h"
#include "app/workspaces/quantize/search_chart.h"

namespace app {
namespace {

using namespace core::quant;

constexpr int kLeastChartHeight = 128;

}  // namespace

MethodCharts::MethodCharts(QWidget* parent)
    : QWidget(parent),
      m_row(new QHBoxLayout),
      m_buttons(new QButtonGroup(this)),
      m_stack(new QStackedLayout),
      m_caption(new Label(Label::Style::Hint)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_row->setSpacing(0);
  m_row->addStretch(1);
  column->addLayout(m_row);
  m_caption->setElide(Qt::ElideRight);
  m_caption->setObjectName(QStringLiteral("lab-method-caption"));
  column->addWidget(m_caption);
  column->addLayout(m_stack, 1);
  m_push = add<PushChart>("lab-push-chart", tr("This column"));
  m_loss = add<LossChart>("lab-loss-chart", tr("The whole row"));
  m_factors = add<FactorsChart>("lab-factors-chart", tr("Factors"));
  m_search = add<SearchChart>("lab-search-chart", tr("The search"));
  m_zeros = add<SearchChart>("lab-zeros-chart", tr("Zero-point"));
  connect(m_push, &PushChart::turnChosen, this, &MethodCharts::lineChosen);
  connect(m_loss, &LossChart::turnChosen, this, &MethodCharts::lineChosen);
  connect(m_factors, &FactorsChart::columnChosen, this, &MethodCharts::lineChosen);
  connect(m_buttons, &QButtonGroup::idClicked, this, [this](int id) { show(static_cast<Picture>(id)); });
}

template <class ChartType>
ChartType* MethodCharts::add(const char* name, const QString& title) {
  auto* chart = new ChartType;
  chart->setObjectName(QLatin1String(name));
  chart->setMinimumHeight(Theme::instance().px(kLeastChartHeight));
  auto* button = new QToolButton;
  button->setText(title);
  button->setCheckable(true);
  button->setObjectName(QLatin1String(name) + QStringLiteral("-button"));
  const auto id = static_cast<int>(m_parts.size());
  m_buttons->addButton(button, id);
  m_row->insertWidget(id, button);
  QToolButton* menu = chart->createMenuButton();
  m_row->addWidget(menu);
  m_stack->addWidget(chart);
  m_parts.push_back({chart, button, menu});
  return chart;
}

void MethodCharts::setExplanation(const Explanation& explanation, const QString& provenance) {
  m_explanation = explanation;
  m_line = 0;
  std::vector<Picture> pictures;
  m_columns.clear();
  if (const auto* of = explanation->as<GptqExplanation>()) {
    std::vector<double> lost;
    for (const GptqStep& step : of->trace.steps) {
      m_columns.push_back(step.column);
      lost.push_back(step.scaledError * step.scaledError);
    }
    m_loss->setLosses(lost, of->lossAlone);
    pictures = {Push, Loss};
  } else if (const auto* scaled = explanation->as<ScaledExplanation>()) {
    showScaled(*scaled);
    pictures = {Factors};
    if (scaled->ratio) pictures.push_back(Search);
  } else {
    showHqq(*explanation->as<HqqExplanation>());
    pictures = {Search, Zeros};
  }
  for (std::size_t i = 0; i < m_parts.size(); ++i) {
    m_parts[i].chart->setProvenance(provenance);
    m_parts[i].button->setVisible(std::ranges::find(pictures, static_cast<Picture>(i)) != pictures.end());
  }
  show(std::ranges::find(pictures, m_front) != pictures.end() ? m_front : pictures.front());
}

void MethodCharts::show(Picture picture) {
  m_front = picture;
  for (std::size_t i = 0; i < m_parts.size(); ++i) m_parts[i].menu->setVisible(static_cast<Picture>(i) == picture);
  const Part& part = m_parts[static_cast<std::size_t>(picture)];
  part.button->setChecked(true);
  m_stack->setCurrentWidget(part.chart);
  m_caption->setText(captionOf(picture));
}

void MethodCharts::showScaled(const ScaledExplanation& of) {
  std::vector<double> inputs, factors;
  for (const ScaledColumn& column : of.columns) {
    inputs.push_back(static_cast<double>(column.input));
    factors.push_back(static_cast<double>(column.factor));
  }
  m_factors->setColumns(std::move(inputs), std::move(factors), of.ratio ? tr("mean |x|") : tr("max |x|"));
  if (!of.ratio) return;
  const auto steps = static_cast<double>(of.losses.size());
  std::vector<SearchChart::Try> tries;
  for (const double loss : of.losses) tries.push_back({static_cast<double>(tries.size()) / steps, loss});
  m_search->setTries(std::move(tries), qRound(*of.ratio * steps), tr("exponent"), tr("output MSE"));
}

void MethodCharts::showHqq(const HqqExplanation& of) {
  std::vector<SearchChart::Try> tries;
  for (const double error : of.trace.errors) tries.push_back({static_cast<double>(tries.size()), error});
  m_search->setTries(tries, static_cast<int>(tries.size()) - 1, tr("round"), tr("mean |error|"));
}

void MethodCharts::setLine(std::size_t line) {
  m_line = line;
  if (const auto* of = m_explanation->as<GptqExplanation>()) {
    m_push->setPushed(of->trace.steps[line].pushed, line, m_columns);
    m_loss->setChosen(line);
  } else if (const auto* moved = m_explanation->as<HqqExplanation>()) {
    showZero(*moved, line);
  } else {
    m_factors->setChosen(line);
  }
  m_caption->setText(captionOf(m_front));
}

/// How the zero-point of the line's group moved.
void MethodCharts::showZero(const HqqExplanation& of, std::size_t line) {
  const std::uint32_t group = of.columns[line].group;
  std::vector<SearchChart::Try> tries;
  for (const auto& grids : of.trace.grids)
    tries.push_back({static_cast<double>(tries.size()), static_cast<double>(grids[group].zero)});
  m_zeros->setTries(tries, static_cast<int>(tries.size()) - 1, tr("round"), tr("zero-point"));
}

QString MethodCharts::captionOf(Picture picture) const {
  switch (picture) {
    case Push:
      return tr("What its error adds to the next %1 columns").arg(PushChart::kMostBars);
    case Loss:
      return tr("What the output has lost: Σ (error / diagonal)²");
    case Factors:
      return m_explanation->as<ScaledExplanation>()->ratio ? tr("A dot per column: above 1 it is protected")
                                                           : tr("A dot per column: what its inputs are divided by");
    case Search: {
      const auto* of = m_explanation->as<ScaledExplanation>();
      return of == nullptr ? tr("The tensor's mean |error|, round by round")
                           : tr("s = mean |x|^exponent, evened out: least at %1").arg(text::trimmed(*of->ratio, 3));
    }
    case Zeros:
      return tr("The zero-point of group %1, round by round")
          .arg(m_explanation->as<HqqExplanation>()->columns[m_line].group);
  }
  return {};
}

}  // namespace app
