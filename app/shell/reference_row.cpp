#include "app/shell/reference_row.h"

#include <QPainter>

#include "app/selection/selection.h"
#include "app/widgets/theme.h"

namespace app {

ReferenceRow::ReferenceRow(Selection& selection, QWidget* parent) : QWidget(parent), m_selection(selection) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setToolTip(
      tr("The weights as they are in the file. Everything is compared with them; they are grey in every chart."));
  setAccessibleName(tr("Reference: the weights as stored"));
  connect(&selection, &Selection::tensorChanged, this, [this] { update(); });
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

QSize ReferenceRow::sizeHint() const { return {160, std::max(30, fontMetrics().height() + 12)}; }

void ReferenceRow::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(c.reference);
  painter.drawRoundedRect(QRectF(12, height() / 2.0 - 8, 16, 16), 4, 4);
  painter.setFont(theme.textFont(-1.5));
  painter.setPen(c.textFaint);
  painter.drawText(rect().adjusted(0, 0, -24, 0), Qt::AlignRight | Qt::AlignVCenter, tr("reference"));
  painter.setFont(theme.textFont());
  painter.setPen(c.text);
  const core::io::TensorInfo* tensor = m_selection.tensorInfo();
  const QString stored = tensor ? QString::fromUtf8(core::tensor::name(tensor->dtype).data()).toUpper() : QString();
  painter.drawText(rect().adjusted(38, 0, -84, 0), Qt::AlignLeft | Qt::AlignVCenter,
                   stored.isEmpty() ? tr("As stored") : tr("%1 as stored").arg(stored));
}

}  // namespace app
