#include "app/shell/nav_rail.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QKeyEvent>
#include <QPainter>
#include <QVBoxLayout>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {

class NavRail::Button final : public QAbstractButton {
 public:
  Button(const QString& title, QString iconName) : m_iconName(std::move(iconName)) {
    setText(title);
    setCheckable(true);
    setAttribute(Qt::WA_Hover);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(title);
  }
  QSize sizeHint() const override {
    const QFontMetrics metrics(Theme::instance().textFont(-1));
    const Theme& theme = Theme::instance();
    return {std::max(theme.px(76), metrics.horizontalAdvance(text()) + space::kTwo), metrics.height() + theme.px(42)};
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColors& c = Theme::instance().colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF tile = QRectF(rect()).adjusted(6, 2, -6, -2);
    painter.setPen(Qt::NoPen);
    if (isChecked() || isDown())
      painter.setBrush(c.accentSoft);
    else if (underMouse() && isEnabled())
      painter.setBrush(c.hover);
    else
      painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(tile, space::kRadius, space::kRadius);
    if (isChecked()) {
      painter.setBrush(c.accent);
      painter.drawRoundedRect(QRectF(0, tile.center().y() - 12, 3, 24), 1.5, 1.5);
    }
    if (hasFocus()) {
      painter.setPen(QPen(c.accent, 2));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), space::kRadius - 1, space::kRadius - 1);
    }
    const QColor ink = !isEnabled() ? mix(c.textFaint, c.window, 0.45) : isChecked() ? c.accent : c.textMuted;
    painter.setFont(Theme::instance().textFont(-1, isChecked() ? QFont::DemiBold : QFont::Normal));
    // In a low window under a large zoom the icon makes room for the name.
    constexpr double kRailTop = 7, kGap = 2;
    const double textHeight = painter.fontMetrics().height();
    const double textTop = std::min(tile.top() + Theme::instance().px(33), tile.bottom() - textHeight - kGap);
    const double icon = std::min<double>(Theme::instance().px(24), textTop - kGap - tile.top() - kRailTop);
    if (icon > 0)
      paintIcon(painter, m_iconName, QRectF(tile.center().x() - icon / 2, tile.top() + kRailTop, icon, icon), ink);
    painter.setPen(ink);
    painter.drawText(QRectF(0, textTop, width(), textHeight), Qt::AlignHCenter | Qt::AlignTop, text());
  }
  void keyPressEvent(QKeyEvent* event) override {
    if (event->key() == Qt::Key_Down)
      focusNextChild();
    else if (event->key() == Qt::Key_Up)
      focusPreviousChild();
    else
      QAbstractButton::keyPressEvent(event);
  }

 private:
  QString m_iconName;
};

NavRail::NavRail(QWidget* parent) : QWidget(parent), m_layout(new QVBoxLayout(this)), m_group(new QButtonGroup(this)) {
  m_layout->setContentsMargins(0, space::kOne, 0, space::kOne);
  m_layout->setSpacing(2);
  m_layout->addStretch(1);
  m_group->setExclusive(true);
  setAccessibleName(tr("Workspaces"));
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    for (Button* button : m_buttons) button->updateGeometry();
    update();
  });
}

void NavRail::add(const QString& id, const QString& title, const QString& iconName, const QString& toolTip) {
  auto* button = new Button(title, iconName);
  button->setToolTip(toolTip);
  button->setAccessibleDescription(toolTip);
  button->setObjectName(QStringLiteral("nav-") + id);
  m_group->addButton(button);
  m_layout->insertWidget(m_layout->count() - 1, button);
  m_buttons.insert(id, button);
  m_descriptions.insert(id, toolTip);
  connect(button, &QAbstractButton::clicked, this, [this, id] { Q_EMIT chosen(id); });
}

void NavRail::setCurrent(const QString& id) {
  if (Button* button = m_buttons.value(id)) {
    button->setChecked(true);
  } else if (QAbstractButton* checked = m_group->checkedButton()) {
    m_group->setExclusive(false);
    checked->setChecked(false);
    m_group->setExclusive(true);
  }
}

void NavRail::setAvailable(const QString& id, const QString& why) {
  Button* button = m_buttons.value(id);
  if (button == nullptr) return;
  button->setEnabled(why.isEmpty());
  const QString text = why.isEmpty() ? m_descriptions.value(id) : m_descriptions.value(id) + u'\n' + why;
  button->setToolTip(text);
  button->setAccessibleDescription(text);
}

void NavRail::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const ThemeColors& c = Theme::instance().colors();
  painter.fillRect(rect(), c.window);
  painter.setPen(c.border);
  painter.drawLine(width() - 1, 0, width() - 1, height());
}

}  // namespace app
