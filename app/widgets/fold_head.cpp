#include "app/widgets/fold_head.h"

#include <QKeyEvent>

namespace app {

FoldHead::FoldHead(const QString& text, QWidget* parent) : QToolButton(parent) {
  setText(text);
  setCheckable(true);
  setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  setArrowType(Qt::RightArrow);
  connect(this, &QToolButton::toggled, this,
          [this](bool open) { setArrowType(open ? Qt::DownArrow : Qt::RightArrow); });
}

void FoldHead::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Return && event->key() != Qt::Key_Enter) return QToolButton::keyPressEvent(event);
  click();
}

}  // namespace app
