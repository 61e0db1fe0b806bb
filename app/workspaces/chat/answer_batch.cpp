#include "app/workspaces/chat/answer_batch.h"

#include <utility>

namespace app {

AnswerBatch::AnswerBatch(ChatRunner& runner, QObject* parent) : QObject(parent), m_runner(runner) {
  connect(&runner, &ChatRunner::asideStopped, this, &AnswerBatch::stop);
}

void AnswerBatch::start(ChatGround ground, std::vector<BatchItem> items, const QString& title) {
  stop();
  m_ground = std::move(ground);
  m_items = std::move(items);
  m_title = title;
  m_next = 0;
  m_isRunning = true;
  answerNext();
}

void AnswerBatch::stop() {
  if (!m_isRunning) return;
  m_runner.stopAside();
  end();
}

// No model stays open for it.
void AnswerBatch::end() {
  m_isRunning = false;
  m_ground = {};
  Q_EMIT ended();
}

void AnswerBatch::answerNext() {
  if (m_next == m_items.size()) return end();
  const BatchItem& item = m_items[m_next];
  std::vector<PanePrompt> prompts;
  for (std::size_t pane = 0; pane < m_ground.setup.panes.size(); ++pane)
    prompts.push_back(promptOf(pane, m_ground.source(pane, item.mode, item.messages)));
  m_runner.answerAside(m_ground.setup, prompts, item.options,
                       tr("%1: %2 of %3").arg(m_title).arg(m_next + 1).arg(m_items.size()),
                       [this](const std::vector<StreamedToken>& tokens, const std::vector<PaneAnswer>& ends) {
                         if (!m_isRunning) return;
                         const std::size_t done = m_next++;
                         Q_EMIT answered(done, turnOf(m_items[done], tokens, ends));
                         if (m_isRunning) answerNext();
                       });
}

Turn AnswerBatch::turnOf(const BatchItem& item, const std::vector<StreamedToken>& tokens,
                         const std::vector<PaneAnswer>& ends) const {
  Turn turn{item.prompt, item.mode, std::vector<std::vector<Answer>>(Conversation::kMostPanes), {}};
  for (std::size_t pane = 0; pane < m_ground.setup.panes.size(); ++pane) {
    Answer& answer = turn.answers[pane].emplace_back();
    answer.id = static_cast<int>(pane) + 1;
    answer.source = m_ground.source(pane, item.mode, item.messages, item.writer);
    answer.source.options = item.options;
    answer.finished = true;
    if (pane != 0) answer.comparison.reference = 1;
  }
  for (const StreamedToken& token : tokens) {
    Answer& answer = turn.answers[token.pane].back();
    if (token.forced) answer.comparison.set(answer.tokens.size(), *token.forced);
    answer.tokens.push_back(token.token);
    answer.thought = token.thought;
  }
  for (const PaneAnswer& end : ends) {
    Answer& answer = turn.answers[end.pane].back();
    answer.prompt = end.prompt;
    answer.result = end.result;
    answer.failure = end.failure;
  }
  return turn;
}

}  // namespace app
