#include "app/workspaces/layers/paint_bar.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

PaintBar::PaintBar(QWidget* parent)
    : QWidget(parent), m_text(new Label(Label::Style::Muted)), m_give(new QPushButton), m_undo(new QToolButton) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  m_text->setElide(Qt::ElideRight);
  m_text->setObjectName(QStringLiteral("paint-text"));
  m_give->setText(tr("Paint…"));
  m_give->setToolTip(
      tr("Give the marked tensors a scheme of their own: this makes a recipe, or edits the current one"));
  m_give->setObjectName(QStringLiteral("paint-give"));
  auto* menu = new QMenu(m_give);
  m_give->setMenu(menu);
  m_undo->setIcon(icon(QStringLiteral("undo")));
  m_undo->setToolTip(tr("Undo the last painting (Ctrl+Z)"));
  m_undo->setAccessibleName(tr("Undo the last painting"));
  m_undo->setObjectName(QStringLiteral("paint-undo"));
  row->addWidget(m_text, 1);
  row->addWidget(m_give);
  row->addWidget(m_undo);
  connect(menu, &QMenu::aboutToShow, this, [this, menu] {
    menu->clear();
    Q_EMIT menuOpens(menu);
  });
  connect(m_undo, &QToolButton::clicked, this, &PaintBar::undoWanted);
  showMarked({}, {}, false);
}

void PaintBar::showMarked(const QString& marked, const QString& lastPainting, bool canUndo) {
  m_text->setText(!lastPainting.isEmpty() ? lastPainting
                  : marked.isEmpty()      ? tr("Click or drag over a map to mark tensors.")
                                          : marked);
  m_give->setEnabled(!marked.isEmpty());
  m_give->setAccessibleName(marked.isEmpty() ? m_give->text() : tr("Give %1 a scheme").arg(marked));
  m_undo->setEnabled(canUndo);
}

}  // namespace app
