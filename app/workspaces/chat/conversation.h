#pragma once
#include <QString>
#include <optional>
#include <vector>

#include "app/session/template_values.h"
#include "app/workspaces/chat/forced_token.h"
#include "app/workspaces/chat/message.h"
#include "app/workspaces/chat/pane_failure.h"
#include "app/workspaces/chat/pane_variant.h"
#include "app/workspaces/chat/server_comparison.h"
#include "core/model/recipe/recipe.h"
#include "core/model/session.h"
#include "core/text/thought_finder.h"

namespace app {

/// How a prompt becomes tokens.
enum class PromptMode : std::uint8_t {
  Chat,       ///< through the model's chat template, behind the conversation so far
  Completion  ///< as it is: the model continues the text
};

/// What the panes read of the answers before the present question.
enum class HistoryMode : std::uint8_t {
  Reference,  ///< all panes those of the reference
  Own         ///< each pane its own
};

/// Everything that could have made an answer another one. An answer is shown under this and nothing else.
struct AnswerSource {
  QString model;
  std::optional<core::model::Recipe> recipe;  ///< none: the weights as stored
  QString deviations;                         ///< PaneVariant::deviations() of its pane
  QString title;                              ///< "NF4 · 64"
  QString device;                             ///< the choice: "auto", "cpu", "vulkan:0"
  QString calibration;                        ///< "demo text · 4,096 tokens" where the recipe looks at data
  std::uint32_t contextLength = 0;            ///< 0: the model's own up to a limit
  core::model::KvType kvType = core::model::KvType::F16;
  core::model::GenerationOptions options;
  PromptMode mode = PromptMode::Chat;
  HistoryMode history = HistoryMode::Reference;
  std::vector<Message> messages;  ///< what it read; for a completion the text alone
  TemplateValues templateValues;  ///< what the chat template was given besides
  QString writer;                 ///< who wrote the answers among the messages; empty when there are none
};

/// How a compared model read an answer of the reference: one entry a token of it.
struct Comparison {
  int reference = 0;  ///< id of the answer that was read; 0: none
  std::vector<std::optional<ForcedToken>> tokens;

  void set(std::size_t index, ForcedToken token);
};

/// Where an answer left another one of the same question: up to there it was made to say the same.
struct Branch {
  int answer = 0;         ///< the other one
  std::size_t index = 0;  ///< of the first token that was chosen, from 0
  QString word;           ///< that token: "␣is"
  QString insteadOf;      ///< what the other one says there; the same word where it only was followed
};

struct Answer {
  int id = 0;  ///< in its conversation, from 1
  AnswerSource source;
  std::vector<core::text::TokenId> prompt;
  std::vector<core::model::GeneratedToken> tokens;
  core::model::GenerationResult result;  ///< once it is finished
  bool finished = false;
  std::optional<PaneFailure> failure;                ///< what ended it, if an error did
  Comparison comparison;                             ///< only of compared panes
  std::optional<Branch> branch;                      ///< its beginning is in the source's options
  std::optional<ServerComparison> serverComparison;  ///< where a server wrote it
  std::optional<core::text::Thought> thought;        ///< the tokens it begins with are no answer yet

  /// What it says, without what it thought.
  QString text() const;
  /// What it thought; empty where it did not.
  QString thoughtText() const;
  std::vector<core::text::TokenId> ids() const;
  /// Whether a pane of this variant would answer like this now.
  bool isOf(const PaneVariant& variant) const;

 private:
  std::string allText() const;
};

/// "A", "B" …: what a place is called while its writer is hidden.
QString aliasOf(std::size_t place);

/// A vote among answers whose writers were hidden.
struct BlindTurn {
  std::vector<std::size_t> order;  ///< pane whose answers stand at every place: {2, 0, 1}
  std::vector<int> answers;        ///< ids of the answers voted on; empty while there is no vote
  int best = 0;                    ///< id of the one that was preferred; 0: none was
  bool revealed = false;

  bool isVoted() const { return !answers.empty(); }
};

/// A prompt and everything that was answered to it.
struct Turn {
  QString prompt;
  PromptMode mode = PromptMode::Chat;
  std::vector<std::vector<Answer>> answers;  ///< of every pane, oldest first: another scheme answers beside the old one
  std::optional<BlindTurn> blind;            ///< asked without showing who answers

  /// Names, sizes and figures would give away who wrote what.
  bool isHidden() const { return blind && !blind->revealed; }
  /// The pane whose answers stand at a place.
  std::size_t paneAt(std::size_t place) const {
    return isHidden() && place < blind->order.size() ? blind->order[place] : place;
  }
};

/// The turns of a chat with all their answers. A value without widgets: what is shown, copied and remembered.
/// It has two to four panes in view; what a pane answered that was taken away comes back with it.
class Conversation {
 public:
  static constexpr std::size_t kFewestPanes = 2, kMostPanes = 4;
  explicit Conversation(std::size_t panes = kFewestPanes) : m_panes(panes) {}

  bool isEmpty() const { return m_turns.empty(); }
  std::size_t panes() const { return m_panes; }
  void setPanes(std::size_t panes) { m_panes = panes; }
  /// The one that was taken away last, or an empty one. @pre there are fewer than kMostPanes
  void addPane() { ++m_panes; }
  /// Its answers go out of sight. @pre there are more than kFewestPanes
  void removePane(std::size_t pane);
  const std::vector<Turn>& turns() const { return m_turns; }
  Turn& lastTurn() { return m_turns.back(); }

  void ask(const QString& prompt, PromptMode mode);
  void removeLastTurn() { m_turns.pop_back(); }
  /// A new answer of a pane to the last prompt, behind those it has. @return the answer
  Answer& beginAnswer(std::size_t pane, AnswerSource source);
  void removeAnswer(int id);
  /// Whoever answered may be known again.
  void reveal();
  /// A turn that was answered elsewhere. Its answers get ids of this conversation.
  void append(Turn turn);
  /// Makes an answer of the last turn the newest of its pane, and those compared with it, or those it was compared
  /// with.
  void bringForward(int id);
  /// Puts back a turn that was saved; its ids stay.
  void restore(Turn turn);

  /// The newest answer of a pane in a turn, or null.
  const Answer* newest(std::size_t turn, std::size_t pane) const;
  Answer* newest(std::size_t turn, std::size_t pane);
  const Answer* find(int id) const;
  Answer* find(int id);
  /// The turn an answer belongs to.
  std::optional<std::size_t> turnOf(int id) const;
  /// The pane that wrote it, if that is in view.
  std::optional<std::size_t> paneOf(int id) const;

  /// What a pane reads for the last prompt, without a system prompt. Turns without an answer are left out.
  std::vector<Message> messages(std::size_t pane, HistoryMode history) const;
  /// Titles of those who wrote the answers in messages(), each once; empty when there are none.
  QString writers(std::size_t pane, HistoryMode history) const;

 private:
  std::vector<const Answer*> earlierAnswers(std::size_t pane, HistoryMode history) const;

  std::size_t m_panes;
  int m_lastId = 0;
  std::vector<Turn> m_turns;
};

}  // namespace app
