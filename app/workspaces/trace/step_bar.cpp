#include "app/workspaces/trace/step_bar.h"

#include <QButtonGroup>
#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>

#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr Length kNarrow{120}, kBadge{20};
}

StepButton::StepButton(int number, const QString& title, QWidget* parent)
    : QAbstractButton(parent), m_number(QString::number(number)) {
  setText(title);
  setCheckable(true);
  setCursor(Qt::PointingHandCursor);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Step %1, %2").arg(m_number, title));
  setAttribute(Qt::WA_Hover);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void StepButton::setResult(const QString& result) {
  if (result == m_result) return;
  m_result = result;
  setAccessibleDescription(result);
  setToolTip(result);
  update();
}

QSize StepButton::sizeHint() const {
  const Theme& theme = Theme::instance();
  const int lines =
      QFontMetrics(theme.textFont(0, QFont::DemiBold)).height() + QFontMetrics(theme.textFont(-1)).height();
  return {3 * kNarrow / 2, lines + 2 * space::kOne};
}

QSize StepButton::minimumSizeHint() const { return {kNarrow, sizeHint().height()}; }

bool StepButton::event(QEvent* event) {
  if (event->type() == QEvent::HoverEnter || event->type() == QEvent::HoverLeave) update();
  return QAbstractButton::event(event);
}

void StepButton::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF room = QRectF(rect()).adjusted(1, 1, -1, -1);
  painter.setPen(hasFocus() ? QPen(c.accent, 2) : QPen(isChecked() ? c.accent : c.border, 1));
  painter.setBrush(isChecked() ? c.accentSoft : underMouse() ? c.hover : c.surface);
  painter.drawRoundedRect(room, space::kRadiusSmall, space::kRadiusSmall);
  const QRectF badge(room.left() + space::kOne, room.center().y() - kBadge / 2.0, kBadge, kBadge);
  painter.setPen(Qt::NoPen);
  painter.setBrush(isChecked() ? c.accent : c.border);
  painter.drawEllipse(badge);
  painter.setFont(theme.textFont(-1, QFont::DemiBold));
  painter.setPen(isChecked() ? c.accentText : c.text);
  painter.drawText(badge, Qt::AlignCenter, m_number);
  const QFont bold = theme.textFont(0, QFont::DemiBold), small = theme.textFont(-1);
  const QFontMetricsF titles(bold), results(small);
  QRectF line(badge.right() + space::kOne, room.top() + space::kOne - 1, 0, titles.height());
  line.setRight(room.right() - space::kOne);
  painter.setFont(bold);
  painter.setPen(isChecked() ? c.accent : c.text);
  painter.drawText(line, Qt::AlignVCenter, titles.elidedText(text(), Qt::ElideRight, line.width()));
  line.translate(0, titles.height());
  line.setHeight(results.height());
  painter.setFont(small);
  painter.setPen(c.textMuted);
  painter.drawText(line, Qt::AlignVCenter, results.elidedText(m_result, Qt::ElideMiddle, line.width()));
}

StepBar::StepBar(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("trace-steps"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  const QString titles[kSteps]{tr("Depth"), tr("Tensors"), tr("Matrix"), tr("Block")};
  auto* group = new QButtonGroup(this);
  for (int i = 0; i < kSteps; ++i) {
    auto* button = new StepButton(i + 1, titles[i]);
    button->setObjectName(QStringLiteral("trace-step-%1").arg(i + 1));
    m_buttons[static_cast<std::size_t>(i)] = button;
    group->addButton(button, i);
    row->addWidget(button, 1);
  }
  m_buttons[0]->setChecked(true);
  connect(group, &QButtonGroup::idClicked, this, [this](int step) {
    m_current = step;
    Q_EMIT chosen(step);
  });
}

void StepBar::setCurrent(int step) {
  m_current = step;
  button(step)->setChecked(true);
}

void StepBar::setResult(int step, const QString& result) { button(step)->setResult(result); }

}  // namespace app
