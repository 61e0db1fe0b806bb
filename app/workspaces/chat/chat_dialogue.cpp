#include "app/workspaces/chat/chat_dialogue.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace app {

ChatDialogue::ChatDialogue(JobRunner& jobs, QObject* parent) : QObject(parent), m_runner(new ChatRunner(jobs, this)) {
  connect(m_runner, &ChatRunner::tokens, this, &ChatDialogue::takeTokens);
  connect(m_runner, &ChatRunner::answered, this, &ChatDialogue::finish);
  connect(m_runner, &ChatRunner::compared, this, &ChatDialogue::takeComparison);
  connect(m_runner, &ChatRunner::comparingChanged, this, &ChatDialogue::comparisonChanged);
}

void ChatDialogue::setConversation(Conversation conversation) {
  m_runner->abandon();
  m_writing.clear();
  m_conversation = std::move(conversation);
  Q_EMIT replaced();
}

void ChatDialogue::addPane() {
  if (isAnswering()) return;
  m_runner->cancelComparison();
  m_conversation.addPane();
  Q_EMIT replaced();
}

void ChatDialogue::removePane(std::size_t pane) {
  if (isAnswering()) return;
  m_runner->cancelComparison();
  m_conversation.removePane(pane);
  Q_EMIT replaced();
}

void ChatDialogue::append(Turn turn) {
  if (isAnswering()) return;
  m_conversation.append(std::move(turn));
  Q_EMIT replaced();
  Q_EMIT ended();
  compareNext();
}

std::vector<std::size_t> ChatDialogue::allPanes() const {
  std::vector<std::size_t> all(m_conversation.panes());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

void ChatDialogue::ask(const QString& prompt, PromptMode mode, const std::vector<std::size_t>& order) {
  if (isAnswering()) return;
  m_conversation.ask(prompt, mode);
  if (!order.empty()) m_conversation.lastTurn().blind = BlindTurn{order, {}, 0, false};
  Q_EMIT asked();
  m_replaces = false;
  startAnswers(allPanes(), std::nullopt);
}

std::optional<ChatDialogue::Beginning> ChatDialogue::beginningOf(std::size_t pane) const {
  const Answer* newest = m_conversation.newest(m_conversation.turns().size() - 1, pane);
  if (newest == nullptr || !newest->branch) return std::nullopt;
  return Beginning{*newest->branch, newest->source.options.beginning};
}

void ChatDialogue::answerAgain(std::size_t pane) {
  if (isAnswering() || m_conversation.isEmpty()) return;
  m_replaces = true;
  startAnswers({pane}, beginningOf(0));
}

void ChatDialogue::regenerate() {
  if (isAnswering() || m_conversation.isEmpty()) return;
  m_replaces = true;
  startAnswers(allPanes(), beginningOf(0));
}

void ChatDialogue::branch(int answer, std::size_t index, core::text::TokenId token,
                          const std::pair<QString, QString>& words) {
  const Answer* from = m_conversation.find(answer);
  if (isAnswering() || from == nullptr || index >= from->tokens.size() ||
      m_conversation.turnOf(answer) != m_conversation.turns().size() - 1)
    return;
  Beginning beginning{{answer, index, words.first, words.second}, from->ids()};
  beginning.tokens.resize(index);
  beginning.tokens.push_back(token);
  m_replaces = false;
  startAnswers(allPanes(), beginning);
}

void ChatDialogue::goBackTo(int answer) {
  if (isAnswering()) return;
  m_conversation.bringForward(answer);
  Q_EMIT replaced();
  Q_EMIT ended();
  compareNext();
}

void ChatDialogue::vote(int best) {
  if (m_conversation.isEmpty() || !m_conversation.turns().back().isHidden()) return;
  const std::size_t turn = m_conversation.turns().size() - 1;
  BlindTurn& blind = *m_conversation.lastTurn().blind;
  blind.answers.clear();
  for (std::size_t pane = 0; pane < m_conversation.panes(); ++pane)
    if (const Answer* newest = m_conversation.newest(turn, pane)) blind.answers.push_back(newest->id);
  blind.best = best;
}

void ChatDialogue::reveal() {
  m_conversation.reveal();
  Q_EMIT replaced();
}

AnswerSource ChatDialogue::sourceFor(std::size_t pane) const {
  return m_ground.source(pane, m_conversation.turns().back().mode, m_conversation.messages(pane, m_ground.history),
                         m_conversation.writers(pane, m_ground.history));
}

void ChatDialogue::startAnswers(const std::vector<std::size_t>& panes, const std::optional<Beginning>& beginning) {
  core::model::GenerationOptions options = m_ground.options;
  if (beginning) options.beginning = beginning->tokens;
  std::vector<PanePrompt> prompts;
  m_writing.clear();
  for (const std::size_t pane : panes) {
    Answer& answer = m_conversation.beginAnswer(pane, sourceFor(pane));
    answer.source.options = options;
    if (beginning) answer.branch = beginning->branch;
    m_writing[pane] = answer.id;
    prompts.push_back(promptOf(pane, answer.source));
  }
  // Those that write together with the reference are compared with it while they write.
  if (const auto reference = m_writing.find(0); reference != m_writing.end()) {
    for (const auto& [pane, id] : m_writing)
      if (pane != 0) m_conversation.find(id)->comparison.reference = reference->second;
  }
  for (const auto& [pane, id] : m_writing) Q_EMIT answerBegun(pane, id);
  m_runner->answer(m_ground.setup, prompts, options);
}

void ChatDialogue::takeTokens(const std::vector<StreamedToken>& tokens) {
  for (const StreamedToken& streamed : tokens) {
    const int id = m_writing.at(streamed.pane);
    Answer& answer = *m_conversation.find(id);
    if (streamed.forced) answer.comparison.set(answer.tokens.size(), *streamed.forced);
    answer.tokens.push_back(streamed.token);
    answer.thought = streamed.thought;
    Q_EMIT tokenArrived(streamed.pane, id, streamed.token);
  }
  Q_EMIT tokensTaken();
}

const Answer* ChatDialogue::forerunner(std::size_t pane, int answer) const {
  const Answer* now = m_conversation.find(answer);
  const Answer* found = nullptr;
  for (const Answer& other : m_conversation.turns().back().answers[pane])
    if (other.id != answer && other.source.recipe == now->source.recipe &&
        other.source.deviations == now->source.deviations)
      found = &other;
  return found;
}

void ChatDialogue::keepEnd(const PaneAnswer& end) {
  Answer& answer = *m_conversation.find(m_writing.at(end.pane));
  answer.finished = true;
  answer.prompt = end.prompt;
  answer.result = end.result;
  answer.failure = end.failure;
  answer.serverComparison = end.comparison;
  if (answer.serverComparison) answer.serverComparison->reference = m_ground.titles.front();
}

std::vector<PaneAnswer> ChatDialogue::endsOf(const std::vector<PaneAnswer>& answers) const {
  std::vector<PaneAnswer> ends = answers;
  for (const auto& writing : m_writing) {
    const std::size_t pane = writing.first;
    if (std::any_of(ends.begin(), ends.end(), [pane](const PaneAnswer& end) { return end.pane == pane; })) continue;
    ends.emplace_back().pane = pane;
    ends.back().result.stop = core::model::StopReason::Cancelled;
  }
  return ends;
}

void ChatDialogue::finish(const std::vector<PaneAnswer>& answers) {
  const std::vector<PaneAnswer> ends = endsOf(answers);
  const auto saidNothing = [this](const PaneAnswer& end) {
    const bool stopped = end.failure || end.result.stop == core::model::StopReason::Cancelled;
    return stopped && m_conversation.find(m_writing.at(end.pane))->tokens.empty();
  };
  const bool nobodySpoke = std::all_of(ends.begin(), ends.end(), saidNothing);
  bool removed = nobodySpoke;
  for (const PaneAnswer& end : ends) {
    keepEnd(end);
    const int id = m_writing.at(end.pane);
    const Answer* old = m_replaces && !saidNothing(end) ? forerunner(end.pane, id) : nullptr;
    removed = removed || old != nullptr;
    if (nobodySpoke) m_conversation.removeAnswer(id);
    if (old != nullptr) m_conversation.removeAnswer(old->id);
  }
  const auto& last = m_conversation.turns().back();
  const bool empty =
      std::all_of(last.answers.begin(), last.answers.end(), [](const auto& ofPane) { return ofPane.empty(); });
  const QString prompt = empty ? last.prompt : QString();
  if (empty) m_conversation.removeLastTurn();
  if (removed) Q_EMIT replaced();
  for (const auto& [pane, id] : std::exchange(m_writing, {}))
    if (m_conversation.find(id) != nullptr) Q_EMIT answerEnded(pane, id);
  if (nobodySpoke) Q_EMIT takenBack(prompt, ends);
  Q_EMIT ended();
  compareNext();
}

bool ChatDialogue::isUnanswered(std::size_t pane) const {
  if (isAnswering() || m_conversation.isEmpty() || pane >= m_ground.setup.panes.size()) return false;
  const Answer* newest = m_conversation.newest(m_conversation.turns().size() - 1, pane);
  return newest == nullptr || !m_ground.wrote(*newest, pane);
}

AnswerPair ChatDialogue::pairOf(std::size_t turn, std::size_t pane) const {
  return {m_conversation.newest(turn, 0), m_conversation.newest(turn, pane)};
}

const Answer* ChatDialogue::referenceOf(std::size_t turn, const Answer& compared) const {
  for (const Answer& answer : m_conversation.turns()[turn].answers[0])
    if (answer.id == compared.comparison.reference) return &answer;
  return m_conversation.newest(turn, 0);  // that one was replaced
}

const Answer* ChatDialogue::comparedWith(std::size_t turn, std::size_t pane, int reference) const {
  const Answer* found = m_conversation.newest(turn, pane);
  if (pane >= m_conversation.panes()) return found;
  for (const Answer& answer : m_conversation.turns()[turn].answers[pane])
    if (answer.comparison.reference == reference) found = &answer;
  return found;
}

AnswerPair ChatDialogue::pairAround(int answer, std::size_t pane) const {
  const auto turn = m_conversation.turnOf(answer);
  if (!turn) return {nullptr, nullptr};
  const Answer* own = m_conversation.find(answer);
  if (m_conversation.paneOf(answer) == std::size_t{0}) return {own, comparedWith(*turn, pane, answer)};
  return {referenceOf(*turn, *own), own};
}

// Behind the place where the answers parted, the compared model reads the reference's words instead of its own.
void ChatDialogue::compareNext() {
  if (m_conversation.isEmpty() || isAnswering() || m_ground.setup.panes.size() != m_conversation.panes()) return;
  const std::size_t turn = m_conversation.turns().size() - 1;
  for (std::size_t pane = 1; pane < m_conversation.panes(); ++pane) {
    if (m_ground.setup.servers[pane]) continue;  // it reads nobody else's words
    Answer* compared = m_conversation.newest(turn, pane);
    const Answer* reference = m_conversation.newest(turn, 0);
    if (compared == nullptr || reference == nullptr || compared->failure || reference->tokens.empty() ||
        reference->prompt.empty())
      continue;
    // Only the models that wrote them can compare them.
    if (!m_ground.wrote(*reference, 0) || !m_ground.wrote(*compared, pane)) continue;
    if (compared->comparison.reference != reference->id) compared->comparison = {reference->id, {}};
    const AnswerPair pair(reference, compared);
    ComparisonTask task{
        reference->id, compared->id, pane, reference->prompt, reference->prompt.size(), pair.firstUncomparedToken()};
    if (task.first >= reference->tokens.size()) continue;
    const auto ids = reference->ids();
    task.text.insert(task.text.end(), ids.begin(), ids.end());
    m_runner->compare(m_ground.setup, task);
    return;
  }
}

void ChatDialogue::takeComparison(const ComparedTokens& tokens) {
  Answer* compared = m_conversation.find(tokens.compared);
  if (compared == nullptr || compared->comparison.reference != tokens.reference) return;
  for (std::size_t i = 0; i < tokens.tokens.size(); ++i) compared->comparison.set(tokens.first + i, tokens.tokens[i]);
  Q_EMIT comparisonChanged();
  if (tokens.failure) {
    const std::size_t turn = *m_conversation.turnOf(tokens.compared);
    for (std::size_t pane = 1; pane < m_conversation.panes(); ++pane) {
      const Answer* newest = m_conversation.newest(turn, pane);
      if (newest != nullptr && newest->id == tokens.compared)
        Q_EMIT comparisonFailed(pane, tokens.compared, *tokens.failure);
    }
    return;
  }
  compareNext();
}

}  // namespace app
