#include "app/workspaces/chat/question_label.h"

#include <QPainter>

#include "app/widgets/theme.h"

namespace app {

QuestionLabel::QuestionLabel(const QString& text, QWidget* parent) : Label(Label::Style::Body, text, parent) {
  setWrapping();
  setTextFormat(Qt::PlainText);
  setTextInteractionFlags(Qt::TextSelectableByMouse);
  setContentsMargins(space::kOneHalf, space::kOne, space::kOneHalf, space::kOne);
}

void QuestionLabel::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(Theme::instance().colors().accentSoft);
  painter.drawRoundedRect(rect(), space::kRadius, space::kRadius);
  painter.end();
  Label::paintEvent(event);
}

}  // namespace app
