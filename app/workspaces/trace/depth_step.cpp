#include "app/workspaces/trace/depth_step.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/depth_chart.h"
#include "app/workspaces/trace/depth_map.h"
#include "app/workspaces/trace/trace_state.h"
#include "app/workspaces/trace/trace_words.h"
#include "core/model/tensor_place.h"

namespace app {

namespace {

QString opinionText(const std::vector<core::model::TokenProbability>& top, const core::text::Tokenizer* tokenizer) {
  QStringList words;
  for (const auto& choice : top)
    words << wordText(tokenizer, choice.token) + u' ' + text::percent(static_cast<double>(choice.probability));
  return words.join(QStringLiteral(" · "));
}

}  // namespace

DepthStep::DepthStep(TraceState& state, QWidget* parent)
    : Card(QString(), parent),
      m_state(state),
      m_view(new QComboBox),
      m_pages(new QStackedWidget),
      m_chart(new DepthChart),
      m_map(new DepthMap),
      m_detail(new Label(Label::Style::Hint)) {
  setFlush(true);
  header()->setContentsMargins(space::kTwo, space::kOne, space::kOne, 0);
  auto* title = new Label(Label::Style::Heading, tr("Where in depth"));
  header()->addWidget(title);
  header()->addStretch(1);
  m_view->addItem(tr("Last token"));
  m_view->addItem(tr("All tokens"));
  m_view->setObjectName(QStringLiteral("trace-depth-view"));
  m_view->setAccessibleName(tr("Which tokens are shown over depth"));
  header()->addWidget(m_view);
  header()->addWidget(m_chart->createMenuButton());
  m_pages->addWidget(m_chart);
  m_pages->addWidget(m_map);
  body()->addWidget(m_pages, 1);
  auto* foot = new QHBoxLayout;
  foot->setContentsMargins(space::kTwo, 0, space::kTwo, space::kOne);
  m_detail->setObjectName(QStringLiteral("trace-depth-detail"));
  m_detail->setWrapping();
  foot->addWidget(m_detail);
  body()->addLayout(foot);
  connect(m_view, &QComboBox::currentIndexChanged, m_pages, &QStackedWidget::setCurrentIndex);
  connect(m_chart, &DepthChart::stepClicked, this, &DepthStep::select);
  connect(m_chart, &DepthChart::stepActivated, this, [this](int step) {
    select(step);
    const auto& depth = m_state.trace() ? m_state.trace()->depth : std::nullopt;
    if (!depth) return;
    if (const auto layer = core::model::placeOf(depth->steps[static_cast<std::size_t>(step)].name).layer)
      Q_EMIT layerActivated(*layer);
  });
  refresh();
}

void DepthStep::select(int step) {
  m_chart->setSelected(step);
  m_detail->setText(step >= 0 ? m_chart->describe(step) : QString());
}

void DepthStep::refresh() {
  const Trace* trace = m_state.trace();
  const void* known = trace != nullptr && trace->depth ? &*trace->depth : nullptr;
  const bool isKnown = known != nullptr;
  for (Chart* chart : {static_cast<Chart*>(m_chart), static_cast<Chart*>(m_map)})
    chart->setMessage(isKnown               ? QString()
                      : m_state.isRunning() ? tr("Watching both residual streams…")
                                            : tr("Not reached."));
  if (known == m_shown && isKnown) return;
  m_shown = known;
  if (!isKnown) {
    m_chart->setSteps({}, {});
    m_map->clearData();
    m_detail->setText({});
    return;
  }
  fill();
}

void DepthStep::fill() {
  const core::trace::Depth& depth = *m_state.trace()->depth;
  const auto* tokenizer = m_state.tokenizer();
  const TraceQuestion& question = *m_state.result().question;
  const QString reference = variantTitle(question.reference, m_state.selection()),
                compared = variantTitle(question.compared, m_state.selection());
  std::vector<DepthChart::Step> steps;
  QStringList depths, words;
  for (const auto& step : depth.steps) {
    DepthChart::Step drawn{
        depthName(step.name), shortDepthName(step.name), step.relativeError, step.cosine, {}, {}, {}};
    if (!step.referenceTop.empty()) drawn.referenceWord = wordText(tokenizer, step.referenceTop.front().token);
    if (!step.comparedTop.empty()) drawn.comparedWord = wordText(tokenizer, step.comparedTop.front().token);
    drawn.opinions = reference + QStringLiteral(": ") + opinionText(step.referenceTop, tokenizer) + u'\n' + compared +
                     QStringLiteral(": ") + opinionText(step.comparedTop, tokenizer);
    depths << drawn.shortName;
    steps.push_back(std::move(drawn));
  }
  const auto& tokens = m_state.trace()->found().parting.tokens;
  for (std::size_t i = 0; i < depth.positions; ++i)
    words << wordText(tokenizer, tokens[depth.firstPosition + i]).left(14);
  const QString provenance = reference + QStringLiteral(" / ") + compared;
  for (Chart* chart : {static_cast<Chart*>(m_chart), static_cast<Chart*>(m_map)}) chart->setProvenance(provenance);
  m_chart->setAxisTitles(depthAxisText(depth), tr("relative error"));
  m_map->setAxisTitles(depthAxisText(depth), QString());
  m_chart->setSteps(std::move(steps), m_state.selection().color(question.compared.recipe));
  m_map->setDepth(depth, depths, words);
  const int parting = m_chart->parting();
  select(parting >= 0 ? parting : static_cast<int>(depth.steps.size()) - 1);
}

QString DepthStep::result() const {
  if (m_shown == nullptr) return m_state.isRunning() ? tr("computing…") : QString();
  const int parting = m_chart->parting();
  if (parting < 0) return tr("the lens never parts");
  return tr("parts at %1").arg(m_chart->steps()[static_cast<std::size_t>(parting)].name);
}

}  // namespace app
