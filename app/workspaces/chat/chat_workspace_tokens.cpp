// What ChatWorkspace shows of the conversation: the pair of answers in question, its marks, and the chosen token.
#include "app/widgets/theme.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/chat_workspace.h"
#include "app/workspaces/chat/evidence.h"
#include "app/workspaces/chat/pane_grid.h"
#include "app/workspaces/chat/token_readout.h"

namespace app {

AnswerPair ChatWorkspace::shownPair() const {
  return {m_dialogue->conversation().find(m_reference), m_dialogue->conversation().find(m_compared)};
}

AnswerView* ChatWorkspace::viewOf(int answer) const {
  for (ChatPane* pane : panes())
    if (AnswerView* view = pane->view(answer)) return view;
  return nullptr;
}

void ChatWorkspace::setFocusPane(std::size_t pane) {
  const bool changed = std::exchange(m_focus, pane) != pane;
  m_grid->setFocusPane(pane);
  for (std::size_t i = 0; i < m_panes.size(); ++i)
    m_panes[i]->setInFocus(i == m_focus && m_count > Conversation::kFewestPanes && !m_blind);
  if (!changed) return;
  refreshMarks(0);
  const auto turn = m_dialogue->conversation().turnOf(m_reference);
  if (!turn) return refreshEvidence();
  const AnswerPair pair = m_dialogue->pairAround(m_reference, m_focus);
  m_compared = pair.compared() != nullptr ? pair.compared()->id : 0;
  refreshEvidence();
  // A token of the pane that was in focus before is of another pair.
  const auto& token = selection().chatToken();
  if (token && static_cast<std::size_t>(token->pane) != m_focus && token->pane != 0)
    chooseToken(0, m_reference, token->index);
  else
    followChatToken();
}

void ChatWorkspace::showTurn(std::size_t turn) {
  const AnswerPair pair = m_dialogue->pairOf(turn, m_focus);
  m_reference = pair.reference() != nullptr ? pair.reference()->id : 0;
  m_compared = pair.compared() != nullptr ? pair.compared()->id : 0;
  refreshEvidence();
}

void ChatWorkspace::refreshMarks(std::size_t firstTurn) {
  const auto& turns = m_dialogue->conversation().turns();
  for (std::size_t turn = firstTurn; turn < turns.size(); ++turn) {
    if (turns[turn].isHidden()) continue;
    for (std::size_t pane = 0; pane < m_count; ++pane) {
      for (const Answer& answer : turns[turn].answers[pane]) {
        AnswerView* view = m_panes[pane]->view(answer.id);
        if (view == nullptr) continue;
        const AnswerPair pair = m_dialogue->pairAround(answer.id, m_focus);
        if (pair.isComplete()) view->setMarks(pane == 0 ? pair.referenceMarks() : pair.comparedMarks());
      }
    }
  }
}

// While nobody may know who answered, nothing is shown that would tell.
void ChatWorkspace::refreshEvidence() {
  const AnswerPair pair = shownPair();
  const auto& turns = m_dialogue->conversation().turns();
  m_evidence->setVisible(!m_blind && !turns.empty() && !turns.back().isHidden());
  m_evidence->show(pair, m_dialogue->isComparing() || m_dialogue->isAnswering());
}

void ChatWorkspace::chooseToken(std::size_t pane, int answer, int index) {
  const Answer* own = m_dialogue->conversation().find(answer);
  if (own == nullptr || index < 0 || index >= static_cast<int>(own->tokens.size())) return;
  if (m_dialogue->conversation().turns()[*m_dialogue->conversation().turnOf(answer)].isHidden()) return;
  const auto& tokenizer = selection().model()->tokenizer();
  const QString word = pieceText(own->tokens[static_cast<std::size_t>(index)], tokenizer.get());
  selection().setChatToken(ChatToken{answer, static_cast<int>(pane), index,
                                     tr("“%1”, token %2 of %3").arg(word).arg(index + 1).arg(own->source.title)});
}

// Whoever has chosen the token: here, or another view of the same selection.
void ChatWorkspace::followChatToken() {
  const auto token = selection().chatToken();
  const auto turn = token ? m_dialogue->conversation().turnOf(token->answer) : std::nullopt;
  const auto writer = turn ? m_dialogue->conversation().paneOf(token->answer) : std::nullopt;
  if (!writer) {
    for (ChatPane* pane : m_panes) pane->setSelectedToken(0, std::nullopt);
    return m_evidence->select(shownPair(), std::nullopt, 0);
  }
  if (*writer != 0 && *writer != m_focus) setFocusPane(*writer);
  const AnswerPair pair = m_dialogue->pairAround(token->answer, m_focus);
  m_reference = pair.reference() != nullptr ? pair.reference()->id : 0;
  m_compared = pair.compared() != nullptr ? pair.compared()->id : 0;
  refreshEvidence();
  m_panes[0]->setSelectedToken(m_reference, token->index);
  for (std::size_t pane = 1; pane < m_count; ++pane) {
    const Answer* beside = m_dialogue->pairAround(m_reference, pane).compared();
    m_panes[pane]->setSelectedToken(pane == m_focus ? m_compared : beside != nullptr ? beside->id : 0, token->index);
  }
  m_evidence->setBranchable(*turn + 1 == m_dialogue->conversation().turns().size() && !m_dialogue->isAnswering() &&
                            whyNot().isEmpty() && !waits());
  m_evidence->select(pair, *writer, static_cast<std::size_t>(token->index));
}

void ChatWorkspace::branchAt(core::text::TokenId token) {
  const auto chosen = selection().chatToken();
  const Answer* from = chosen ? m_dialogue->conversation().find(chosen->answer) : nullptr;
  if (from == nullptr || waits() || !whyNot().isEmpty()) return;
  const auto index = static_cast<std::size_t>(chosen->index);
  const auto& tokenizer = selection().model()->tokenizer();
  const std::pair words{pieceText(token, tokenizer.get()), pieceText(from->tokens[index], tokenizer.get())};
  m_dialogue->setGround(ground());
  m_dialogue->branch(from->id, index, token, words);
}

// The newcomer should not have to find the place where it happens: where they part, else where they nearly did.
void ChatWorkspace::choosePlaceOfInterest() {
  const AnswerPair pair = shownPair();
  if (selection().chatToken() || !pair.isComplete() || pair.length() == 0) return;
  const auto at = pair.parting();
  if (at && *at < pair.compared()->tokens.size()) return chooseToken(m_focus, m_compared, static_cast<int>(*at));
  std::size_t place = at.value_or(0);
  for (std::size_t i = 0; !at && i < pair.length(); ++i)
    if (pair.kl(i).value_or(-1) > pair.kl(place).value_or(-1)) place = i;
  chooseToken(0, m_reference, static_cast<int>(place));
}

void ChatWorkspace::stepToken(int step) {
  const auto token = selection().chatToken();
  if (token)
    chooseToken(static_cast<std::size_t>(token->pane), token->answer, token->index + step);
  else
    chooseToken(0, m_reference, step > 0 ? 0 : static_cast<int>(shownPair().length()) - 1);
  revealToken();
}

void ChatWorkspace::revealToken() {
  if (const auto& token = selection().chatToken()) {
    m_panes[0]->reveal(m_reference, token->index);
    m_panes[m_focus]->reveal(m_compared, token->index);
  }
}

}  // namespace app
