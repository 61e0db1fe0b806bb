#include "app/workspaces/chat/chat_composer.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardItemModel>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/chip_row.h"

namespace app {

namespace {
constexpr int kPromptLines = 2;
}

ChatComposer::ChatComposer(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  m_suggestions = new ChipRow;
  m_suggestions->setObjectName(QStringLiteral("suggestions"));
  column->addWidget(m_suggestions);
  m_modeNote = new Label(Label::Style::Muted);
  m_modeNote->setObjectName(QStringLiteral("mode-note"));
  m_modeNote->setWrapping();
  column->addWidget(m_modeNote);
  column->addWidget(buildPrompt());
  connect(m_suggestions, &ChipRow::clicked, this, [this](const QString& text) {
    if (m_sendable && !m_generating) Q_EMIT send(text);
  });
  setHasAnswer(false);
  updateButtons();
  showMode();
}

QWidget* ChatComposer::buildPrompt() {
  auto* holder = new QWidget;
  auto* row = new QHBoxLayout(holder);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_mode = new QComboBox;
  m_mode->setObjectName(QStringLiteral("mode"));
  m_mode->setAccessibleName(tr("How the prompt is meant"));
  m_mode->addItem(tr("Chat"), static_cast<int>(PromptMode::Chat));
  m_mode->setItemData(0, tr("The prompt is a message: the model's chat template frames it"), Qt::ToolTipRole);
  m_mode->addItem(tr("Continue"), static_cast<int>(PromptMode::Completion));
  m_mode->setItemData(1, tr("The prompt is a text as it is: the models write on"), Qt::ToolTipRole);
  connect(m_mode, &QComboBox::currentIndexChanged, this, &ChatComposer::showMode);
  row->addWidget(m_mode);
  m_prompt = new QPlainTextEdit;
  m_prompt->setObjectName(QStringLiteral("prompt"));
  m_prompt->setAccessibleName(tr("Prompt"));
  m_prompt->setToolTip(tr("Enter sends, Shift+Enter starts a new line"));
  m_prompt->setTabChangesFocus(true);
  m_prompt->setFixedHeight(fontMetrics().lineSpacing() * kPromptLines + 20);
  m_prompt->installEventFilter(this);
  connect(m_prompt, &QPlainTextEdit::textChanged, this, &ChatComposer::updateButtons);
  row->addWidget(m_prompt, 1);
  buildTools(holder);
  return holder;
}

void ChatComposer::buildTools(QWidget* holder) {
  QLayout* row = holder->layout();
  const auto addTool = [row](const QString& name, const QString& help, const QString& objectName) {
    auto* button = new QToolButton;
    button->setIcon(icon(name));
    button->setToolTip(help);
    button->setAccessibleName(help);
    button->setAutoRaise(true);
    button->setObjectName(objectName);
    row->addWidget(button);
    return button;
  };
  m_send = new QPushButton;
  m_send->setObjectName(QStringLiteral("send"));
  m_send->setProperty("kind", "primary");
  m_send->setMinimumWidth(88);
  row->addWidget(m_send);
  m_regenerate = addTool(QStringLiteral("refresh"), tr("Regenerate the last answers"), QStringLiteral("regenerate"));
  m_copy = addTool(QStringLiteral("copy"), tr("Copy the conversation"), QStringLiteral("copy-transcript"));
  m_save = addTool(QStringLiteral("export"), tr("Save the conversation…"), QStringLiteral("save-transcript"));
  m_newChat = addTool(QStringLiteral("plus"), tr("New conversation"), QStringLiteral("new-chat"));
  connect(m_send, &QPushButton::clicked, this, [this] { m_generating ? Q_EMIT stop() : sendPrompt(); });
  connect(m_regenerate, &QToolButton::clicked, this, &ChatComposer::regenerate);
  connect(m_newChat, &QToolButton::clicked, this, &ChatComposer::newChat);
  connect(m_copy, &QToolButton::clicked, this, &ChatComposer::copyTranscript);
  connect(m_save, &QToolButton::clicked, this, &ChatComposer::saveTranscript);
}

void ChatComposer::setSuggestions(const QStringList& prompts) { m_suggestions->setTexts(prompts); }

void ChatComposer::setGenerating(bool generating) {
  m_generating = generating;
  m_suggestions->setEnabled(m_sendable && !generating);
  updateButtons();
}

void ChatComposer::setHasAnswer(bool has) {
  for (QToolButton* button : {m_regenerate, m_copy, m_save}) button->setEnabled(has);
}

void ChatComposer::setSendable(bool sendable) {
  m_sendable = sendable;
  m_prompt->setEnabled(sendable);
  m_mode->setEnabled(sendable);
  m_suggestions->setEnabled(sendable && !m_generating);
  updateButtons();
  showMode();
}

void ChatComposer::setCanChat(const QString& whyNoChat) {
  m_whyNoChat = whyNoChat;
  auto* items = qobject_cast<QStandardItemModel*>(m_mode->model());
  items->item(0)->setEnabled(whyNoChat.isEmpty());
  if (!whyNoChat.isEmpty()) setMode(PromptMode::Completion);
  showMode();
}

PromptMode ChatComposer::mode() const { return static_cast<PromptMode>(m_mode->currentData().toInt()); }

void ChatComposer::setMode(PromptMode mode) { m_mode->setCurrentIndex(m_mode->findData(static_cast<int>(mode))); }

void ChatComposer::showMode() {
  const bool continues = mode() == PromptMode::Completion;
  m_prompt->setPlaceholderText(continues ? tr("A text that every pane continues…")
                                         : tr("Ask every pane the same thing…"));
  m_modeNote->setText(!m_sendable              ? QString()
                      : !m_whyNoChat.isEmpty() ? m_whyNoChat + u' ' + tr("What you write here is continued as it is.")
                      : continues ? tr("Every pane continues the text as it is, without chat template and history.")
                                  : QString());
  m_modeNote->setVisible(!m_modeNote->text().isEmpty());
  m_suggestions->setVisible(!continues);
}

QString ChatComposer::prompt() const { return m_prompt->toPlainText().trimmed(); }
void ChatComposer::setPrompt(const QString& text) { m_prompt->setPlainText(text); }
void ChatComposer::focusPrompt() { m_prompt->setFocus(); }

void ChatComposer::returnPrompt(const QString& text) {
  if (!prompt().isEmpty()) return;
  setPrompt(text);
  m_prompt->moveCursor(QTextCursor::End);
}

void ChatComposer::updateButtons() {
  m_send->setText(m_generating ? tr("Stop") : tr("Send"));
  m_send->setAccessibleName(m_generating ? tr("Stop generating") : tr("Send the prompt"));
  m_send->setEnabled(m_generating || (m_sendable && !prompt().isEmpty()));
}

void ChatComposer::sendPrompt() {
  const QString text = mode() == PromptMode::Completion ? m_prompt->toPlainText() : prompt();
  if (text.trimmed().isEmpty() || !m_sendable || m_generating) return;
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
