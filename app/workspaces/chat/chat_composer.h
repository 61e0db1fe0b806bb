#pragma once
#include <QWidget>

class QHBoxLayout;
class QPlainTextEdit;
class QPushButton;
class QToolButton;

namespace app {

/// Where a person writes: the prompt, suggestions for the first one, send or stop, regenerate, copy and
/// save the conversation, new chat.
class ChatComposer : public QWidget {
  Q_OBJECT
 public:
  explicit ChatComposer(QWidget* parent = nullptr);

  void setSuggestions(const QStringList& prompts);
  void setSuggestionsVisible(bool visible);
  void setGenerating(bool generating);
  /// Whether there is an answer to regenerate, copy or save.
  void setHasAnswer(bool has);
  /// Nothing can be sent while a model is missing or cannot chat.
  void setSendable(bool sendable);
  QString prompt() const;
  void setPrompt(const QString& text);
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
  void sendPrompt();
  void updateButtons();

  QWidget* m_suggestions;
  QHBoxLayout* m_suggestionRow;
  QPlainTextEdit* m_prompt;
  QPushButton* m_send;
  QToolButton *m_regenerate, *m_copy, *m_save, *m_newChat;
  bool m_generating = false, m_sendable = true;
};

}  // namespace app
