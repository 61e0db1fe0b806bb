#include "app/widgets/label.h"

#include <QEvent>
#include <QPainter>

#include "app/widgets/theme.h"

namespace app {

Label::Label(Style style, const QString& text, QWidget* parent) : QLabel(text, parent), m_style(style) {
  setTextFormat(Qt::PlainText);
  applyStyle();
  connect(&Theme::instance(), &Theme::changed, this, &Label::applyStyle);
}

void Label::setRole(Style style) {
  if (m_style == style) return;
  m_style = style;
  applyStyle();
}

void Label::applyStyle() {
  if (m_applying) return;
  m_applying = true;
  const Theme& theme = Theme::instance();
  const ThemeColors& colors = theme.colors();
  QFont font = theme.textFont();
  QColor color = colors.text;
  switch (m_style) {
    case Style::Display:
      font = theme.textFont(13, QFont::DemiBold);
      break;
    case Style::Title:
      font = theme.textFont(5, QFont::DemiBold);
      break;
    case Style::Heading:
      font = theme.textFont(0.5, QFont::DemiBold);
      break;
    case Style::Body:
      break;
    case Style::Muted:
      color = colors.textMuted;
      break;
    case Style::Hint:
      font = theme.textFont(-1), color = colors.textFaint;
      break;
    case Style::Number:
      font = theme.monoFont();
      break;
    case Style::Error:
      font = theme.textFont(-1), color = colors.error;
      break;
  }
  setFont(font);
  QPalette p = palette();
  p.setColor(QPalette::WindowText, color);
  p.setColor(QPalette::Text, color);
  setPalette(p);
  m_applying = false;
}

void Label::changeEvent(QEvent* event) {
  QLabel::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) applyStyle();
}

void Label::setElide(Qt::TextElideMode mode) {
  m_elide = mode;
  setSizePolicy(QSizePolicy::Ignored, sizePolicy().verticalPolicy());
  update();
}

void Label::setWrapping() {
  setWordWrap(true);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

QSize Label::minimumSizeHint() const {
  const QSize size = QLabel::minimumSizeHint();
  return m_elide == Qt::ElideNone ? size : QSize(fontMetrics().averageCharWidth() * 4, size.height());
}

void Label::paintEvent(QPaintEvent* event) {
  if (m_elide == Qt::ElideNone) {
    QLabel::paintEvent(event);
    return;
  }
  QPainter painter(this);
  painter.setPen(palette().color(QPalette::WindowText));
  const QString shown = fontMetrics().elidedText(text(), m_elide, contentsRect().width());
  const bool managed = toolTip().isEmpty() || toolTip() == m_managedToolTip;
  if (managed) setToolTip(m_managedToolTip = shown == text() ? QString() : text());
  painter.drawText(contentsRect(), static_cast<int>(alignment()) | Qt::TextSingleLine, shown);
}

}  // namespace app
