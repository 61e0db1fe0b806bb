#include "app/workspaces/chat/token_text.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <utility>

#include "app/widgets/theme.h"

namespace app {

TokenText::TokenText(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Answer"));
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  m_layout.setCacheEnabled(true);
  connect(&Theme::instance(), &Theme::changed, this, &TokenText::refresh);
}

void TokenText::append(Token token) {
  m_tokens.push_back(std::move(token));
  refresh();
}

void TokenText::setMarks(const std::vector<TokenMark>& marks) {
  bool changed = false;
  for (std::size_t i = 0; i < std::min(marks.size(), m_tokens.size()); ++i)
    changed = std::exchange(m_tokens[i].mark, marks[i]) != marks[i] || changed;
  if (changed) refresh();
}

void TokenText::clear() {
  m_tokens.clear();
  m_thought = 0;
  m_thoughtText.clear();
  m_selected.reset();
  refresh();
}

void TokenText::setThought(int tokens, const QString& text) {
  m_thoughtText = text;
  if (std::exchange(m_thought, std::clamp(tokens, 0, count())) != m_thought) refresh();
}

void TokenText::setFolded(bool folded) {
  if (std::exchange(m_isFolded, folded) != folded) refresh();
}

bool TokenText::partsInThought() const {
  return std::any_of(m_tokens.begin(), m_tokens.begin() + m_thought,
                     [](const Token& token) { return token.mark == TokenMark::Parts; });
}

QString TokenText::text() const {
  QString text;
  for (int i = m_thought; i < count(); ++i) text += shownText(i);
  return text;
}

QString TokenText::shownText(int index) const {
  const QString& text = token(index).text;
  if (m_thought == 0 || index != m_thought) return text;
  const auto visible = std::find_if_not(text.begin(), text.end(), [](QChar c) { return c.isSpace(); });
  return text.mid(visible - text.begin());
}

void TokenText::setSelected(std::optional<int> index) {
  if (m_selected == index) return;
  m_selected = index;
  refresh();
}

void TokenText::layOut(QTextLayout& layout, int width) const {
  QTextOption option;
  option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  layout.setTextOption(option);
  layout.beginLayout();
  qreal y = 0;
  for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
    line.setLineWidth(std::max(width, 40));
    line.setPosition(QPointF(0, y));
    y += std::ceil(line.height() * 1.25);
  }
  layout.endLayout();
}

void TokenText::refresh() {
  const ThemeColors& colors = Theme::instance().colors();
  QString shown;
  m_starts.clear();
  for (int i = 0; i < count(); ++i) {
    // The answer stands apart.
    while (i == m_thought && !shown.isEmpty() && !shown.endsWith(QStringLiteral("\n\n"))) shown += u'\n';
    m_starts.push_back(static_cast<int>(shown.size()));
    if (!isInFold(i)) shown += shownText(i);
  }
  shown.replace(QLatin1Char('\n'), QChar(QChar::LineSeparator));
  m_layout.setText(shown);
  m_layout.setFont(font());
  QList<QTextLayout::FormatRange> formats;
  for (std::size_t i = 0; i < m_tokens.size(); ++i) {
    const bool selected = m_selected && *m_selected == static_cast<int>(i);
    const bool isThought = static_cast<int>(i) < m_thought;
    if (isInFold(static_cast<int>(i)) || (m_tokens[i].mark == TokenMark::Same && !selected && !isThought)) continue;
    QTextCharFormat format;
    if (isThought) format.setForeground(colors.textMuted);
    if (m_tokens[i].mark != TokenMark::Same) {
      const bool parts = m_tokens[i].mark == TokenMark::Parts;
      format.setUnderlineStyle(parts ? QTextCharFormat::SingleUnderline : QTextCharFormat::WaveUnderline);
      format.setUnderlineColor(colors.sign);
      format.setBackground(mix(colors.surface, colors.sign, parts ? 0.30 : 0.13));
    }
    if (selected) format.setBackground(colors.selection);
    formats.append({m_starts[i], static_cast<int>(shownText(static_cast<int>(i)).size()), format});
  }
  m_layout.setFormats(formats);
  layOut(m_layout, width());
  updateGeometry();
  update();
}

int TokenText::heightForWidth(int width) const {
  QTextLayout layout(m_layout.text(), font());
  layOut(layout, width);
  return std::max(static_cast<int>(std::ceil(layout.boundingRect().height())) + 6, fontMetrics().height() + 6);
}

QSize TokenText::sizeHint() const { return {240, heightForWidth(std::max(width(), 240))}; }

void TokenText::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  layOut(m_layout, width());
}

void TokenText::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(Theme::instance().colors().text);
  m_layout.draw(&painter, QPointF(0, 2));
  if (hasFocus()) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(Theme::instance().colors().accent, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75), 3, 3);
  }
}

int TokenText::tokenAt(const QPoint& position) const {
  for (int i = 0; i < m_layout.lineCount(); ++i) {
    const QTextLine line = m_layout.lineAt(i);
    if (!line.rect().contains(QPointF(position) - QPointF(0, 2))) continue;
    if (position.x() > line.naturalTextRect().right()) return -1;
    const int character = line.xToCursor(position.x(), QTextLine::CursorOnCharacter);
    const auto next = std::upper_bound(m_starts.begin(), m_starts.end(), character);
    // Several tokens may start at one character when some of them show nothing; the last one owns the character.
    return static_cast<int>(next - m_starts.begin()) - 1;
  }
  return -1;
}

QPoint TokenText::centerOf(int index) const {
  const int start = m_starts[static_cast<std::size_t>(index)];
  const int length = static_cast<int>(m_tokens[static_cast<std::size_t>(index)].text.size());
  const QTextLine line = m_layout.lineForTextPosition(start);
  if (!line.isValid()) return {};
  const qreal left = line.cursorToX(start);
  const qreal right = line.cursorToX(std::min(start + length, line.textStart() + line.textLength()));
  return QPointF((left + right) / 2, line.y() + line.height() / 2 + 2).toPoint();
}

bool TokenText::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const int index = tokenAt(help->pos());
    if (index >= 0 && m_toolTip)
      QToolTip::showText(help->globalPos(), m_toolTip(index), this);
    else
      QToolTip::hideText();
    return true;
  }
  if (event->type() == QEvent::FontChange) refresh();
  return QWidget::event(event);
}

void TokenText::mousePressEvent(QMouseEvent* event) {
  const int index = tokenAt(event->position().toPoint());
  if (index >= 0) Q_EMIT tokenClicked(index);
}

void TokenText::copy() const { QGuiApplication::clipboard()->setText(text()); }

void TokenText::contextMenuEvent(QContextMenuEvent* event) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(tr("Copy this answer"), this, &TokenText::copy);
  if (!m_thoughtText.isEmpty())
    menu->addAction(tr("Copy what was thought"), this,
                    [this] { QGuiApplication::clipboard()->setText(m_thoughtText); });
  menu->popup(event->globalPos());
}

void TokenText::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) return copy();
  if (m_tokens.empty()) return QWidget::keyPressEvent(event);
  const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  int wanted = m_selected.value_or(step > 0 ? -1 : count()) + step;
  if (event->key() == Qt::Key_Home)
    wanted = 0;
  else if (event->key() == Qt::Key_End)
    wanted = count() - 1;
  else if (step == 0)
    return QWidget::keyPressEvent(event);
  Q_EMIT tokenClicked(std::clamp(wanted, 0, count() - 1));
}

}  // namespace app
