#include "app/lesson_view/step_trail.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "app/lessons/lesson_player.h"
#include "app/widgets/theme.h"

namespace app {

StepTrail::StepTrail(LessonPlayer& player, QWidget* parent) : QWidget(parent), m_player(player) {
  setCursor(Qt::PointingHandCursor);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  const auto refresh = [this] {
    if (m_player.lesson() != nullptr) setAccessibleName(tr("Step %1 of %2").arg(m_player.index() + 1).arg(count()));
    update();
  };
  connect(&m_player, &LessonPlayer::stepChanged, this, refresh);
  connect(&m_player, &LessonPlayer::progressChanged, this, refresh);
  connect(&Theme::instance(), &Theme::changed, this, refresh);
}

int StepTrail::count() const {
  return m_player.lesson() == nullptr ? 0 : static_cast<int>(m_player.lesson()->steps.size());
}

QSize StepTrail::sizeHint() const { return {Theme::instance().px(160), Theme::instance().px(20)}; }

QRect StepTrail::stepRect(int index) const {
  const double each = static_cast<double>(width()) / std::max(1, count());
  const int left = qRound(index * each), right = qRound((index + 1) * each);
  return {left, 0, right - left, height()};
}

int StepTrail::stepAt(QPoint point) const {
  for (int i = 0; i < count(); ++i)
    if (stepRect(i).contains(point)) return i;
  return -1;
}

void StepTrail::paintEvent(QPaintEvent*) {
  if (m_player.lesson() == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  for (int i = 0; i < count(); ++i) {
    const QString& step = m_player.lesson()->steps[static_cast<std::size_t>(i)].id;
    const auto* record = m_player.progress().find(m_player.lesson()->id, step);
    const bool isRight = record != nullptr && record->outcome == LessonProgress::Outcome::Right;
    const double thick = i == m_player.index() ? 8 : 4;
    const QRectF bar(stepRect(i).left() + 2, (height() - thick) / 2, stepRect(i).width() - 4, thick);
    // Colour, and a full or an empty bar: right, answered otherwise, open.
    painter.setBrush(isRight                 ? c.success
                     : i == m_player.index() ? c.accent
                     : record != nullptr     ? c.warning
                                             : c.borderStrong);
    painter.drawRoundedRect(bar, thick / 2, thick / 2);
    if (record != nullptr && !isRight) {
      painter.setBrush(c.surface);
      painter.drawRoundedRect(bar.adjusted(3, thick / 2 - 0.75, -3, -(thick / 2 - 0.75)), 0.75, 0.75);
    }
  }
}

void StepTrail::mousePressEvent(QMouseEvent* event) {
  const int index = stepAt(event->pos());
  if (event->button() != Qt::LeftButton || index < 0) return;
  const Lesson& lesson = *m_player.lesson();
  m_player.start(lesson.id, lesson.steps[static_cast<std::size_t>(index)].id);
}

bool StepTrail::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  const int index = stepAt(help->pos());
  if (index >= 0)
    QToolTip::showText(
        help->globalPos(),
        QStringLiteral("%1. %2").arg(index + 1).arg(m_player.lesson()->steps[static_cast<std::size_t>(index)].title),
        this, stepRect(index));
  return true;
}

}  // namespace app
