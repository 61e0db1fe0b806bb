#include "app/workspaces/chat/page_head.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

PageHead::PageHead(const QString& title, QWidget* parent)
    : QWidget(parent),
      m_controls(new QHBoxLayout),
      m_state(new Label(Label::Style::Hint)),
      m_old(new Label(Label::Style::Body)),
      m_run(new QPushButton(tr("Run"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  auto* back = new QPushButton(icon(QStringLiteral("back")), tr("Conversation"));
  back->setObjectName(QStringLiteral("page-back"));
  back->setToolTip(tr("Back to the conversation"));
  connect(back, &QPushButton::clicked, this, &PageHead::backWanted);
  row->addWidget(back);
  row->addWidget(new Label(Label::Style::Heading, title));
  m_state->setObjectName(QStringLiteral("page-state"));
  m_state->setElide(Qt::ElideRight);
  row->addWidget(m_state, 1);
  m_run->setObjectName(QStringLiteral("page-run"));
  m_run->setProperty("kind", "primary");
  connect(m_run, &QPushButton::clicked, this, [this] { m_isRunning ? Q_EMIT stopWanted() : Q_EMIT startWanted(); });
  row->addWidget(m_run);
  column->addLayout(row);
  m_controls->setSpacing(space::kOne);
  m_controls->setAlignment(Qt::AlignLeft);
  column->addLayout(m_controls);
  m_old->setObjectName(QStringLiteral("page-old"));
  m_old->setWrapping();
  m_old->hide();
  column->addWidget(m_old);
}

void PageHead::setRunning(bool running, const QString& whyNot) {
  m_isRunning = running;
  m_run->setText(running ? tr("Stop") : tr("Run"));
  m_run->setEnabled(running || whyNot.isEmpty());
  m_run->setToolTip(running ? QString() : whyNot);
}

void PageHead::setOld(const QString& why) {
  m_old->setText(why);
  m_old->setVisible(!why.isEmpty());
}

void PageHead::setState(const QString& text) { m_state->setText(text); }

}  // namespace app
