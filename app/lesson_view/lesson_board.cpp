#include "app/lesson_view/lesson_board.h"

#include <QContextMenuEvent>
#include <QMenu>
#include <QPainter>
#include <algorithm>

#include "app/lesson_view/digit_strip.h"
#include "app/lessons/lesson_player.h"
#include "app/lessons/lesson_words.h"
#include "app/widgets/theme.h"
#include "app/widgets/zoomed_length.h"

namespace app {
namespace {

constexpr double kMargin = 16, kPad = 40, kTitle = 56, kFoot = 40, kMostRow = 84, kValueRoom = 110;  // at 100 %

}  // namespace

LessonBoard::LessonBoard(LessonPlayer& player, QWidget* parent) : QWidget(parent), m_player(player) {
  setObjectName(QStringLiteral("lesson-board"));
  setFocusPolicy(Qt::StrongFocus);  // for its menu
  const auto refresh = [this] {
    describe();
    updateGeometry();
    update();
  };
  for (const auto signal : {&LessonPlayer::stepChanged, &LessonPlayer::resultsArrived, &LessonPlayer::answerChanged})
    connect(&m_player, signal, this, refresh);
  connect(&Theme::instance(), &Theme::changed, this, refresh);
}

bool LessonBoard::hasBoard() const { return m_player.step() != nullptr && m_player.step()->board.has_value(); }

QSize LessonBoard::minimumSizeHint() const {
  const double rows = hasBoard() ? static_cast<double>(m_player.step()->board->bars.size()) : 1;
  const double wide = std::max(width(), 360);
  return {qRound(px(360)), qRound(px(2 * kPad + kFoot + rows * 30) + titleHeight(wide) + stripHeight(wide))};
}

/// A long title in large type takes several lines.
double LessonBoard::titleHeight(double wide) const {
  if (!hasBoard()) return px(kTitle);
  const QRectF room(0, 0, wide - px(2 * kPad), 10'000);
  const QFontMetricsF metrics(Theme::instance().textFont(5, QFont::DemiBold));
  return metrics.boundingRect(room, Qt::TextWordWrap, m_player.step()->board->title).height() + px(kTitle) / 2;
}

std::optional<DigitStrip> LessonBoard::strip() const {
  if (!hasBoard() || !m_player.step()->board->digits) return std::nullopt;
  return DigitStrip(*m_player.step()->board->digits, m_player.isRevealed() ? &m_player.results()->digits : nullptr);
}

double LessonBoard::stripHeight(double wide) const {
  const auto digits = strip();
  return digits ? digits->height(wide - px(2 * kPad)) + px(kPad) : 0;
}

double LessonBoard::longest() const {
  double most = 0;
  for (const double bar : m_player.results()->bars) most = std::max(most, bar);
  for (const Board::Mark& mark : m_player.step()->board->marks) most = std::max(most, mark.size);
  return std::max(most, 1e-300);
}

QString LessonBoard::sizeText(std::size_t bar) const {
  const Board& board = *m_player.step()->board;
  if (!m_player.isRevealed()) return QStringLiteral("?");
  const QString size = factWords(m_player.results()->bars[bar], board.bars[bar].size);
  return board.unit.isEmpty() ? size : size + QChar(0x202F) + board.unit;
}

void LessonBoard::describe() {
  if (!hasBoard()) return;
  const Board& board = *m_player.step()->board;
  QStringList lines;
  for (std::size_t i = 0; i < board.bars.size(); ++i) lines << board.bars[i].label + QStringLiteral(": ") + sizeText(i);
  if (const auto digits = strip()) lines << digits->lines();
  setAccessibleName(board.title);
  setAccessibleDescription(lines.join(QStringLiteral("; ")));
}

void LessonBoard::paintEvent(QPaintEvent*) {
  if (!hasBoard()) return;
  QPainter painter(this);
  paint(painter);
  if (!hasFocus()) return;
  painter.setPen(QPen(Theme::instance().colors().accent, 2));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(QRectF(rect()).adjusted(px(kMargin), px(kMargin), -px(kMargin), -px(kMargin)), space::kRadius,
                          space::kRadius);
}

void LessonBoard::paint(QPainter& painter) const {
  const Theme& theme = Theme::instance();
  const Board& board = *m_player.step()->board;
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(theme.colors().border, 1));
  painter.setBrush(theme.colors().surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(px(kMargin), px(kMargin), -px(kMargin), -px(kMargin)), space::kRadius,
                          space::kRadius);
  painter.setFont(theme.textFont(5, QFont::DemiBold));
  painter.setPen(theme.colors().text);
  painter.drawText(QRectF(px(kPad), px(kPad), width() - px(2 * kPad), titleHeight(width())),
                   static_cast<int>(Qt::AlignLeft | Qt::AlignTop) | Qt::TextWordWrap, board.title);
  const QFont labelFont = theme.textFont(2);
  double labels = 0;
  for (const Board::Bar& bar : board.bars)
    labels = std::max(labels, QFontMetricsF(labelFont).horizontalAdvance(bar.label));
  const double left = px(kPad) + std::min(labels, width() * 0.4) + px(16);
  const double top = px(kPad) + titleHeight(width()), above = stripHeight(width());
  if (const auto digits = strip()) digits->paint(painter, {px(kPad), top, width() - px(2 * kPad), above - px(kPad)});
  const QRectF area(0, top + above, width(), height() - top - above - px(kPad + kFoot));
  const double scale = m_player.isRevealed() ? (width() - left - px(kPad + kValueRoom)) / longest() : 0;
  const double row = std::min(px(kMostRow), area.height() / static_cast<double>(board.bars.size()));
  const QRectF rows(0, area.top(), width(), row * static_cast<double>(board.bars.size()));
  if (m_player.isRevealed()) paintMarks(painter, rows, left, scale);
  for (std::size_t i = 0; i < board.bars.size(); ++i)
    paintBar(painter, i, {0, rows.top() + row * static_cast<double>(i), double(width()), row}, left, scale);
}

void LessonBoard::paintBar(QPainter& painter, std::size_t index, const QRectF& row, double left, double scale) const {
  const Theme& theme = Theme::instance();
  const Board::Bar& bar = m_player.step()->board->bars[index];
  painter.setFont(theme.textFont(2));
  painter.setPen(theme.colors().text);
  const QRectF label(px(kPad), row.top(), left - px(kPad + 16), row.height());
  painter.drawText(label, static_cast<int>(Qt::AlignVCenter | Qt::AlignRight) | Qt::TextWordWrap, bar.label);
  const double length = m_player.isRevealed() ? m_player.results()->bars[index] * scale : px(28);
  const double thick = std::min(row.height() * 0.6, px(44));
  const QRectF body(left, row.center().y() - thick / 2, std::max(length, 2.0), thick);
  painter.setPen(Qt::NoPen);
  painter.setBrush(m_player.isRevealed() ? theme.seriesColor(0) : theme.colors().border);
  painter.drawRoundedRect(body, 3, 3);
  painter.setFont(theme.monoFont(2, QFont::DemiBold));
  const QString size = sizeText(index);
  const QFontMetricsF metrics(painter.font());
  const QRectF words(body.right() + px(8), row.center().y() - metrics.height() / 2, metrics.horizontalAdvance(size) + 2,
                     metrics.height());
  painter.fillRect(words.adjusted(-3, 0, 3, 0), theme.colors().surface);  // a line across ends before the number
  painter.setPen(m_player.isRevealed() ? theme.colors().text : theme.colors().textFaint);
  painter.drawText(words, Qt::AlignVCenter, size);
}

void LessonBoard::paintMarks(QPainter& painter, const QRectF& area, double left, double scale) const {
  const Theme& theme = Theme::instance();
  painter.setFont(theme.textFont(1, QFont::DemiBold));
  double free = 0;  // where the next name may begin
  for (const Board::Mark& mark : m_player.step()->board->marks) {
    const double x = left + mark.size * scale;
    painter.setPen(QPen(theme.colors().error, 1.6, Qt::DashLine));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom() + px(6)));
    const double wide = painter.fontMetrics().horizontalAdvance(mark.label) + 4;
    const double from = std::clamp(x - wide / 2, free, std::max(free, width() - wide - px(8)));
    painter.setPen(theme.colors().error);
    painter.drawText(QRectF(from, area.bottom() + px(8), wide, px(22)), Qt::AlignLeft | Qt::AlignTop, mark.label);
    free = from + wide + px(8);
  }
}

void LessonBoard::contextMenuEvent(QContextMenuEvent* event) {
  if (!hasBoard()) return;
  const Board& board = *m_player.step()->board;
  const Picture picture{
      board.title, m_player.lesson()->title + QStringLiteral(" · ") + m_player.step()->title, size(),
      [this](QPainter& painter) { paint(painter); },
      [this] {
        QStringList lines;
        const Board& shown = *m_player.step()->board;
        for (std::size_t i = 0; i < shown.bars.size(); ++i)
          lines << QStringLiteral("\"%1\",%2")
                       .arg(shown.bars[i].label,
                            m_player.isRevealed() ? QString::number(m_player.results()->bars[i], 'g', 12) : QString());
        return (lines.join(u'\n') + u'\n').toUtf8();
      }};
  QMenu menu(this);
  addPictureActions(menu, *this, picture, [this](const QString& sentence) { Q_EMIT exportFailed(sentence); });
  const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
  menu.exec(byKey ? mapToGlobal(rect().center()) : event->globalPos());
}

}  // namespace app
