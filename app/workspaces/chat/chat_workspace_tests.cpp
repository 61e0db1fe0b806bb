// The tests of ChatWorkspace: blind votes, agreement under seeds, sets of questions.
#include <QAction>
#include <QHBoxLayout>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>

#include "app/workspaces/chat/answer_batch.h"
#include "app/workspaces/chat/blind_bar.h"
#include "app/workspaces/chat/chat_composer.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/chat_workspace.h"
#include "app/workspaces/chat/conversation_store.h"
#include "app/workspaces/chat/pane_grid.h"
#include "app/workspaces/chat/prompt_page.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/seed_page.h"

namespace app {

void ChatWorkspace::buildTests(QHBoxLayout* row) {
  m_tests = new QToolButton;
  m_tests->setText(tr("Tests ▾"));
  m_tests->setObjectName(QStringLiteral("tests"));
  m_tests->setAccessibleName(tr("Tests: blind vote, seeds, sets of questions"));
  m_tests->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(m_tests);
  menu->setObjectName(QStringLiteral("tests-menu"));
  m_blindAction = menu->addAction(tr("&Blind vote: hide who answers"));
  m_blindAction->setCheckable(true);
  connect(m_blindAction, &QAction::triggered, this, [this](bool on) {
    if (!on) m_dialogue->reveal();
    setBlind(on);
  });
  menu->addAction(tr("&Agreement under seeds"), this, [this] { showPage(Page::Seeds); });
  menu->addAction(tr("A &set of questions"), this, [this] { showPage(Page::Prompts); });
  m_tests->setMenu(menu);
  row->addWidget(m_tests);
}

QWidget* ChatWorkspace::buildPages() {
  m_pages = new QStackedWidget;
  m_pages->addWidget(buildConversation());
  m_seedPage = new SeedPage;
  m_pages->addWidget(m_seedPage);
  m_promptPage = new PromptPage;
  m_pages->addWidget(m_promptPage);
  m_batch = new AnswerBatch(m_dialogue->runner(), this);
  return m_pages;
}

void ChatWorkspace::connectTests() {
  connect(m_blindBar, &BlindBar::voted, this, &ChatWorkspace::vote);
  connect(m_blindBar, &BlindBar::revealWanted, this, [this] {
    m_dialogue->reveal();
    setBlind(false);
  });
  connect(m_seedPage, &SeedPage::backWanted, this, [this] { showPage(Page::Conversation); });
  connect(m_seedPage, &SeedPage::runWanted, this, &ChatWorkspace::runSeeds);
  connect(m_seedPage, &SeedPage::stopWanted, m_batch, &AnswerBatch::stop);
  connect(m_seedPage, &SeedPage::samplingWanted, this, [this] { m_sampling->take(SamplingPreset::Demonstration); });
  connect(m_promptPage, &PromptPage::backWanted, this, [this] { showPage(Page::Conversation); });
  connect(m_promptPage, &PromptPage::runWanted, this, &ChatWorkspace::runPrompts);
  connect(m_promptPage, &PromptPage::stopWanted, m_batch, &AnswerBatch::stop);
  connect(m_promptPage, &PromptPage::opened, this, [this](const Turn& turn) {
    if (m_dialogue->isAnswering()) return;
    m_dialogue->setGround(ground());
    m_dialogue->append(turn);
    showPage(Page::Conversation);
  });
  connect(m_batch, &AnswerBatch::answered, this, [this](std::size_t item, const Turn& turn) {
    m_batchPage == Page::Seeds ? m_seedPage->take(turn) : m_promptPage->take(item, turn);
  });
  connect(m_batch, &AnswerBatch::ended, this, &ChatWorkspace::endBatch);
}

void ChatWorkspace::endBatch() {
  m_batchPage == Page::Seeds ? m_seedPage->end() : m_promptPage->end();
  updateTests();
}

void ChatWorkspace::showPage(Page page) {
  m_pages->setCurrentIndex(static_cast<int>(page));
  // What is not seen needs no room.
  for (int i = 0; i < m_pages->count(); ++i) {
    const auto policy = i == m_pages->currentIndex() ? QSizePolicy::Preferred : QSizePolicy::Ignored;
    m_pages->widget(i)->setSizePolicy(policy, policy);
  }
  m_composer->setVisible(page == Page::Conversation);
  updateTests();
}

QString ChatWorkspace::whyNoBatch() const {
  if (const QString why = whyNot(); !why.isEmpty()) return why;
  for (std::size_t pane = 0; pane < m_count; ++pane)
    if (const QString why = whyWaits(pane); !why.isEmpty()) return why;
  return m_dialogue->isAnswering() ? tr("An answer is being written.") : QString();
}

void ChatWorkspace::updateTests() {
  const auto& conversation = m_dialogue->conversation();
  m_blindAction->setChecked(m_blind);
  m_blindAction->setEnabled(!m_dialogue->isAnswering());
  m_blindBar->show(conversation, m_blind, m_dialogue->isAnswering());
  const QString why = whyNoBatch();
  const bool asked = !conversation.isEmpty();
  m_seedPage->setQuestion(asked ? conversation.turns().back().prompt : QString(),
                          asked || !why.isEmpty() ? why : tr("Ask the panes a question first."),
                          m_sampling->options().sampling.temperature == 0.0F);
  m_promptPage->setWhyNot(why.isEmpty() && selection().model() && selection().model()->whyCannotChat()
                              ? QString::fromStdString(*selection().model()->whyCannotChat())
                              : why);
  if (!selection().model()) return;
  const ChatGround now = ground();
  m_seedPage->setOld(!m_seedGround.answersAs(now));
  m_promptPage->setOld(!m_promptGround.answersAs(now));
}

void ChatWorkspace::runSeeds() {
  const auto& conversation = m_dialogue->conversation();
  if (!whyNoBatch().isEmpty() || conversation.isEmpty()) return;
  m_batch->stop();
  const ChatGround now = ground();
  const Turn& turn = conversation.turns().back();
  std::vector<BatchItem> items;
  for (int i = 0; i < m_seedPage->seeds(); ++i) {
    BatchItem& item = items.emplace_back();
    item.prompt = turn.prompt;
    item.mode = turn.mode;
    item.messages = conversation.messages(0, HistoryMode::Reference);
    item.writer = conversation.writers(0, HistoryMode::Reference);
    item.options = now.options;
    item.options.sampling.seed += static_cast<std::uint64_t>(i);
  }
  m_batchPage = Page::Seeds;
  m_seedGround = now;
  m_seedPage->begin(turn.prompt, now.titles);
  m_batch->start(now, std::move(items), tr("Agreement under seeds"));
}

void ChatWorkspace::runPrompts() {
  if (!whyNoBatch().isEmpty()) return;
  m_batch->stop();
  const ChatGround now = ground();
  std::vector<BatchItem> items;
  for (const PromptItem& question : m_promptPage->chosen().items) {
    BatchItem& item = items.emplace_back();
    item.prompt = question.question;
    item.messages = {{"user", question.question.toStdString()}};
    item.options = now.options;
  }
  m_batchPage = Page::Prompts;
  m_promptGround = now;
  m_promptPage->begin(now.titles);
  m_batch->start(now, std::move(items), tr("Set of questions"));
}

void ChatWorkspace::setBlind(bool blind) {
  m_blind = blind;
  for (std::size_t place = 0; place < m_panes.size(); ++place)
    m_panes[place]->setAlias(blind ? aliasOf(place) : QString());
  for (ChatPane* pane : panes()) pane->showConversation(m_dialogue->conversation());
  refreshMarks(0);
  refreshEvidence();
  setFocusPane(m_focus);
  updatePaneTools();
  m_grid->nameTabs();
  showUnanswered();
  updateTests();
}

void ChatWorkspace::vote(int place) {
  const auto& conversation = m_dialogue->conversation();
  if (conversation.isEmpty() || m_dialogue->isAnswering()) return;
  const std::size_t turn = conversation.turns().size() - 1;
  const Answer* best =
      place < 0 ? nullptr
                : conversation.newest(turn, conversation.turns()[turn].paneAt(static_cast<std::size_t>(place)));
  m_dialogue->vote(best != nullptr ? best->id : 0);
  updateTests();
  if (selection().model()) m_store->save(selection().model(), conversation);
}

}  // namespace app
