// The other half of ChatWorkspace: how its parts are arranged and wired, and what is shown of the conversation.
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/calibration/calibration_notice.h"
#include "app/session/cache_folder.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/blind_bar.h"
#include "app/workspaces/chat/chat_composer.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/chat_trace.h"
#include "app/workspaces/chat/chat_workspace.h"
#include "app/workspaces/chat/conversation_store.h"
#include "app/workspaces/chat/evidence.h"
#include "app/workspaces/chat/pane_grid.h"
#include "app/workspaces/chat/prompt_cache_field.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/token_readout.h"
#include "app/workspaces/chat/transcript.h"

namespace app {

namespace {
constexpr int kSettingsWidth = 272;
}  // namespace

ChatWorkspace::ChatWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_dialogue(new ChatDialogue(jobs(), this)),
      m_store(new ConversationStore(jobs(), this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  row->setSpacing(space::kOneHalf);
  auto* column = new QVBoxLayout;
  column->setSpacing(space::kOne);
  column->addWidget(buildBar());
  m_calibration = new CalibrationNotice(selection(), calibrator());
  column->addWidget(m_calibration);
  column->addWidget(buildPages(), 1);
  m_composer = new ChatComposer;
  column->addWidget(m_composer);
  row->addLayout(column, 1);
  row->addWidget(buildSettings());
  connectParts();
  connectDialogue();
  connectTests();
  setPaneCount(m_count);
  followModel();
}

QWidget* ChatWorkspace::buildConversation() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  m_splitter = new QSplitter(Qt::Vertical);
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(buildPanes());
  m_evidence = new Evidence(selection());
  m_splitter->addWidget(m_evidence);
  m_splitter->setStretchFactor(0, 2);
  m_splitter->setStretchFactor(1, 1);
  column->addWidget(m_splitter, 1);
  m_blindBar = new BlindBar;
  column->addWidget(m_blindBar);
  return page;
}

QWidget* ChatWorkspace::buildBar() {
  auto* bar = new QWidget;
  auto* row = new QHBoxLayout(bar);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  row->addWidget(new Label(Label::Style::Title, tr("Chat")));
  m_about = new Label(Label::Style::Muted);
  m_about->setObjectName(QStringLiteral("about"));
  m_about->setElide(Qt::ElideRight);
  row->addWidget(m_about, 1);
  m_history = new QComboBox;
  m_history->setObjectName(QStringLiteral("history"));
  m_history->setAccessibleName(tr("What the panes read of earlier answers"));
  m_history->addItem(tr("Shared history"), static_cast<int>(HistoryMode::Reference));
  m_history->addItem(tr("Own histories"), static_cast<int>(HistoryMode::Own));
  m_history->setToolTip(
      tr("From the second question on: whether every pane reads the answers of the reference, so that "
         "the answers can be compared word by word, or each pane its own, as in a real chat."));
  row->addWidget(m_history);
  m_addPane = new QToolButton;
  m_addPane->setIcon(icon(QStringLiteral("plus")));
  m_addPane->setText(tr("Pane"));
  m_addPane->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  m_addPane->setObjectName(QStringLiteral("add-pane"));
  m_addPane->setAccessibleName(tr("Add a pane"));
  connect(m_addPane, &QToolButton::clicked, this, &ChatWorkspace::addPane);
  row->addWidget(m_addPane);
  buildTests(row);
  m_settingsButton = new QPushButton(icon(QStringLiteral("settings")), {});
  m_settingsButton->setObjectName(QStringLiteral("settings"));
  m_settingsButton->setCheckable(true);
  m_settingsButton->setToolTip(tr("Device, context, template, sampling and system prompt"));
  row->addWidget(m_settingsButton);
  return bar;
}

QWidget* ChatWorkspace::buildPanes() {
  for (std::size_t i = 0; i < Conversation::kMostPanes; ++i) {
    m_panes.push_back(new ChatPane(i, selection()));
    m_panes.back()->setObjectName(QStringLiteral("pane-%1").arg(i));
    connectPane(i);
  }
  m_grid = new PaneGrid(m_panes);
  connect(m_grid, &PaneGrid::paneChosen, this, &ChatWorkspace::setFocusPane);
  return m_grid;
}

QWidget* ChatWorkspace::buildSettings() {
  auto* card = new Card(tr("Settings"));
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_sampling = new SamplingPanel;
  m_sampling->setAutoFillBackground(false);
  scroll->setWidget(m_sampling);
  scroll->viewport()->setAutoFillBackground(false);
  card->body()->addWidget(scroll, 1);
  keepWidth(*card, kSettingsWidth);
  m_settings = card;
  return card;
}

void ChatWorkspace::connectPane(std::size_t index) {
  ChatPane* pane = m_panes[index];
  pane->setDescribe([this](int answer, int token) {
    const auto turn = m_dialogue->conversation().turnOf(answer);
    if (!turn || m_dialogue->conversation().turns()[*turn].isHidden()) return QString();
    const std::size_t writer = m_dialogue->conversation().paneOf(answer).value_or(0);
    const auto reading = m_dialogue->pairAround(answer, m_focus).reading(writer, static_cast<std::size_t>(token));
    return reading ? describe(*reading, selection().model()->tokenizer().get()) : QString();
  });
  connect(pane, &ChatPane::schemeChosen, this, [this, index] {
    m_variantsChosen = true;
    if (index != 0) setFocusPane(index);
    followGround();
    if (m_dialogue->isUnanswered(index) && !waits()) m_dialogue->answerAgain(index);
  });
  connect(pane, &ChatPane::serverWanted, this, [this, index] { askForServer(index); });
  connect(pane, &ChatPane::timeWanted, this, &ChatWorkspace::showTime);
  connect(pane, &ChatPane::strengthChosen, this, [this, index](int percent) { setStrength(index, percent); });
  connect(pane, &ChatPane::removeWanted, this, [this, index] { removePane(index); });
  connect(pane, &ChatPane::clicked, this, [this, index] {
    if (index != 0) setFocusPane(index);
  });
  connect(pane, &ChatPane::goBackWanted, this, [this](int answer) {
    m_dialogue->setGround(ground());
    m_dialogue->goBackTo(answer);
  });
  connect(pane, &ChatPane::answerWanted, this, [this, index] {
    if (waits()) return;
    m_dialogue->setGround(ground());
    m_dialogue->answerAgain(index);
  });
  connect(pane, &ChatPane::tokenClicked, this, [this, index](int answer, int token) {
    chooseToken(index, answer, token);
    revealToken();
  });
  connect(pane, &ChatPane::noticeActionClicked, this, [this, index] {
    if (const auto found = m_failures.find(index); found != m_failures.end()) remedy(PaneFailure(found->second));
  });
  connect(pane, &ChatPane::answerActionClicked, this, [this](int id) {
    const Answer* answer = m_dialogue->conversation().find(id);
    if (answer == nullptr) return;
    remedy(answer->failure.value_or(PaneFailure{PaneFailure::Kind::ContextTooShort, {}, {}}));
  });
}

void ChatWorkspace::connectParts() {
  connect(m_composer, &ChatComposer::send, this, &ChatWorkspace::send);
  connect(m_composer, &ChatComposer::stop, m_dialogue, &ChatDialogue::stop);
  connect(m_composer, &ChatComposer::regenerate, this, [this] {
    if (waits()) return;
    m_dialogue->setGround(ground());
    m_dialogue->regenerate();
  });
  connect(m_composer, &ChatComposer::newChat, this, &ChatWorkspace::newChat);
  connect(m_composer, &ChatComposer::copyTranscript, this,
          [this] { QGuiApplication::clipboard()->setText(toMarkdown(m_dialogue->conversation())); });
  connect(m_composer, &ChatComposer::saveTranscript, this, &ChatWorkspace::saveTranscript);
  connect(m_sampling, &SamplingPanel::groundChanged, this, &ChatWorkspace::followGround);
  connect(m_sampling, &SamplingPanel::summaryChanged, this, [this] {
    nameSettingsButton();
    updateTests();
  });
  connect(&m_sampling->promptCache(), &PromptCacheField::changed, this, [this] {
    m_dialogue->setGround(ground());
    if (!m_sampling->promptCache().keeps()) m_dialogue->runner().keepPrompts({});
  });
  connect(&m_sampling->promptCache(), &PromptCacheField::clearWanted, this,
          [this] { m_dialogue->runner().clearPrompts({userCacheFolder()}); });
  connect(&m_dialogue->runner(), &ChatRunner::promptsKept, &m_sampling->promptCache(), &PromptCacheField::setUsed);
  connect(m_settingsButton, &QPushButton::toggled, this, &ChatWorkspace::showSettings);
  showSettings(false);
  connect(m_evidence, &Evidence::tokenClicked, this, [this](int index) {
    chooseToken(0, m_reference, index);
    revealToken();
  });
  connect(m_evidence, &Evidence::stepped, this, &ChatWorkspace::stepToken);
  connect(m_evidence, &Evidence::alternativeChosen, this, &ChatWorkspace::branchAt);
  connect(m_evidence, &Evidence::figureChanged, this, &ChatWorkspace::refreshEvidence);
  connect(m_evidence, &Evidence::traceWanted, this, [this] {
    const auto& token = selection().chatToken();
    const auto question = token ? traceQuestionOf(shownPair(), static_cast<std::size_t>(token->pane),
                                                  static_cast<std::size_t>(token->index))
                                : std::nullopt;
    if (question) selection().askTrace(*question);
  });
  connect(m_store, &ConversationStore::recalled, this, [this](const Conversation& conversation) {
    if (!m_dialogue->conversation().isEmpty() || m_dialogue->isAnswering()) return;
    adoptPanes(conversation);
    adoptTemplateValues(conversation);
    Conversation recalled = conversation;
    recalled.setPanes(m_count);
    m_dialogue->setConversation(std::move(recalled));
    const auto& turns = m_dialogue->conversation().turns();
    if (!turns.empty() && turns.back().isHidden()) setBlind(true);
  });
  connect(&selection(), &Selection::modelChanged, this, &ChatWorkspace::followModel);
  connect(&selection(), &Selection::comparedModelChanged, this, &ChatWorkspace::showAbout);
  connect(&selection(), &Selection::schemesChanged, this, &ChatWorkspace::followSchemes);
  connect(&selection(), &Selection::calibrationChanged, this, &ChatWorkspace::followCalibration);
  connect(&selection(), &Selection::chatTokenChanged, this, &ChatWorkspace::followChatToken);
  connect(&Theme::instance(), &Theme::changed, this, &ChatWorkspace::refreshEvidence);
}

void ChatWorkspace::connectDialogue() {
  ChatRunner& runner = m_dialogue->runner();
  connect(&runner, &ChatRunner::prepared, this,
          [this](const std::vector<PaneFacts>& facts, const DeviceMemory& memory) {
            showPrepared(facts);
            Q_EMIT deviceMemoryChanged(memory.usedBytes, memory.budgetBytes, memory.hostUsedBytes);
          });
  connect(&runner, &ChatRunner::preparationFailed, this, [this](const PaneFailure& failure) {
    m_preparedFor.clear();
    for (std::size_t i = 0; i < m_count; ++i) {
      m_failures[i] = failure;
      m_panes[i]->setNotice(QString::fromStdString(failure.sentence), true, remedyText(failure));
    }
  });
  connect(&runner, &ChatRunner::preparationStopped, this, [this] {
    m_preparedFor.clear();
    for (ChatPane* pane : panes())
      pane->setNotice(tr("Stopped: %1 is loaded when it is asked something.").arg(pane->displayTitle()));
  });
  connect(m_dialogue, &ChatDialogue::replaced, this, [this] {
    selection().setChatToken(std::nullopt);
    for (ChatPane* pane : m_panes) pane->showConversation(m_dialogue->conversation());
    const std::size_t turns = m_dialogue->conversation().turns().size();
    m_composer->setHasAnswer(turns > 0);
    m_composer->setGenerating(m_dialogue->isAnswering());
    showTurn(turns > 0 ? turns - 1 : 0);
    refreshMarks(0);
    showUnanswered();
    updateTests();
  });
  connect(m_dialogue, &ChatDialogue::asked, this, [this] {
    for (ChatPane* pane : panes()) pane->addQuestion(m_dialogue->conversation().turns().back());
  });
  connect(m_dialogue, &ChatDialogue::answerBegun, this, [this](std::size_t pane, int answer) {
    selection().setChatToken(std::nullopt);
    m_composer->setGenerating(true);
    m_composer->setHasAnswer(false);
    updatePaneTools();
    updateTests();
    const Turn& turn = m_dialogue->conversation().turns().back();
    for (std::size_t place = 0; place < m_count; ++place)
      if (turn.paneAt(place) == pane)
        m_panes[place]->addAnswer(*m_dialogue->conversation().find(answer),
                                  turn.isHidden() ? aliasOf(place) : QString());
    showTurn(m_dialogue->conversation().turns().size() - 1);
  });
  connect(m_dialogue, &ChatDialogue::tokenArrived, this,
          [this](std::size_t, int answer, const core::model::GeneratedToken& token) {
            AnswerView* const view = viewOf(answer);
            if (view == nullptr) return;
            view->append(token);
            view->setThought(*m_dialogue->conversation().find(answer));
          });
  connect(m_dialogue, &ChatDialogue::tokensTaken, this, [this] {
    for (ChatPane* pane : m_panes) pane->followEnd();
    refreshMarks(m_dialogue->conversation().turns().size() - 1);
    refreshEvidence();
  });
  connect(m_dialogue, &ChatDialogue::answerEnded, this, [this](std::size_t pane, int answer) {
    const Answer& ended = *m_dialogue->conversation().find(answer);
    if (AnswerView* view = viewOf(answer)) view->setResult(ended);
    if (ended.failure) m_failures[pane] = *ended.failure;
  });
  connect(m_dialogue, &ChatDialogue::takenBack, this, &ChatWorkspace::takeBack);
  connect(m_dialogue, &ChatDialogue::ended, this, &ChatWorkspace::finish);
  connect(m_dialogue, &ChatDialogue::comparisonChanged, this, [this] {
    refreshEvidence();
    if (m_dialogue->isComparing() || m_dialogue->isAnswering()) return;
    followChatToken();
    if (selection().model() && !m_dialogue->conversation().isEmpty())
      m_store->save(selection().model(), m_dialogue->conversation());
  });
  connect(m_dialogue, &ChatDialogue::comparisonFailed, this, [this](std::size_t, int answer, const PaneFailure& why) {
    if (AnswerView* view = viewOf(answer))
      view->setNotice(tr("The answers could not be compared: %1").arg(QString::fromStdString(why.sentence)), true);
  });
}

void ChatWorkspace::showAbout() {
  constexpr qsizetype kLongestName = 24;
  const auto nameOf = [](const OpenModel& model) {
    return text::shortened(QString::fromStdString(model.checkpoint().name()), kLongestName);
  };
  const auto& compared = selection().comparedModel();
  m_about->setText(
      compared
          ? tr("%1 can answer in any pane, with the same prompt, template, options and seed.").arg(nameOf(*compared))
      : m_count == Conversation::kFewestPanes ? tr("The same prompt, template, options and seed for both.")
                                              : tr("The same prompt, template, options and seed for all."));
}

void ChatWorkspace::showSettings(bool shown) {
  if (shown) measurePromptCaches();
  m_settings->setVisible(shown);
  m_settingsButton->setChecked(shown);
  nameSettingsButton();
}

// Beside the open panel its summary would say the same again, and push it out of small windows.
void ChatWorkspace::nameSettingsButton() {
  m_settingsButton->setText(m_settings->isHidden() ? m_sampling->summary() : tr("Settings"));
}

}  // namespace app
