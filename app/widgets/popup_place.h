#pragma once
#include <QPoint>
#include <QSize>

class QWidget;

namespace app {

/// Where a popup of this size stands under a widget, moved so that it stays on the screen. Global coordinates.
QPoint placeUnder(const QWidget& anchor, QSize popup);

}  // namespace app
