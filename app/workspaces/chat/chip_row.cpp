#include "app/workspaces/chat/chip_row.h"

#include <QEvent>
#include <QPushButton>
#include <algorithm>

#include "app/widgets/theme.h"

namespace app {

void ChipRow::setTexts(const QStringList& texts) {
  for (QPushButton* chip : m_chips) delete chip;
  m_chips.clear();
  for (const QString& text : texts) {
    auto* chip = new QPushButton(text.simplified().replace(u'&', QStringLiteral("&&")), this);
    chip->setCursor(Qt::PointingHandCursor);
    connect(chip, &QPushButton::clicked, this, [this, text] { Q_EMIT clicked(text); });
    m_chips.push_back(chip);
  }
  arrange();
  updateGeometry();
}

QSize ChipRow::sizeHint() const {
  int width = 0, height = 0;
  for (const QPushButton* chip : m_chips) {
    width += chip->sizeHint().width() + space::kOne;
    height = std::max(height, chip->sizeHint().height());
  }
  return {width, height};
}

QSize ChipRow::minimumSizeHint() const { return {0, sizeHint().height()}; }

void ChipRow::arrange() {
  int x = 0;
  for (QPushButton* chip : m_chips) {
    const QSize size = chip->sizeHint();
    const bool fits = x + size.width() <= width();
    chip->setVisible(fits);
    if (!fits) continue;
    chip->setGeometry(x, 0, size.width(), size.height());
    x += size.width() + space::kOne;
  }
}

void ChipRow::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

bool ChipRow::event(QEvent* event) {
  if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Polish) arrange();
  return QWidget::event(event);
}

}  // namespace app
