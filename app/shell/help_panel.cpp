#include "app/shell/help_panel.h"

#include <QKeyEvent>
#include <QTextBrowser>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/raised.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr Length kPanelWidth{360};
constexpr int kTop = 48, kBottom = 40;
}  // namespace

HelpPanel::HelpPanel(QWidget* window)
    : QFrame(window), m_title(new Label(Label::Style::Title)), m_text(new QTextBrowser) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(space::kTwo, space::kOne, space::kOne, space::kOne);
  auto* close = new QToolButton;
  close->setIcon(icon(QStringLiteral("close")));
  close->setToolTip(tr("Close (F1 or Esc)"));
  close->setAccessibleName(tr("Close the help"));
  connect(close, &QToolButton::clicked, this, &HelpPanel::dismiss);
  auto* head = new QHBoxLayout;
  head->addWidget(m_title, 1);
  head->addWidget(close);
  layout->addLayout(head);
  m_text->setFrameShape(QFrame::NoFrame);
  m_text->setProperty("kind", QStringLiteral("page"));
  m_text->setAccessibleName(tr("Help"));
  layout->addWidget(m_text, 1);
  window->installEventFilter(this);
  setObjectName(QStringLiteral("help-panel"));
  setAccessibleName(tr("Help"));
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
  hide();
}

void HelpPanel::setContent(const QString& title, const QString& text, const QList<std::pair<QString, QString>>& keys) {
  m_title->setText(title);
  QString html;
  for (const QString& paragraph : text.split(u'\n'))
    html += QStringLiteral("<p style=\"line-height:140%\">%1</p>").arg(paragraph.toHtmlEscaped());
  html += QStringLiteral("<h4>%1</h4><table cellpadding=\"3\" cellspacing=\"0\">").arg(tr("Keys").toHtmlEscaped());
  for (const auto& [key, what] : keys)
    html += QStringLiteral("<tr><td><b>%1</b>&nbsp;&nbsp;</td><td>%2</td></tr>")
                .arg(key.toHtmlEscaped(), what.toHtmlEscaped());
  m_text->setHtml(html + QStringLiteral("</table>"));
}

void HelpPanel::open() {
  place();
  show();
  raise();
  m_text->setFocus(Qt::ShortcutFocusReason);
}

void HelpPanel::dismiss() {
  hide();
  parentWidget()->setFocus(Qt::OtherFocusReason);
}

QString HelpPanel::text() const { return m_text->toPlainText(); }

void HelpPanel::place() {
  const QSize window = parentWidget()->size();
  setGeometry(window.width() - kPanelWidth - space::kOne, kTop, kPanelWidth, window.height() - kTop - kBottom);
}

bool HelpPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  return false;
}

void HelpPanel::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape)
    dismiss();
  else
    QFrame::keyPressEvent(event);
}

void HelpPanel::paintEvent(QPaintEvent*) { paintRaised(*this, space::kRadius); }

}  // namespace app
