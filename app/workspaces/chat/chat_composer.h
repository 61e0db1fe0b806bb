#pragma once
#include <QWidget>

#include "app/workspaces/chat/conversation.h"

class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QToolButton;

namespace app {

class ChipRow;
class Label;

/// Where a person writes: the prompt and how it is meant (a message or a text to continue), suggestions, send or stop,
/// regenerate, copy and save the conversation, new chat.
class ChatComposer : public QWidget {
  Q_OBJECT
 public:
  explicit ChatComposer(QWidget* parent = nullptr);

  void setSuggestions(const QStringList& prompts);
  void setGenerating(bool generating);
  /// Whether there is an answer to regenerate, copy or save.
  void setHasAnswer(bool has);
  /// Nothing can be sent while a model is missing or cannot run.
  void setSendable(bool sendable);
  /// @param whyNoChat the sentence that says why this model can only continue texts; empty when it can chat
  void setCanChat(const QString& whyNoChat);
  PromptMode mode() const;
  void setMode(PromptMode mode);
  QString prompt() const;
  void setPrompt(const QString& text);
  /// Puts a prompt that failed back, unless another one was begun meanwhile.
  void returnPrompt(const QString& text);
  void focusPrompt();

 Q_SIGNALS:
  void send(const QString& text);
  void stop();
  void regenerate();
  void newChat();
  void copyTranscript();
  void saveTranscript();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* buildPrompt();
  void buildTools(QWidget* holder);
  void sendPrompt();
  void updateButtons();
  void showMode();

  Label* m_modeNote;
  ChipRow* m_suggestions;
  QComboBox* m_mode;
  QPlainTextEdit* m_prompt;
  QPushButton* m_send;
  QToolButton *m_regenerate, *m_copy, *m_save, *m_newChat;
  QString m_whyNoChat;
  bool m_generating = false, m_sendable = true;
};

}  // namespace app
