#include "app/widgets/old_veil.h"

#include <QEvent>
#include <QPainter>

#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr float kDense = 0.55F;
}

OldVeil::OldVeil(QWidget* over) : QWidget(over) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFocusPolicy(Qt::NoFocus);
  over->installEventFilter(this);
  setGeometry(over->rect());
  hide();
}

void OldVeil::paintEvent(QPaintEvent*) {
  QColor ground = Theme::instance().colors().surface;
  ground.setAlphaF(kDense);
  QPainter(this).fillRect(rect(), ground);
}

// It stays above what was added or shown later.
bool OldVeil::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
  if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::ChildAdded) raise();
  return QWidget::eventFilter(watched, event);
}

}  // namespace app
