#include "app/workspaces/start/model_list.h"

#include <QAbstractButton>
#include <QPainter>
#include <QVBoxLayout>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

class RowButton final : public QAbstractButton {
 public:
  explicit RowButton(ModelList::Row row) : m_row(std::move(row)) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setCursor(Qt::PointingHandCursor);
    setText(m_row.title);
    setAccessibleName(m_row.title);
    setAccessibleDescription(m_row.detail + u' ' + m_row.note);
    setToolTip(m_row.toolTip.isEmpty() ? m_row.source : m_row.toolTip);
  }
  QSize sizeHint() const override { return {220, 2 * fontMetrics().height() + 16}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Theme& theme = Theme::instance();
    const ThemeColors& c = theme.colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF tile = QRectF(rect()).adjusted(1, 1, -1, -1);
    painter.setPen(hasFocus() ? QPen(c.accent, 2) : QPen(Qt::NoPen));
    painter.setBrush(isDown() ? c.pressed : underMouse() ? c.hover : QColor(Qt::transparent));
    painter.drawRoundedRect(tile, space::kRadiusSmall, space::kRadiusSmall);
    paintIcon(painter, m_row.iconName, QRectF(10, height() / 2.0 - 10, 20, 20), c.textFaint);
    painter.setFont(theme.textFont(-1));
    painter.setPen(c.textFaint);
    const int noteWidth = painter.fontMetrics().horizontalAdvance(m_row.note);
    painter.drawText(rect().adjusted(0, 0, -12, 0), Qt::AlignRight | Qt::AlignVCenter, m_row.note);
    const int space = width() - 42 - noteWidth - 24, line = fontMetrics().height();
    painter.drawText(QRect(42, 8 + line, space, line), Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(m_row.detail, Qt::ElideMiddle, space));
    painter.setFont(theme.textFont());
    painter.setPen(m_row.isFaint ? c.textMuted : c.text);
    painter.drawText(QRect(42, 7, space, line), Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(m_row.title, Qt::ElideMiddle, space));
  }

 private:
  ModelList::Row m_row;
};

}  // namespace

ModelList::ModelList(QWidget* parent) : QWidget(parent), m_layout(new QVBoxLayout(this)) {
  m_layout->setContentsMargins(0, 0, 0, 0);
  m_layout->setSpacing(2);
}

void ModelList::setRows(const std::vector<Row>& rows, const QString& empty) {
  while (QLayoutItem* item = m_layout->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  for (const Row& row : rows) {
    auto* button = new RowButton(row);
    connect(
        button, &QAbstractButton::clicked, this, [this, source = row.source] { Q_EMIT chosen(source); },
        Qt::QueuedConnection);
    m_layout->addWidget(button);
  }
  if (rows.empty() && !empty.isEmpty()) {
    auto* label = new Label(Label::Style::Muted, empty);
    label->setWrapping();
    label->setContentsMargins(space::kOne, 0, space::kOne, space::kOne);
    m_layout->addWidget(label);
  }
  m_layout->addStretch(1);
}

}  // namespace app
