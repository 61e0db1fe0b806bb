#include "app/workspaces/chat/chat_composer.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr int kPromptLines = 2;
}

ChatComposer::ChatComposer(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  m_suggestions = new QWidget;
  m_suggestionRow = new QHBoxLayout(m_suggestions);
  m_suggestionRow->setContentsMargins(0, 0, 0, 0);
  m_suggestionRow->setSpacing(space::kOne);
  column->addWidget(m_suggestions);

  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  m_prompt = new QPlainTextEdit;
  m_prompt->setObjectName(QStringLiteral("prompt"));
  m_prompt->setPlaceholderText(tr("Ask both models the same thing…"));
  m_prompt->setAccessibleName(tr("Prompt"));
  m_prompt->setToolTip(tr("Enter sends, Shift+Enter starts a new line"));
  m_prompt->setTabChangesFocus(true);
  m_prompt->setFixedHeight(fontMetrics().lineSpacing() * kPromptLines + 20);
  m_prompt->installEventFilter(this);
  connect(m_prompt, &QPlainTextEdit::textChanged, this, &ChatComposer::updateButtons);
  row->addWidget(m_prompt, 1);

  const auto addTool = [row](const QString& name, const QString& help) {
    auto* button = new QToolButton;
    button->setIcon(icon(name));
    button->setToolTip(help);
    button->setAccessibleName(help);
    button->setAutoRaise(true);
    row->addWidget(button);
    return button;
  };
  m_send = new QPushButton;
  m_send->setObjectName(QStringLiteral("send"));
  m_send->setProperty("kind", "primary");
  m_send->setMinimumWidth(88);
  row->addWidget(m_send);
  m_regenerate = addTool(QStringLiteral("refresh"), tr("Regenerate the last answers"));
  m_regenerate->setObjectName(QStringLiteral("regenerate"));
  m_copy = addTool(QStringLiteral("copy"), tr("Copy the conversation"));
  m_copy->setObjectName(QStringLiteral("copy-transcript"));
  m_save = addTool(QStringLiteral("export"), tr("Save the conversation…"));
  m_save->setObjectName(QStringLiteral("save-transcript"));
  m_newChat = addTool(QStringLiteral("plus"), tr("New conversation"));
  column->addLayout(row);

  connect(m_send, &QPushButton::clicked, this, [this] { m_generating ? Q_EMIT stop() : sendPrompt(); });
  connect(m_regenerate, &QToolButton::clicked, this, &ChatComposer::regenerate);
  connect(m_newChat, &QToolButton::clicked, this, &ChatComposer::newChat);
  connect(m_copy, &QToolButton::clicked, this, &ChatComposer::copyTranscript);
  connect(m_save, &QToolButton::clicked, this, &ChatComposer::saveTranscript);
  setHasAnswer(false);
  updateButtons();
}

void ChatComposer::setSuggestions(const QStringList& prompts) {
  while (QLayoutItem* item = m_suggestionRow->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  for (const QString& text : prompts) {
    auto* chip = new QPushButton(text);
    chip->setCursor(Qt::PointingHandCursor);
    connect(chip, &QPushButton::clicked, this, [this, text] {
      if (m_sendable && !m_generating) Q_EMIT send(text);
    });
    m_suggestionRow->addWidget(chip);
  }
  m_suggestionRow->addStretch(1);
}

void ChatComposer::setSuggestionsVisible(bool visible) { m_suggestions->setVisible(visible); }

void ChatComposer::setGenerating(bool generating) {
  m_generating = generating;
  updateButtons();
}

void ChatComposer::setHasAnswer(bool has) {
  for (QToolButton* button : {m_regenerate, m_copy, m_save}) button->setEnabled(has);
}

void ChatComposer::setSendable(bool sendable) {
  m_sendable = sendable;
  m_prompt->setEnabled(sendable);
  m_suggestions->setEnabled(sendable);
  updateButtons();
}

QString ChatComposer::prompt() const { return m_prompt->toPlainText().trimmed(); }
void ChatComposer::setPrompt(const QString& text) { m_prompt->setPlainText(text); }
void ChatComposer::focusPrompt() { m_prompt->setFocus(); }

void ChatComposer::updateButtons() {
  m_send->setText(m_generating ? tr("Stop") : tr("Send"));
  m_send->setAccessibleName(m_generating ? tr("Stop generating") : tr("Send the prompt"));
  m_send->setEnabled(m_generating || (m_sendable && !prompt().isEmpty()));
}

void ChatComposer::sendPrompt() {
  const QString text = prompt();
  if (text.isEmpty() || !m_sendable || m_generating) return;
  m_prompt->clear();
  Q_EMIT send(text);
}

bool ChatComposer::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_prompt && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (enter && !(key->modifiers() & Qt::ShiftModifier)) {
      sendPrompt();
      return true;
    }
    if (key->key() == Qt::Key_Escape && m_generating) {
      Q_EMIT stop();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace app
