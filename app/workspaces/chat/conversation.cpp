#include "app/workspaces/chat/conversation.h"

#include <QStringList>
#include <algorithm>
#include <map>

namespace app {

void Comparison::set(std::size_t index, ForcedToken token) {
  if (index >= tokens.size()) tokens.resize(index + 1);
  tokens[index] = std::move(token);
}

std::string Answer::allText() const {
  if (finished && !result.text.empty()) return result.text;
  std::string text;
  for (const auto& token : tokens) text += token.text;
  return text;
}

QString Answer::text() const {
  const std::string all = allText();
  const std::size_t from = thought ? std::min(thought->answer, all.size()) : 0;
  return QString::fromStdString(all.substr(from));
}

QString Answer::thoughtText() const {
  if (!thought) return {};
  const std::string all = allText();
  const std::size_t begin = std::min(thought->begin, all.size()), end = std::clamp(thought->end, begin, all.size());
  return QString::fromStdString(all.substr(begin, end - begin));
}

std::vector<core::text::TokenId> Answer::ids() const {
  std::vector<core::text::TokenId> ids;
  ids.reserve(tokens.size());
  for (const auto& token : tokens) ids.push_back(token.id);
  return ids;
}

QString aliasOf(std::size_t place) { return QChar(u'A' + static_cast<char16_t>(place)); }

bool Answer::isOf(const PaneVariant& variant) const {
  return source.recipe == variant.recipe && source.deviations.toStdString() == variant.deviations();
}

void Conversation::ask(const QString& prompt, PromptMode mode) {
  m_turns.push_back({prompt, mode, std::vector<std::vector<Answer>>(kMostPanes), {}});
}

void Conversation::removePane(std::size_t pane) {
  const auto at = [](auto& list, std::size_t index) { return list.begin() + static_cast<std::ptrdiff_t>(index); };
  for (Turn& turn : m_turns) std::rotate(at(turn.answers, pane), at(turn.answers, pane + 1), at(turn.answers, m_panes));
  --m_panes;
}

void Conversation::reveal() {
  for (Turn& turn : m_turns)
    if (turn.blind) turn.blind->revealed = true;
}

void Conversation::append(Turn turn) {
  turn.answers.resize(kMostPanes);
  std::map<int, int> ids;
  for (auto& answers : turn.answers)
    for (Answer& answer : answers) answer.id = ids[answer.id] = ++m_lastId;
  for (auto& answers : turn.answers)
    for (Answer& answer : answers) answer.comparison.reference = ids[answer.comparison.reference];
  m_turns.push_back(std::move(turn));
}

void Conversation::bringForward(int id) {
  const Answer* chosen = find(id);
  if (chosen == nullptr || turnOf(id) != m_turns.size() - 1) return;
  const int reference = chosen->comparison.reference != 0 ? chosen->comparison.reference : id;
  for (auto& answers : m_turns.back().answers) {
    std::stable_partition(answers.begin(), answers.end(), [&](const Answer& answer) {
      return answer.id != id && answer.id != reference && answer.comparison.reference != reference;
    });
  }
}

Answer& Conversation::beginAnswer(std::size_t pane, AnswerSource source) {
  Answer answer;
  answer.id = ++m_lastId;
  answer.source = std::move(source);
  auto& answers = m_turns.back().answers[pane];
  answers.push_back(std::move(answer));
  return answers.back();
}

void Conversation::removeAnswer(int id) {
  for (Turn& turn : m_turns)
    for (auto& answers : turn.answers) std::erase_if(answers, [id](const Answer& answer) { return answer.id == id; });
}

void Conversation::restore(Turn turn) {
  turn.answers.resize(kMostPanes);
  for (const auto& answers : turn.answers)
    for (const Answer& answer : answers) m_lastId = std::max(m_lastId, answer.id);
  m_turns.push_back(std::move(turn));
}

const Answer* Conversation::newest(std::size_t turn, std::size_t pane) const {
  if (turn >= m_turns.size() || pane >= m_panes || m_turns[turn].answers[pane].empty()) return nullptr;
  return &m_turns[turn].answers[pane].back();
}

Answer* Conversation::newest(std::size_t turn, std::size_t pane) {
  return const_cast<Answer*>(std::as_const(*this).newest(turn, pane));
}

const Answer* Conversation::find(int id) const {
  for (const Turn& turn : m_turns)
    for (const auto& answers : turn.answers)
      for (const Answer& answer : answers)
        if (answer.id == id) return &answer;
  return nullptr;
}

std::optional<std::size_t> Conversation::turnOf(int id) const {
  for (std::size_t turn = 0; turn < m_turns.size(); ++turn)
    for (const auto& answers : m_turns[turn].answers)
      for (const Answer& answer : answers)
        if (answer.id == id) return turn;
  return std::nullopt;
}

std::optional<std::size_t> Conversation::paneOf(int id) const {
  const auto turn = turnOf(id);
  for (std::size_t pane = 0; turn && pane < m_panes; ++pane)
    for (const Answer& answer : m_turns[*turn].answers[pane])
      if (answer.id == id) return pane;
  return std::nullopt;
}

Answer* Conversation::find(int id) { return const_cast<Answer*>(std::as_const(*this).find(id)); }

std::vector<const Answer*> Conversation::earlierAnswers(std::size_t pane, HistoryMode history) const {
  std::vector<const Answer*> result;
  for (std::size_t turn = 0; turn + 1 < m_turns.size(); ++turn) {
    const Answer* answer = newest(turn, history == HistoryMode::Reference ? 0 : pane);
    const bool said = m_turns[turn].mode == PromptMode::Chat && answer != nullptr && !answer->tokens.empty();
    result.push_back(said ? answer : nullptr);
  }
  return result;
}

std::vector<Message> Conversation::messages(std::size_t pane, HistoryMode history) const {
  std::vector<Message> messages;
  if (m_turns.back().mode == PromptMode::Chat) {
    const auto earlier = earlierAnswers(pane, history);
    for (std::size_t turn = 0; turn < earlier.size(); ++turn) {
      if (earlier[turn] == nullptr) continue;
      messages.push_back({"user", m_turns[turn].prompt.toStdString()});
      messages.push_back(
          {"assistant", earlier[turn]->text().toStdString(), earlier[turn]->thoughtText().toStdString()});
    }
  }
  messages.push_back({"user", m_turns.back().prompt.toStdString()});
  return messages;
}

QString Conversation::writers(std::size_t pane, HistoryMode history) const {
  QStringList titles;
  if (m_turns.back().mode == PromptMode::Chat) {
    for (const Answer* answer : earlierAnswers(pane, history))
      if (answer != nullptr && !titles.contains(answer->source.title)) titles.append(answer->source.title);
  }
  return titles.join(QStringLiteral(", "));
}

}  // namespace app
