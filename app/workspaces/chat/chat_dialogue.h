#pragma once
#include <QObject>
#include <map>
#include <optional>
#include <vector>

#include "app/workspaces/chat/answer_pair.h"
#include "app/workspaces/chat/chat_runner.h"
#include "app/workspaces/chat/conversation.h"

namespace app {

/// What the next answers are computed with.
struct ChatGround {
  ChatSetup setup;
  QString modelName;
  std::vector<QString> titles;        ///< of the panes
  std::vector<QString> calibrations;  ///< of the panes: "demo text · 4,096 tokens"; empty where none is asked for
  core::model::GenerationOptions options;
  QString systemPrompt;
  HistoryMode history = HistoryMode::Reference;
};

/// The conversation while it goes on: asks, takes the tokens as they come, compares. Every answer gets the source it is
/// computed from before its first token, and whatever arrives later is put where it belongs by the answer's id. Knows
/// no widget. GUI thread only.
class ChatDialogue : public QObject {
  Q_OBJECT
 public:
  explicit ChatDialogue(JobRunner& jobs, QObject* parent = nullptr);

  const Conversation& conversation() const { return m_conversation; }
  /// Takes another one up; everything under way is dropped.
  void setConversation(Conversation conversation);
  void setGround(ChatGround ground) { m_ground = std::move(ground); }

  /// Every pane answers a new prompt.
  void ask(const QString& prompt, PromptMode mode);
  /// One pane answers the last prompt as it is set up now; what it answered under another scheme stays beside it.
  void answerAgain(std::size_t pane);
  /// Every pane answers the last prompt again, in place of its last answer under the same scheme.
  void regenerate();
  void stop() { m_runner->stop(); }

  bool isAnswering() const { return m_runner->isAnswering(); }
  bool isComparing() const { return m_runner->isComparing(); }
  /// Whether the newest answer of a pane to the last prompt is not of the scheme it runs now.
  bool isUnanswered(std::size_t pane) const;
  /// The newest answers of a turn.
  AnswerPair pairOf(std::size_t turn) const;
  ChatRunner& runner() { return *m_runner; }

 Q_SIGNALS:
  void replaced();  ///< the conversation is another one, or lost some of its answers
  void asked();
  void answerBegun(std::size_t pane, int answer);
  void tokenArrived(std::size_t pane, int answer, const core::model::GeneratedToken& token);
  void tokensTaken();  ///< after those of one frame
  void answerEnded(std::size_t pane, int answer);
  /// Nobody could say a word: the prompt is the person's again.
  void takenBack(const QString& prompt, const std::vector<app::PaneAnswer>& ends);
  void ended();
  void comparisonChanged();
  void comparisonFailed(std::size_t pane, int answer, const app::PaneFailure& failure);

 private:
  /// Whether the pane's present model wrote it.
  bool isOfGround(const Answer& answer, std::size_t pane) const;
  void startAnswers(const std::vector<std::size_t>& panes);
  AnswerSource sourceFor(std::size_t pane) const;
  void takeTokens(const std::vector<StreamedToken>& tokens);
  void finish(const std::vector<PaneAnswer>& answers);
  /// What became of every answer being written, also of those nobody reports on.
  std::vector<PaneAnswer> endsOf(const std::vector<PaneAnswer>& answers) const;
  void keepEnd(const PaneAnswer& end);
  /// The answer that a new one of the same pane and scheme takes the place of.
  const Answer* forerunner(std::size_t pane, int answer) const;
  void compareNext();
  void takeComparison(const ComparedTokens& tokens);

  ChatRunner* m_runner;
  Conversation m_conversation;
  ChatGround m_ground;
  std::map<std::size_t, int> m_writing;  ///< pane → the answer it is writing
  bool m_replaces = false;               ///< answers being written replace those of the same scheme
};

}  // namespace app
