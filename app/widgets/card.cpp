#include "app/widgets/card.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

Card::Card(const QString& title, QWidget* parent) : QFrame(parent) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->setSpacing(0);
  m_header = new QHBoxLayout;
  m_header->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, 0);
  m_header->setSpacing(space::kOne);
  m_title = new Label(Label::Style::Heading);
  auto* hint = new Label(Label::Style::Hint);
  hint->setElide(Qt::ElideRight);
  m_hint = hint;
  m_header->addWidget(m_title);
  m_header->addWidget(m_hint, 1);
  outer->addLayout(m_header);
  m_body = new QVBoxLayout;
  m_body->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kTwo);
  m_body->setSpacing(space::kOne);
  outer->addLayout(m_body, 1);
  m_hint->hide();
  setTitle(title);
}

void Card::setTitle(const QString& title) {
  m_title->setText(title);
  m_title->setVisible(!title.isEmpty());
  m_header->setContentsMargins(space::kTwo, title.isEmpty() ? 0 : space::kOneHalf, space::kTwo, 0);
  if (!title.isEmpty()) setAccessibleName(title);
}

void Card::setHint(const QString& hint) {
  m_hint->setText(hint);
  m_hint->setVisible(!hint.isEmpty());
}

void Card::setFlush(bool flush) {
  if (flush)
    m_body->setContentsMargins(1, space::kOne, 1, space::kHalf);
  else
    m_body->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kTwo);
}

void Card::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(colors.border, 1));
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), space::kRadius, space::kRadius);
}

}  // namespace app
