#include "app/shell/reference_row.h"

#include <QLocale>
#include <QPainter>

#include "app/selection/selection.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

ReferenceRow::ReferenceRow(Selection& selection, QWidget* parent) : QWidget(parent), m_selection(selection) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setToolTip(
      tr("The weights as they are in the file. Everything is compared with them; they are grey in every chart."));
  setAccessibleName(tr("Reference: the weights as stored"));
  connect(&selection, &Selection::modelChanged, this, [this] { update(); });
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
  const auto& model = m_selection.model();
  const int right = 24, sizeWidth = theme.px(66);  // the columns of the list below, beside its scroll bar
  QString bitsText = tr("reference"), sizeText;
  if (model && model->checkpoint().parameters() > 0) {
    std::uint64_t bytes = 0;
    for (const auto& tensor : model->checkpoint().tensors()) bytes += tensor.bytes;
    const double bits = 8 * static_cast<double>(bytes) / static_cast<double>(model->checkpoint().parameters());
    bitsText = QLocale().toString(bits, 'f', 2);
    sizeText = text::bytes(bytes);
  }
  painter.setPen(c.textMuted);
  painter.drawText(rect().adjusted(0, 0, -right, 0), Qt::AlignRight | Qt::AlignVCenter, sizeText);
  painter.drawText(rect().adjusted(0, 0, -right - (sizeText.isEmpty() ? 0 : sizeWidth), 0),
                   Qt::AlignRight | Qt::AlignVCenter, bitsText);
  painter.setFont(theme.textFont());
  painter.setPen(c.text);
  painter.drawText(rect().adjusted(38, 0, -right - sizeWidth - theme.px(22), 0), Qt::AlignLeft | Qt::AlignVCenter,
                   tr("As stored"));
}

}  // namespace app
