#pragma once
#include <QObject>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "app/workspaces/chat/answer_pair.h"
#include "app/workspaces/chat/chat_ground.h"
#include "app/workspaces/chat/chat_runner.h"
#include "app/workspaces/chat/conversation.h"

namespace app {

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
  /// As Conversation's; not while answers are written.
  void addPane();
  void removePane(std::size_t pane);
  /// Takes up a question that was answered elsewhere, as the newest.
  void append(Turn turn);

  /// Every pane answers a new prompt. @param order where which pane's answers stand while nobody may know who wrote
  /// them; empty: in the open
  void ask(const QString& prompt, PromptMode mode, const std::vector<std::size_t>& order = {});
  /// One pane answers the last prompt as it is set up now; what it answered under another scheme stays beside it.
  void answerAgain(std::size_t pane);
  /// Every pane answers the last prompt again, in place of its last answer under the same scheme.
  void regenerate();
  /// Every pane goes on behind an answer to the last prompt as far as a token of it, and another token in place of that
  /// one. The new answers stand beside the old ones. @param words how the two tokens are shown
  void branch(int answer, std::size_t index, core::text::TokenId token, const std::pair<QString, QString>& words);
  /// An older answer to the last prompt is the newest again, with those it is compared with.
  void goBackTo(int answer);
  /// What a person thinks of the answers to the hidden last prompt. @param best id of an answer; 0: none is better
  void vote(int best);
  /// Names may be seen again, of all turns.
  void reveal();
  void stop() { m_runner->stop(); }

  bool isAnswering() const { return m_runner->isAnswering(); }
  bool isComparing() const { return m_runner->isComparing(); }
  /// Whether the newest answer of a pane to the last prompt is not of the scheme it runs now.
  bool isUnanswered(std::size_t pane) const;
  /// The newest answers of a turn, the reference's and another pane's.
  AnswerPair pairOf(std::size_t turn, std::size_t pane) const;
  /// An answer and what it is to be seen beside: a compared one with the reference's that it was compared with, one of
  /// the reference with that of a pane.
  AnswerPair pairAround(int answer, std::size_t pane) const;
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
  /// What answers to the last prompt are made to begin with.
  struct Beginning {
    Branch branch;
    std::vector<core::text::TokenId> tokens;
  };
  /// That of the newest answer of a pane; nothing when it began freely.
  std::optional<Beginning> beginningOf(std::size_t pane) const;
  std::vector<std::size_t> allPanes() const;
  void startAnswers(const std::vector<std::size_t>& panes, const std::optional<Beginning>& beginning);
  AnswerSource sourceFor(std::size_t pane) const;
  void takeTokens(const std::vector<StreamedToken>& tokens);
  void finish(const std::vector<PaneAnswer>& answers);
  /// What became of every answer being written, also of those nobody reports on.
  std::vector<PaneAnswer> endsOf(const std::vector<PaneAnswer>& answers) const;
  void keepEnd(const PaneAnswer& end);
  /// The answer that a new one of the same pane and scheme takes the place of.
  const Answer* forerunner(std::size_t pane, int answer) const;
  const Answer* referenceOf(std::size_t turn, const Answer& compared) const;
  const Answer* comparedWith(std::size_t turn, std::size_t pane, int reference) const;
  void compareNext();
  void takeComparison(const ComparedTokens& tokens);

  ChatRunner* m_runner;
  Conversation m_conversation;
  ChatGround m_ground;
  std::map<std::size_t, int> m_writing;  ///< pane → the answer it is writing
  bool m_replaces = false;               ///< answers being written replace those of the same scheme
};

}  // namespace app
