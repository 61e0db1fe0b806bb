#include "app/workspaces/chat/pane_grid.h"

#include <QSplitter>
#include <QTabBar>
#include <QVBoxLayout>

#include "app/widgets/theme.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/pane_header.h"

namespace app {

namespace {
constexpr double kLeastWidth = 262, kLeastHeight = 190;  ///< of a pane that can be read, at 100 % zoom
constexpr int kEqualShare = 10'000;
}  // namespace

PaneGrid::PaneGrid(std::vector<ChatPane*> panes, QWidget* parent)
    : QWidget(parent),
      m_panes(std::move(panes)),
      m_tabs(new QTabBar),
      m_rows(new QSplitter(Qt::Vertical)),
      m_top(new QSplitter),
      m_bottom(new QSplitter) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  m_tabs->setObjectName(QStringLiteral("pane-tabs"));
  m_tabs->setAccessibleName(tr("The pane beside the reference"));
  m_tabs->setExpanding(false);
  m_tabs->setDrawBase(false);
  m_tabs->setElideMode(Qt::ElideRight);
  m_tabs->hide();
  column->addWidget(m_tabs, 0, Qt::AlignRight);
  for (QSplitter* splitter : {m_rows, m_top, m_bottom}) {
    splitter->setHandleWidth(space::kOneHalf);
    splitter->setChildrenCollapsible(false);
  }
  m_rows->addWidget(m_top);
  m_rows->addWidget(m_bottom);
  m_bottom->hide();
  column->addWidget(m_rows, 1);
  for (ChatPane* pane : m_panes) m_top->addWidget(pane);
  connect(m_tabs, &QTabBar::currentChanged, this, [this](int tab) {
    if (m_form == Form::Tabs && tab >= 0) Q_EMIT paneChosen(static_cast<std::size_t>(tab) + 1);
  });
  place();
}

void PaneGrid::setCount(std::size_t count) {
  m_count = count;
  m_focus = std::min(m_focus, m_count - 1);
  m_form = fittingForm();
  place();
}

void PaneGrid::setFocusPane(std::size_t pane) {
  m_focus = pane;
  if (m_form != Form::Tabs) return;
  m_tabs->setCurrentIndex(static_cast<int>(pane) - 1);
  for (std::size_t i = 1; i < m_panes.size(); ++i) m_panes[i]->setVisible(i == m_focus);
}

PaneGrid::Form PaneGrid::fittingForm() const {
  const Theme& theme = Theme::instance();
  const int wide = theme.px(kLeastWidth) + space::kOneHalf, high = theme.px(kLeastHeight);
  if (m_count <= Conversation::kFewestPanes || width() >= static_cast<int>(m_count) * wide) return Form::Row;
  return height() >= 2 * high + space::kOneHalf && width() >= 2 * wide ? Form::TwoRows : Form::Tabs;
}

// What the form that needs the least needs: the reference and one beside it.
QSize PaneGrid::minimumSizeHint() const {
  const QSize one = m_panes[0]->minimumSizeHint(), other = m_panes[1]->minimumSizeHint();
  const int tabs = m_count > Conversation::kFewestPanes ? m_tabs->sizeHint().height() : 0;
  return {one.width() + other.width() + space::kOneHalf, std::max(one.height(), other.height()) + tabs};
}

void PaneGrid::arrange() {
  const Form fitting = fittingForm();
  if (fitting == m_form) return;
  m_form = fitting;
  place();
}

void PaneGrid::nameTabs() {
  for (int tab = 0; tab < m_tabs->count(); ++tab) {
    const ChatPane* pane = m_panes[static_cast<std::size_t>(tab) + 1];
    m_tabs->setTabText(tab, pane->displayTitle());
    m_tabs->setTabToolTip(tab, pane->displayTitle());
  }
}

void PaneGrid::place() {
  const bool tabs = m_form == Form::Tabs;
  const std::size_t onTop = m_form == Form::TwoRows ? (m_count + 1) / 2 : m_panes.size();
  for (std::size_t i = 0; i < m_panes.size(); ++i) {
    QSplitter* row = i < onTop ? m_top : m_bottom;
    if (m_panes[i]->parentWidget() != row) row->addWidget(m_panes[i]);
    m_panes[i]->setVisible(i < m_count && (!tabs || i == 0 || i == m_focus));
  }
  // Going back into a row puts a pane behind those that were there: the order is by index in either row.
  for (std::size_t i = 0; i < m_panes.size(); ++i)
    (i < onTop ? m_top : m_bottom)->insertWidget(static_cast<int>(i < onTop ? i : i - onTop), m_panes[i]);
  m_bottom->setVisible(m_form == Form::TwoRows);
  for (QSplitter* row : {m_top, m_bottom}) row->setSizes(QList<int>(row->count(), kEqualShare));
  m_rows->setSizes({kEqualShare, kEqualShare});
  {
    const QSignalBlocker blocker(m_tabs);
    while (m_tabs->count() > 0) m_tabs->removeTab(0);
    for (std::size_t i = 1; tabs && i < m_count; ++i) m_tabs->addTab(QString());
    nameTabs();
    m_tabs->setCurrentIndex(static_cast<int>(m_focus) - 1);
  }
  m_tabs->setVisible(tabs);
}

void PaneGrid::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

}  // namespace app
