#include "app/workspaces/quantize/lab_page.h"

#include <QHBoxLayout>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/plots/chart.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"

namespace app {

void LabPage::setShown(bool shown) {
  if (m_shown == shown) return;
  m_shown = shown;
  disconnect(&m_state, nullptr, this, nullptr);
  if (!shown) return;
  connect(&m_state, &LabState::blockChanged, this, [this] { refresh(); });
  refresh();
}

QWidget* LabPage::framed(Chart* chart, const QString& title) const {
  auto* frame = new QWidget;
  auto* column = new QVBoxLayout(frame);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* row = new QHBoxLayout;
  auto* name = new Label(Label::Style::Muted, title);
  name->setElide(Qt::ElideRight);
  row->addWidget(name, 1);
  row->addWidget(chart->createMenuButton());
  column->addLayout(row);
  column->addWidget(chart, 1);
  return frame;
}

void LabPage::bringForward(QStackedLayout& stack, QWidget* page) {
  for (int i = 0; i < stack.count(); ++i) {
    const auto policy = stack.widget(i) == page ? QSizePolicy::Preferred : QSizePolicy::Ignored;
    stack.widget(i)->setSizePolicy(policy, policy);
  }
  stack.setCurrentWidget(page);
}

}  // namespace app
