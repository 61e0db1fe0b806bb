#include "app/plots/readout.h"

#include <algorithm>

#include "app/widgets/raised.h"
#include "app/widgets/theme.h"

namespace app {

Readout::Readout(QWidget* parent) : Label(Label::Style::Body, {}, parent) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setContentsMargins(9, 5, 9, 5);
  hide();
}

void Readout::showAt(QPointF pointer, const QString& text) {
  constexpr int kReadoutGap = 14;
  setText(text);
  adjustSize();
  int x = static_cast<int>(pointer.x()) + kReadoutGap;
  if (x + width() > parentWidget()->width()) x = static_cast<int>(pointer.x()) - kReadoutGap - width();
  move(std::max(0, x), std::max(0, static_cast<int>(pointer.y()) - height() - kReadoutGap / 2));
  show();
}

void Readout::paintEvent(QPaintEvent* event) {
  paintRaised(*this, space::kRadiusSmall);
  Label::paintEvent(event);
}

}  // namespace app
