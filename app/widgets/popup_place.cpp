#include "app/widgets/popup_place.h"

#include <QScreen>
#include <QWidget>
#include <algorithm>

namespace app {

QPoint placeUnder(const QWidget& anchor, QSize popup) {
  constexpr int kGap = 4;
  QPoint place = anchor.mapToGlobal(QPoint(0, anchor.height() + kGap));
  const QRect room = anchor.screen()->availableGeometry();
  place.setX(std::max(room.left(), std::min(place.x(), room.right() - popup.width())));
  if (place.y() + popup.height() > room.bottom())
    place.setY(std::max(room.top(), anchor.mapToGlobal(QPoint()).y() - popup.height() - kGap));
  return place;
}

}  // namespace app
