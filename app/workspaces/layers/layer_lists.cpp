#include "app/workspaces/layers/layer_lists.h"

#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/kept_tensors.h"
#include "app/workspaces/layers/proxy_page.h"

namespace app {

LayerLists::LayerLists(QWidget* parent)
    : Card({}, parent),
      m_tabs(new QTabWidget),
      m_dotsTitle(new Label(Label::Style::Muted)),
      m_dots(new ErrorDots),
      m_proxies(new ProxyPage),
      m_kept(new KeptTensors) {
  setFlush(true);
  m_tabs->setObjectName(QStringLiteral("layer-lists"));
  m_tabs->setDocumentMode(true);
  m_tabs->setUsesScrollButtons(false);
  auto* sorted = new QWidget;
  auto* column = new QVBoxLayout(sorted);
  column->setContentsMargins(space::kOneHalf, space::kOne, space::kOne, 0);
  m_dotsTitle->setElide(Qt::ElideRight);
  auto* line = new QHBoxLayout;
  line->addWidget(m_dotsTitle, 1);
  line->addWidget(m_dots->createMenuButton());
  column->addLayout(line);
  column->addWidget(m_dots, 1);
  m_tabs->addTab(sorted, tr("Most sensitive first"));
  m_tabs->addTab(m_kept, tr("Stays as stored"));
  m_tabs->addTab(m_proxies, tr("Proxies"));
  m_tabs->setTabToolTip(m_tabs->indexOf(m_proxies), tr("Proxy against truth: whether what is quickly known of tensors "
                                                       "says which of them harm"));
  setProxiesVisible(false);
  body()->addWidget(m_tabs, 1);
  connect(m_kept, &KeptTensors::tensorActivated, this, &LayerLists::keptActivated);
}

void LayerLists::showDots(const LayerContent::Dots& dots, core::metrics::Metric metric, const QString& title,
                          const QColor& color) {
  if (!dots.message.isEmpty()) m_dots->setMessage(dots.message);
  m_dotsTitle->setText(dots.left.isEmpty() ? title : title + QStringLiteral(" · ") + dots.left);
  m_dots->setTitle(tr("Matrices sorted by error under %1").arg(title));
  m_dots->setData(dots.dots, metric, color);
}

void LayerLists::showKept(const OpenModel* model, const core::model::RecipePlan* plan) {
  m_kept->show(model, plan);
  const int page = m_tabs->indexOf(m_kept);
  m_tabs->setTabText(page, m_kept->topLevelItemCount() == 0
                               ? tr("Stays as stored")
                               : tr("Stays as stored (%1)").arg(m_kept->topLevelItemCount()));
  m_tabs->setTabToolTip(page, m_kept->summary());
  fitTabs();
}

void LayerLists::setProxiesVisible(bool visible) {
  m_tabs->setTabVisible(m_tabs->indexOf(m_proxies), visible);
  fitTabs();
}

void LayerLists::fitTabs() { m_tabs->setMinimumWidth(m_tabs->tabBar()->sizeHint().width()); }

}  // namespace app
