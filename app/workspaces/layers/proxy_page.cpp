#include "app/workspaces/layers/proxy_page.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QLocale>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/proxy_chart.h"

namespace app {

using text::tr;

namespace {

constexpr double kNearly = 0.8, kRoughly = 0.5;  ///< rank correlations from which on a proxy is called so

QString rho(double value) { return QLocale().toString(value, 'f', 2).replace(u'-', QChar(0x2212)); }

QString interval(const core::evaluate::RankCorrelation& correlation) {
  return QStringLiteral("%1 (%2…%3)").arg(rho(correlation.rho), rho(correlation.low), rho(correlation.high));
}

}  // namespace

QString correlationSentence(const QString& of, const core::evaluate::RankCorrelation& correlation) {
  if (!std::isfinite(correlation.rho)) return tr("Of the %1 there are too few figures to compare.").arg(of);
  const QString verdict = correlation.high < 0          ? tr("it misleads: what it calls harmless harms")
                          : !(correlation.low > 0)      ? tr("it hardly says which tensors harm")
                          : correlation.low >= kNearly  ? tr("it puts tensors nearly in the order of their harm")
                          : correlation.rho >= kRoughly ? tr("it says roughly which tensors harm")
                                                        : tr("it says little about which tensors harm");
  return tr("Of the %1, rank correlation %2 with what was measured of %3 tensors: %4.")
      .arg(of, interval(correlation), text::count(correlation.count), verdict);
}

ProxyPage::ProxyPage(QWidget* parent)
    : QWidget(parent),
      m_proxies(new QButtonGroup(this)),
      m_chart(new ProxyChart),
      m_sentence(new Label),
      m_all(new Label(Label::Style::Hint)) {
  setObjectName(QStringLiteral("proxy-page"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kOneHalf, space::kOne, space::kOne, space::kOne);
  auto* line = new QHBoxLayout;
  line->addWidget(buildSwitch());
  line->addStretch(1);
  line->addWidget(m_chart->createMenuButton());
  column->addLayout(line);
  m_sentence->setWrapping();
  m_sentence->setObjectName(QStringLiteral("proxy-sentence"));
  m_all->setWrapping();
  m_all->setObjectName(QStringLiteral("proxy-correlations"));
  m_all->setToolTip(
      tr("Spearman's rank correlation with its 95 % interval (bootstrap over tensors): 1 where the quick "
         "figure orders tensors as the measured KL does, 0 where it says nothing"));
  column->addWidget(m_sentence);
  column->addWidget(m_chart, 1);
  column->addWidget(m_all);
}

QString ProxyPage::title(Proxy proxy) {
  switch (proxy) {
    case Proxy::Weights:
      return tr("weights' error");
    case Proxy::Outputs:
      return tr("outputs' error");
    case Proxy::Gradients:
      return tr("estimate by gradients");
  }
  return {};
}

const core::evaluate::RankCorrelation& ProxyPage::correlationOf(const core::evaluate::ProxyComparison& comparison,
                                                                Proxy proxy) {
  switch (proxy) {
    case Proxy::Weights:
      return comparison.weightError;
    case Proxy::Outputs:
      return comparison.outputError;
    case Proxy::Gradients:
      break;
  }
  return comparison.gradientEstimate;
}

double ProxyPage::figureOf(const core::evaluate::ProxyPoint& point, Proxy proxy) {
  switch (proxy) {
    case Proxy::Weights:
      return point.weightError;
    case Proxy::Outputs:
      return point.outputError;
    case Proxy::Gradients:
      break;
  }
  return point.gradientEstimate;
}

QWidget* ProxyPage::buildSwitch() {
  auto* segments = new QWidget;
  segments->setAccessibleName(tr("Quick figure"));
  auto* row = new QHBoxLayout(segments);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  const QString names[kProxies]{tr("Weights"), tr("Outputs"), tr("Gradients")};
  const QString tips[kProxies]{
      tr("The relative error of the tensor's weights"),
      tr("The relative error of the layer's outputs on the text, quantized inputs included"),
      tr("The KL that second derivatives at the stored weights foretell (Fisher information along the error)")};
  for (int i = 0; i < kProxies; ++i) {
    auto* button = new QToolButton;
    button->setText(names[i]);
    button->setToolTip(tips[i]);
    button->setCheckable(true);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setObjectName(QStringLiteral("proxy-%1").arg(i));
    m_proxies->addButton(button, i);
    row->addWidget(button);
  }
  m_proxies->button(0)->setChecked(true);
  connect(m_proxies, &QButtonGroup::idToggled, this, [this](int, bool checked) {
    if (checked) showPoints();
  });
  return segments;
}

ProxyPage::Proxy ProxyPage::proxy() const { return static_cast<Proxy>(m_proxies->checkedId()); }

void ProxyPage::show(const MeasuredLayers& measured, const std::vector<std::size_t>& tensors,
                     const std::optional<core::model::Recipe>& recipe) {
  const MeasuredAnswer* const answer = recipe ? measured.find(*recipe) : nullptr;
  const bool isShown = answer != nullptr && !measured.isOld(*answer);
  m_comparison = isShown ? answer->report.proxies : core::evaluate::ProxyComparison();
  m_color = recipe ? measured.selection().color(*recipe) : QColor();
  m_rows.clear();
  m_within.clear();
  for (const auto& point : m_comparison.points) {
    const auto found = std::ranges::find_if(tensors, [&](std::size_t tensor) {
      return measured.selection().model()->checkpoint().tensors()[tensor].name == point.tensor;
    });
    m_within.push_back(answer->judge({point.kl, point.klError}) == core::evaluate::Verdict::Indistinguishable);
    m_rows.push_back(found == tensors.end() ? -1 : static_cast<int>(found - tensors.begin()));
  }
  const bool isEmpty = m_comparison.points.empty();
  m_chart->setMessage(!isEmpty || !recipe ? QString() : whyNothing(measured, *recipe, isShown ? answer : nullptr));
  m_chart->setProvenance(recipe ? measured.selection().title(*recipe) : QString());
  showPoints();
}

QString ProxyPage::whyNothing(const MeasuredLayers& measured, const core::model::Recipe& recipe,
                              const MeasuredAnswer* answer) const {
  if (measured.isMeasuring(recipe)) return tr("The points appear when every tensor is measured.");
  if (measured.question().direction != core::evaluate::Direction::Swap)
    return tr("Quick figures are of tensors that are quantized alone: choose that above, and measure.");
  if (measured.level() != core::evaluate::Level::Tensor)
    return tr("Quick figures are of single tensors: choose “tensor” above, and measure.");
  if (answer != nullptr && !answer->isComplete && answer->done > 0)
    return tr("Stopped before every tensor was measured: “Go on” ends it.");
  return tr("Press Measure: every tensor becomes a point, its quick figure against what it does to the answers.");
}

void ProxyPage::showPoints() {
  std::vector<ProxyChart::Point> points;
  for (std::size_t i = 0; i < m_comparison.points.size(); ++i) {
    if (m_rows[i] < 0) continue;  // no matrix of the list
    const auto& of = m_comparison.points[i];
    QString name = QString::fromStdString(of.tensor);
    if (name.endsWith(QLatin1String(".weight"))) name.chop(7);
    points.push_back({name, figureOf(of, proxy()), {of.kl, of.klError}, m_within[i], m_rows[i]});
  }
  const QString unit = proxy() == Proxy::Gradients ? tr("KL by gradients (nats per token)")
                       : proxy() == Proxy::Outputs ? tr("relative error of the outputs")
                                                   : tr("relative error of the weights");
  m_chart->setTitle(tr("%1 against measured KL").arg(title(proxy())));
  m_chart->setPoints(std::move(points), unit, m_color);
  const bool isEmpty = m_comparison.points.empty();
  m_sentence->setText(isEmpty ? QString() : correlationSentence(title(proxy()), correlationOf(m_comparison, proxy())));
  QStringList all;
  for (const Proxy each : {Proxy::Weights, Proxy::Outputs, Proxy::Gradients}) {
    const auto& correlation = correlationOf(m_comparison, each);
    if (std::isfinite(correlation.rho)) all << QStringLiteral("%1 %2").arg(title(each), interval(correlation));
  }
  m_all->setText(all.isEmpty() ? QString() : tr("ρ with 95 %: %1").arg(all.join(QStringLiteral(" · "))));
}

}  // namespace app
