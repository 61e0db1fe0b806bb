#include "app/lesson_view/lesson_text.h"

#include <QAbstractTextDocumentLayout>
#include <QEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QRegularExpression>
#include <QSet>
#include <QTextBlock>
#include <QTextCursor>
#include <QToolTip>
#include <cmath>

#include "app/lessons/glossary.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kTermProperty = QTextFormat::UserProperty;

/// Appends marked text to the document. @return the same without markup
QString insertMarked(QTextCursor& cursor, const QString& marked, const QTextCharFormat& base) {
  static const QRegularExpression kMark(QStringLiteral("\\*\\*(.+?)\\*\\*|`(.+?)`"));
  QTextCharFormat bold = base, code = base;
  bold.setFontWeight(QFont::DemiBold);
  const QFont mono = Theme::instance().monoFont();
  code.setFontFamilies(mono.families());
  code.setFontFixedPitch(true);
  QString plain;
  qsizetype from = 0;
  const auto insert = [&](const QString& text, const QTextCharFormat& format) {
    cursor.insertText(text, format);
    plain += text;
  };
  for (auto it = kMark.globalMatch(marked); it.hasNext();) {
    const auto match = it.next();
    insert(marked.mid(from, match.capturedStart() - from), base);
    match.hasCaptured(1) ? insert(match.captured(1), bold) : insert(match.captured(2), code);
    from = match.capturedEnd();
  }
  insert(marked.mid(from), base);
  return plain;
}

}  // namespace

LessonText::LessonText(Weight weight, QWidget* parent) : QWidget(parent), m_weight(weight) {
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  m_document.setDocumentMargin(0);
  connect(&Theme::instance(), &Theme::changed, this, &LessonText::rebuild);
}

void LessonText::setText(const QString& text) {
  if (m_marked == text) return;
  m_marked = text;
  rebuild();
}

void LessonText::setPointDelta(double points) {
  if (m_delta == points) return;
  m_delta = points;
  rebuild();
}

void LessonText::rebuild() {
  const Theme& theme = Theme::instance();
  const ThemeColors& colors = theme.colors();
  m_document.clear();
  m_document.setDefaultFont(
      theme.textFont(m_delta + 0.5, m_weight == Weight::Strong ? QFont::DemiBold : QFont::Normal));
  QTextCharFormat base;
  base.setForeground(m_weight == Weight::Quiet ? colors.textMuted : colors.text);
  QTextCursor cursor(&m_document);
  QTextBlockFormat block;
  block.setLineHeight(128, QTextBlockFormat::ProportionalHeight);
  cursor.setBlockFormat(block);
  m_plain = insertMarked(cursor, m_marked, base);
  QSet<QString> seen;
  for (const Glossary::Match& match : Glossary::instance().matches(m_plain)) {
    if (seen.contains(match.term->id)) continue;
    seen.insert(match.term->id);
    QTextCharFormat term;
    if (!match.term->isCommon) {
      term.setUnderlineStyle(QTextCharFormat::DotLine);
      term.setUnderlineColor(colors.accent);
    }
    term.setProperty(kTermProperty, match.term->id);
    cursor.setPosition(static_cast<int>(match.start));
    cursor.setPosition(static_cast<int>(match.start + match.length), QTextCursor::KeepAnchor);
    cursor.mergeCharFormat(term);
  }
  setAccessibleName(m_plain);
  updateGeometry();
  update();
}

int LessonText::heightForWidth(int width) const {
  m_document.setTextWidth(width);
  const int height = static_cast<int>(std::ceil(m_document.size().height()));
  m_document.setTextWidth(this->width());
  return height;
}

QSize LessonText::sizeHint() const {
  const int width = Theme::instance().px(300);
  return {width, heightForWidth(width)};
}

QSize LessonText::minimumSizeHint() const { return {Theme::instance().px(80), fontMetrics().height()}; }

bool LessonText::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  const int at = m_document.documentLayout()->hitTest(help->pos(), Qt::ExactHit);
  QTextCursor cursor(&m_document);
  if (at >= 0) cursor.setPosition(std::min(at + 1, m_document.characterCount() - 1));
  const auto* term =
      at < 0 ? nullptr : Glossary::instance().find(cursor.charFormat().property(kTermProperty).toString());
  if (term == nullptr)
    QToolTip::hideText();
  else
    QToolTip::showText(help->globalPos(), Glossary::toolTip(*term), this);
  return true;
}

void LessonText::resizeEvent(QResizeEvent*) { m_document.setTextWidth(width()); }

void LessonText::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  m_document.setTextWidth(width());
  m_document.drawContents(&painter);
}

}  // namespace app
