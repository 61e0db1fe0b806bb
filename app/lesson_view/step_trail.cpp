#include "app/lesson_view/step_trail.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include "app/lessons/lesson_player.h"
#include "app/widgets/theme.h"

namespace app {

StepTrail::StepTrail(LessonPlayer& player, QWidget* parent) : QWidget(parent), m_player(player) {
  setCursor(Qt::PointingHandCursor);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setObjectName(QStringLiteral("lesson-trail"));
  connect(&m_player, &LessonPlayer::stepChanged, this, &StepTrail::refresh);
  connect(&m_player, &LessonPlayer::progressChanged, this, &StepTrail::refresh);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

int StepTrail::count() const {
  return m_player.lesson() == nullptr ? 0 : static_cast<int>(m_player.lesson()->steps.size());
}

void StepTrail::refresh() {
  m_focused = m_player.index();
  if (m_player.lesson() != nullptr) setAccessibleName(tr("Step %1 of %2").arg(m_player.index() + 1).arg(count()));
  update();
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

QString StepTrail::nameOf(int index) const {
  return QStringLiteral("%1. %2").arg(index + 1).arg(m_player.lesson()->steps[static_cast<std::size_t>(index)].title);
}

AccessiblePart StepTrail::part(int index) const {
  const Lesson& lesson = *m_player.lesson();
  const auto* record = m_player.progress().find(lesson.id, lesson.steps[static_cast<std::size_t>(index)].id);
  AccessiblePart part;
  part.name = nameOf(index);
  part.description = record == nullptr                                   ? tr("not answered yet")
                     : record->outcome == LessonProgress::Outcome::Right ? tr("answered rightly")
                     : record->outcome == LessonProgress::Outcome::Wrong ? tr("answered otherwise")
                                                                         : tr("the answer was shown");
  part.rect = stepRect(index);
  part.role = QAccessible::Button;
  part.pressable = true;
  part.selected = index == m_player.index();
  return part;
}

void StepTrail::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  for (int i = 0; i < count(); ++i) paintStep(painter, i);
}

void StepTrail::paintStep(QPainter& painter, int index) const {
  const ThemeColors& c = Theme::instance().colors();
  const QString& step = m_player.lesson()->steps[static_cast<std::size_t>(index)].id;
  const auto* record = m_player.progress().find(m_player.lesson()->id, step);
  const bool isRight = record != nullptr && record->outcome == LessonProgress::Outcome::Right;
  const bool inFront = index == m_player.index();
  const double thick = inFront ? 8 : 4;
  const QRectF bar(stepRect(index).left() + 2, (height() - thick) / 2, stepRect(index).width() - 4, thick);
  // Colour, and a full or an empty bar: right, answered otherwise, open.
  painter.setPen(Qt::NoPen);
  painter.setBrush(isRight ? c.success : inFront ? c.accent : record != nullptr ? c.warning : c.borderStrong);
  painter.drawRoundedRect(bar, thick / 2, thick / 2);
  if (record != nullptr && !isRight) {
    painter.setBrush(c.surface);
    painter.drawRoundedRect(bar.adjusted(3, thick / 2 - 0.75, -3, -(thick / 2 - 0.75)), 0.75, 0.75);
  }
  if (!hasFocus() || index != m_focused) return;
  painter.setPen(QPen(c.text, 1.5));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(QRectF(stepRect(index)).adjusted(0.75, 1.75, -0.75, -1.75), 4, 4);
}

void StepTrail::goTo(int index) {
  if (index < 0 || index >= count()) return;
  QToolTip::hideText();
  const Lesson& lesson = *m_player.lesson();
  m_player.start(lesson.id, lesson.steps[static_cast<std::size_t>(index)].id);
}

/// Says the name of the step, as the pointer would.
void StepTrail::focusStep(int index) {
  m_focused = std::clamp(index, 0, std::max(0, count() - 1));
  update();
  if (count() == 0) return;
  QToolTip::showText(mapToGlobal(stepRect(m_focused).bottomLeft()), nameOf(m_focused), this);
  announce(*this, QAccessible::Focus, m_focused);
}

void StepTrail::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) goTo(stepAt(event->pos()));
}

void StepTrail::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Left:
      return focusStep(m_focused - 1);
    case Qt::Key_Right:
      return focusStep(m_focused + 1);
    case Qt::Key_Home:
      return focusStep(0);
    case Qt::Key_End:
      return focusStep(count() - 1);
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return goTo(m_focused);
    default:
      QWidget::keyPressEvent(event);
  }
}

void StepTrail::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  m_focused = m_player.index();
  if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason) focusStep(m_focused);
}

void StepTrail::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  QToolTip::hideText();
  update();
}

bool StepTrail::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  const int index = stepAt(help->pos());
  if (index >= 0) QToolTip::showText(help->globalPos(), nameOf(index), this, stepRect(index));
  return true;
}

}  // namespace app
