#pragma once
#include <QObject>
#include <vector>

#include "app/workspaces/chat/chat_ground.h"
#include "app/workspaces/chat/chat_runner.h"

namespace app {

/// One question of a batch.
struct BatchItem {
  QString prompt;
  PromptMode mode = PromptMode::Chat;
  std::vector<Message> messages;  ///< what the panes read, without system prompt
  QString writer;                 ///< of the answers among them
  core::model::GenerationOptions options;
};

/// Questions that every pane answers beside the conversation, one after the other: what a person does meanwhile goes in
/// between. GUI thread only.
class AnswerBatch : public QObject {
  Q_OBJECT
 public:
  explicit AnswerBatch(ChatRunner& runner, QObject* parent = nullptr);

  /// answered() follows for every item in turn, then ended(). What ran before is dropped.
  /// @param title of the job: "Agreement under seeds"
  void start(ChatGround ground, std::vector<BatchItem> items, const QString& title);
  /// ended() follows; what was answered stays with whoever took it.
  void stop();
  bool isRunning() const { return m_isRunning; }

 Q_SIGNALS:
  void answered(std::size_t item, const app::Turn& turn);
  void ended();

 private:
  void answerNext();
  void end();
  Turn turnOf(const BatchItem& item, const std::vector<StreamedToken>& tokens,
              const std::vector<PaneAnswer>& ends) const;

  ChatRunner& m_runner;
  ChatGround m_ground;
  std::vector<BatchItem> m_items;
  QString m_title;
  std::size_t m_next = 0;
  bool m_isRunning = false;
};

}  // namespace app
