#include "app/lesson_view/choice_button.h"

#include <QPainter>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kLeft = 38, kRight = 34, kButtonPad = 9;

}  // namespace

ChoiceButton::ChoiceButton(int number, const QString& text, QWidget* parent)
    : QAbstractButton(parent), m_number(number) {
  setText(text);
  setAccessibleName(text);
  setCheckable(true);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_Hover);
  setCursor(Qt::PointingHandCursor);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void ChoiceButton::setMark(Mark mark) {
  m_mark = mark;
  setAccessibleDescription(mark == Mark::Right   ? tr("This is right.")
                           : mark == Mark::Wrong ? tr("This is not right.")
                                                 : QString());
  update();
}

int ChoiceButton::heightForWidth(int width) const {
  const Theme& theme = Theme::instance();
  const QRect room(0, 0, std::max(20, width - theme.px(kLeft + kRight)), 10'000);
  return fontMetrics().boundingRect(room, Qt::TextWordWrap, text()).height() + theme.px(2 * kButtonPad);
}

QSize ChoiceButton::sizeHint() const {
  const int width = Theme::instance().px(280);
  return {width, heightForWidth(width)};
}

void ChoiceButton::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QColor edge = m_mark == Mark::Right   ? c.success
                      : m_mark == Mark::Wrong ? c.error
                      : isChecked()           ? c.accent
                                              : c.borderStrong;
  const bool strong = hasFocus() || isChecked() || m_mark != Mark::None;
  painter.setPen(QPen(edge, strong ? 2 : 1));
  painter.setBrush(isDown()                      ? c.pressed
                   : isChecked()                 ? c.accentSoft
                   : underMouse() && isEnabled() ? c.hover
                                                 : c.surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::kRadiusSmall, space::kRadiusSmall);
  if (hasFocus()) {
    painter.setPen(QPen(c.text, 1, Qt::DotLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(4, 4, -4, -4), 3, 3);
  }
  const int left = theme.px(kLeft), right = theme.px(kRight);
  painter.setFont(theme.monoFont(-0.5, QFont::DemiBold));
  painter.setPen(isChecked() ? c.accent : c.textFaint);
  painter.drawText(QRect(0, 0, left, height()), Qt::AlignCenter, QString::number(m_number));
  painter.setFont(font());
  painter.setPen(c.text);
  painter.drawText(QRect(left, 0, width() - left - right, height()),
                   static_cast<int>(Qt::AlignVCenter) | Qt::TextWordWrap, text());
  if (m_mark == Mark::None) return;
  const double size = theme.px(18);
  paintIcon(painter, m_mark == Mark::Right ? QStringLiteral("check") : QStringLiteral("close"),
            QRectF(width() - right + 4, (height() - size) / 2.0, size, size), edge);
}

}  // namespace app
