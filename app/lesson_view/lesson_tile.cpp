#include "app/lesson_view/lesson_tile.h"

#include <QKeyEvent>
#include <QPainter>

#include "app/lessons/lesson_player.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kTilePad = 16, kNumber = 34, kTileFoot = 30;

}  // namespace

LessonTile::LessonTile(const Lesson& lesson, LessonPlayer& player, QWidget* parent)
    : QAbstractButton(parent), m_lesson(lesson), m_player(player) {
  setText(lesson.title);
  setObjectName(QStringLiteral("lesson-") + lesson.id);
  setAccessibleName(tr("Lesson %1: %2").arg(lesson.number).arg(lesson.title));
  setAttribute(Qt::WA_Hover);
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  const auto refresh = [this] {
    setAccessibleDescription(m_lesson.summary + QStringLiteral(" ") + progressText());
    update();
  };
  refresh();
  connect(&m_player, &LessonPlayer::progressChanged, this, refresh);
  connect(&m_player, &LessonPlayer::stepChanged, this, refresh);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

QString LessonTile::progressText() const {
  const int done = m_player.progress().answered(m_lesson), all = static_cast<int>(m_lesson.steps.size());
  if (m_player.lesson() == &m_lesson) return tr("You are here: step %1 of %2").arg(m_player.index() + 1).arg(all);
  if (done == 0) return tr("%1 steps · about %2 min").arg(all).arg(m_lesson.minutes);
  if (done == all) return tr("✓ All %1 steps").arg(all);
  return tr("%1 of %2 steps").arg(done).arg(all);
}

int LessonTile::heightForWidth(int width) const {
  const Theme& theme = Theme::instance();
  const QRect room(0, 0, std::max(60, width - theme.px(2 * kTilePad)), 10'000);
  const int summary =
      QFontMetrics(theme.textFont(-0.5)).boundingRect(room, Qt::TextWordWrap, m_lesson.summary).height();
  return theme.px(kTilePad + kNumber + 6) + summary + theme.px(kTileFoot + 10);
}

QSize LessonTile::sizeHint() const {
  const int width = Theme::instance().px(260);
  return {width, heightForWidth(width)};
}

void LessonTile::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
    click();
  else
    QAbstractButton::keyPressEvent(event);
}

void LessonTile::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const bool isHere = m_player.lesson() == &m_lesson;
  painter.setPen(hasFocus() || isHere ? QPen(c.accent, 2) : QPen(underMouse() ? c.borderStrong : c.border, 1));
  painter.setBrush(isDown() ? c.pressed : c.surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::kRadius, space::kRadius);
  if (hasFocus()) {
    painter.setPen(QPen(c.text, 1, Qt::DotLine));
    painter.drawRoundedRect(QRectF(rect()).adjusted(4, 4, -4, -4), space::kRadiusSmall, space::kRadiusSmall);
  }
  const int pad = theme.px(kTilePad), number = theme.px(kNumber), room = width() - 2 * pad;
  const bool done = m_player.progress().answered(m_lesson) == static_cast<int>(m_lesson.steps.size());
  const QRectF disc(pad, pad, number - theme.px(6), number - theme.px(6));
  painter.setPen(Qt::NoPen);
  painter.setBrush(done ? c.success : c.accentSoft);
  painter.drawEllipse(disc);
  painter.setFont(theme.textFont(0.5, QFont::Bold));
  painter.setPen(done ? c.surface : c.accent);
  painter.drawText(disc, Qt::AlignCenter, QString::number(m_lesson.number));
  painter.setFont(theme.textFont(1, QFont::DemiBold));
  painter.setPen(c.text);
  const int titleRoom = room - number - theme.px(4);
  painter.drawText(QRectF(pad + number + theme.px(4), pad, titleRoom, disc.height()), Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(text(), Qt::ElideRight, titleRoom));
  painter.setFont(theme.textFont(-0.5));
  painter.setPen(c.textMuted);
  const QRect body(pad, pad + number + theme.px(6), room, height() - pad - number - theme.px(kTileFoot));
  painter.drawText(body, static_cast<int>(Qt::AlignLeft | Qt::AlignTop) | Qt::TextWordWrap, m_lesson.summary);
  painter.setFont(theme.textFont(-1));
  painter.setPen(isHere ? c.accent : done ? c.success : c.textFaint);
  const QRect foot(pad, height() - theme.px(kTileFoot), room, theme.px(kTileFoot - 8));
  painter.drawText(foot, Qt::AlignVCenter, progressText());
  const int answered = m_player.progress().answered(m_lesson);
  if (answered == 0 || done) return;
  painter.setPen(Qt::NoPen);
  const QRectF bar(pad, height() - theme.px(6), room, theme.px(3));
  painter.setBrush(c.border);
  painter.drawRoundedRect(bar, 1.5, 1.5);
  painter.setBrush(c.accent);
  painter.drawRoundedRect(
      QRectF(bar.left(), bar.top(), bar.width() * answered / static_cast<double>(m_lesson.steps.size()), bar.height()),
      1.5, 1.5);
}

}  // namespace app
