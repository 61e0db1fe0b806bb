#include "app/workspaces/inspect/tensor_title.h"

#include <QPainter>

namespace app {

TensorTitle::TensorTitle(QWidget* parent) : Label(Style::Title, {}, parent) { setElide(Qt::ElideMiddle); }

QString TensorTitle::fitted(int width) const {
  const QString kEnd = QStringLiteral(".weight"), kBeginning = QStringLiteral("model.");
  const QFontMetrics metrics(fontMetrics());
  const auto isTooWide = [&](const QString& name) { return metrics.horizontalAdvance(name) > width; };
  QString name = text();
  if (isTooWide(name) && name.endsWith(kEnd)) name.chop(kEnd.size());
  if (isTooWide(name) && name.startsWith(kBeginning)) name.remove(0, kBeginning.size());
  return metrics.elidedText(name, Qt::ElideMiddle, width);
}

void TensorTitle::paintEvent(QPaintEvent* /*event*/) {
  const QString shown = fitted(contentsRect().width());
  setToolTip(shown == text() ? QString() : text());
  QPainter painter(this);
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(contentsRect(), static_cast<int>(alignment()) | Qt::TextSingleLine, shown);
}

}  // namespace app
