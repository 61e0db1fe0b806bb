#include "app/widgets/banner.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QToolButton>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

Banner::Banner(QWidget* parent) : QWidget(parent), m_label(new Label), m_close(new QToolButton) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(48, space::kOne, space::kOne, space::kOne);
  m_label->setWrapping();
  m_label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_close->setIcon(icon(QStringLiteral("close")));
  m_close->setAccessibleName(tr("Dismiss message"));
  m_close->setToolTip(tr("Dismiss"));
  layout->addWidget(m_label, 1);
  layout->addWidget(m_close, 0, Qt::AlignTop);
  connect(m_close, &QToolButton::clicked, this, &Banner::dismiss);
  setAccessibleName(tr("Message"));
  hide();
}

void Banner::showError(const QString& sentence) { showSentence(sentence, Kind::Error); }
void Banner::showNotice(const QString& sentence) { showSentence(sentence, Kind::Notice); }

void Banner::showSentence(const QString& sentence, Kind kind) {
  m_kind = kind;
  update();
  m_label->setText(sentence);
  setAccessibleDescription(sentence);
  show();
  QAccessibleEvent event(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&event);
}

QString Banner::text() const { return isHidden() ? QString() : m_label->text(); }

void Banner::dismiss() { hide(); }

void Banner::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape)
    dismiss();
  else
    QWidget::keyPressEvent(event);
}

void Banner::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  const bool error = m_kind == Kind::Error;
  const QColor ink = error ? c.error : c.success;
  painter.fillRect(rect(), error ? c.errorSoft : c.accentSoft);
  painter.fillRect(QRect(0, 0, 4, height()), ink);
  paintIcon(painter, error ? QStringLiteral("warning") : QStringLiteral("check"),
            QRectF(16, (height() - 22) / 2.0, 22, 22), ink);
}

}  // namespace app
