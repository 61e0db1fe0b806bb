#include "app/workspaces/bits/lens.h"

#include <QScrollArea>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>
#include <array>

#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr std::array kOrder{LensTab::Arithmetic, LensTab::Value, LensTab::Rounding, LensTab::Line,
                            LensTab::Chain,      LensTab::Range, LensTab::Tensor};

/// Paints no base under its tabs.
class PlainTabs final : public QTabWidget {
 protected:
  void paintEvent(QPaintEvent*) override {}
};

}  // namespace

QString lensName(LensTab tab) {
  switch (tab) {
    case LensTab::Value:
      return QStringLiteral("value");
    case LensTab::Rounding:
      return QStringLiteral("rounding");
    case LensTab::Line:
      return QStringLiteral("line");
    case LensTab::Chain:
      return QStringLiteral("chain");
    case LensTab::Range:
      return QStringLiteral("range");
    case LensTab::Tensor:
      return QStringLiteral("tensor");
    case LensTab::Arithmetic:
      return QStringLiteral("arithmetic");
  }
  return {};
}

Lens::Lens(QWidget* parent) : Card({}, parent), m_tabs(new PlainTabs) {
  m_tabs->setDocumentMode(true);
  m_tabs->setObjectName(QStringLiteral("bits-lens"));
  m_tabs->tabBar()->setAccessibleName(tr("Ways of looking at the number"));
  body()->setContentsMargins(space::kTwo, space::kHalf, space::kTwo, space::kOne);
  body()->addWidget(m_tabs);
  connect(m_tabs, &QTabWidget::currentChanged, this, &Lens::tabChanged);
}

void Lens::add(LensTab tab, QWidget* page, const QString& title, const QString& toolTip, int height, Page kind) {
  QWidget* shown = page;
  if (kind == Page::Scrolls) {
    auto* scroll = new QScrollArea(m_tabs);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    scroll->setWidget(page);
    page->setAutoFillBackground(false);
    shown = scroll;
  }
  m_pages.insert(tab, {page, shown, title, toolTip, height});
  setHas(tab, true);
}

int Lens::indexOf(LensTab tab) const {
  const auto entry = m_pages.constFind(tab);
  return entry == m_pages.constEnd() ? -1 : m_tabs->indexOf(entry->shown);
}

bool Lens::has(LensTab tab) const { return indexOf(tab) >= 0; }

void Lens::setHas(LensTab tab, bool has) {
  if (!m_pages.contains(tab) || has == this->has(tab)) return;
  const Entry& entry = m_pages[tab];
  auto* scroll = qobject_cast<QScrollArea*>(entry.shown);
  if (!has) {
    m_tabs->removeTab(indexOf(tab));
    if (scroll != nullptr) scroll->takeWidget();
    entry.shown->setParent(this);
    entry.page->setParent(this);
    entry.shown->hide();
    entry.page->hide();
    return;
  }
  if (scroll != nullptr && scroll->widget() != entry.page) {
    scroll->setWidget(entry.page);
    entry.page->show();  // it was hidden when it was taken away
  }
  int index = 0;
  for (const LensTab other : kOrder) {
    if (other == tab) break;
    if (this->has(other)) ++index;
  }
  m_tabs->insertTab(index, entry.shown, entry.title);
  m_tabs->setTabToolTip(index, entry.toolTip);
}

void Lens::setTab(LensTab tab) {
  if (const int index = indexOf(tab); index >= 0) m_tabs->setCurrentIndex(index);
}

void Lens::setTab(const QString& name) {
  for (const LensTab tab : kOrder)
    if (lensName(tab) == name) setTab(tab);
}

LensTab Lens::tab() const {
  for (const LensTab tab : kOrder)
    if (indexOf(tab) == m_tabs->currentIndex()) return tab;
  return LensTab::Value;
}

int Lens::preferredHeight() const {
  const auto entry = m_pages.constFind(tab());
  const int tabs = m_tabs->tabBar()->sizeHint().height() + body()->contentsMargins().top() +
                   body()->contentsMargins().bottom() + space::kOne;
  if (entry == m_pages.constEnd()) return tabs;
  int height = Theme::instance().px(entry->height);
  if (const QLayout* layout = entry->page->layout(); layout != nullptr && layout->hasHeightForWidth())
    height = std::max(height, layout->totalHeightForWidth(m_tabs->width()));
  return tabs + height;
}

}  // namespace app
