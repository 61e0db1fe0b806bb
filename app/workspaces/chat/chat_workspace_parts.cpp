// The other half of ChatWorkspace: how its parts are arranged and wired, and what is shown of the conversation.
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>

#include "app/calibration/calibration_notice.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/chat_composer.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/chat_workspace.h"
#include "app/workspaces/chat/conversation_store.h"
#include "app/workspaces/chat/evidence.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/token_readout.h"
#include "app/workspaces/chat/transcript.h"

namespace app {

namespace {
constexpr std::size_t kPanes = 2;
constexpr int kSettingsWidth = 272, kEqualShare = 10'000;
}  // namespace

ChatWorkspace::ChatWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_dialogue(new ChatDialogue(jobs(), this)),
      m_store(new ConversationStore(jobs(), kPanes, this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  row->setSpacing(space::kOneHalf);
  auto* column = new QVBoxLayout;
  column->setSpacing(space::kOne);
  column->addWidget(buildBar());
  m_calibration = new CalibrationNotice(selection(), calibrator());
  column->addWidget(m_calibration);
  m_splitter = new QSplitter(Qt::Vertical);
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(buildPanes());
  m_evidence = new Evidence(selection());
  m_splitter->addWidget(m_evidence);
  m_splitter->setStretchFactor(0, 2);
  m_splitter->setStretchFactor(1, 1);
  column->addWidget(m_splitter, 1);
  m_composer = new ChatComposer;
  column->addWidget(m_composer);
  row->addLayout(column, 1);
  row->addWidget(buildSettings());
  connectParts();
  connectDialogue();
  showAbout();
  followModel();
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
  m_history->addItem(tr("All read the reference's history"), static_cast<int>(HistoryMode::Reference));
  m_history->addItem(tr("Each pane its own history"), static_cast<int>(HistoryMode::Own));
  m_history->setToolTip(
      tr("From the second question on: whether every pane reads the answers of the reference, so that "
         "the answers can be compared word by word, or each pane its own, as in a real chat."));
  row->addWidget(m_history);
  m_settingsButton = new QPushButton(icon(QStringLiteral("settings")), {});
  m_settingsButton->setObjectName(QStringLiteral("settings"));
  m_settingsButton->setCheckable(true);
  m_settingsButton->setToolTip(tr("Device, context, sampling and system prompt"));
  row->addWidget(m_settingsButton);
  return bar;
}

QWidget* ChatWorkspace::buildPanes() {
  m_paneSplitter = new QSplitter;
  m_paneSplitter->setHandleWidth(space::kOneHalf);
  m_paneSplitter->setChildrenCollapsible(false);
  for (std::size_t i = 0; i < kPanes; ++i) {
    m_panes.push_back(new ChatPane(i, selection()));
    m_panes.back()->setObjectName(QStringLiteral("pane-%1").arg(i));
    m_paneSplitter->addWidget(m_panes.back());
    m_paneSplitter->setStretchFactor(static_cast<int>(i), 1);
    connectPane(i);
  }
  m_paneSplitter->setSizes({kEqualShare, kEqualShare});
  return m_paneSplitter;
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
  pane->setDescribe([this, index](int answer, int token) {
    const auto turn = m_dialogue->conversation().turnOf(answer);
    if (!turn) return QString();
    const Answer* own = m_dialogue->conversation().find(answer);
    const AnswerPair newest = m_dialogue->pairOf(*turn);
    const AnswerPair pair = index == 0 ? AnswerPair(own, newest.compared()) : AnswerPair(newest.reference(), own);
    const auto reading = pair.reading(index, static_cast<std::size_t>(token));
    return reading ? describe(*reading, selection().model()->tokenizer().get()) : QString();
  });
  connect(pane, &ChatPane::schemeChosen, this, [this, index] {
    followGround();
    if (m_dialogue->isUnanswered(index) && !waits()) m_dialogue->answerAgain(index);
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
  connect(m_sampling, &SamplingPanel::summaryChanged, this,
          [this] { m_settingsButton->setText(m_sampling->summary()); });
  m_settingsButton->setText(m_sampling->summary());
  connect(m_settingsButton, &QPushButton::toggled, this, &ChatWorkspace::showSettings);
  showSettings(false);
  connect(m_evidence, &Evidence::tokenClicked, this, [this](int index) {
    chooseToken(0, m_reference, index);
    revealToken();
  });
  connect(m_evidence, &Evidence::stepped, this, &ChatWorkspace::stepToken);
  connect(m_store, &ConversationStore::recalled, this, [this](const Conversation& conversation) {
    if (m_dialogue->conversation().isEmpty()) m_dialogue->setConversation(conversation);
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
          [this](const std::vector<PaneFacts>& facts, quint64 usedBytes, quint64 budgetBytes) {
            showPrepared(facts);
            Q_EMIT deviceMemoryChanged(usedBytes, budgetBytes);
          });
  connect(&runner, &ChatRunner::preparationFailed, this, [this](const PaneFailure& failure) {
    m_preparedFor.clear();
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
      m_failures[i] = failure;
      m_panes[i]->setNotice(QString::fromStdString(failure.sentence), true, remedyText(failure));
    }
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
  });
  connect(m_dialogue, &ChatDialogue::asked, this, [this] {
    for (ChatPane* pane : m_panes) pane->addQuestion(m_dialogue->conversation().turns().back());
  });
  connect(m_dialogue, &ChatDialogue::answerBegun, this, [this](std::size_t pane, int answer) {
    selection().setChatToken(std::nullopt);
    m_composer->setGenerating(true);
    m_composer->setHasAnswer(false);
    m_panes[pane]->addAnswer(*m_dialogue->conversation().find(answer));
    showTurn(m_dialogue->conversation().turns().size() - 1);
  });
  connect(m_dialogue, &ChatDialogue::tokenArrived, this,
          [this](std::size_t pane, int answer, const core::model::GeneratedToken& token) {
            if (AnswerView* view = m_panes[pane]->view(answer)) view->append(token);
          });
  connect(m_dialogue, &ChatDialogue::tokensTaken, this, [this] {
    for (ChatPane* pane : m_panes) pane->followEnd();
    refreshMarks(m_dialogue->conversation().turns().size() - 1);
    refreshEvidence();
  });
  connect(m_dialogue, &ChatDialogue::answerEnded, this, [this](std::size_t pane, int answer) {
    const Answer& ended = *m_dialogue->conversation().find(answer);
    if (AnswerView* view = m_panes[pane]->view(answer)) view->setResult(ended);
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
  connect(
      m_dialogue, &ChatDialogue::comparisonFailed, this, [this](std::size_t pane, int answer, const PaneFailure& why) {
        if (AnswerView* view = m_panes[pane]->view(answer))
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
          ? tr("%1 can answer in either pane, with the same prompt, template, options and seed.").arg(nameOf(*compared))
          : tr("The same prompt, template, options and seed for both."));
}

void ChatWorkspace::showSettings(bool shown) {
  m_settings->setVisible(shown);
  m_settingsButton->setChecked(shown);
}

AnswerPair ChatWorkspace::shownPair() const {
  return {m_dialogue->conversation().find(m_reference), m_dialogue->conversation().find(m_compared)};
}

void ChatWorkspace::showTurn(std::size_t turn) {
  const AnswerPair pair = m_dialogue->pairOf(turn);
  m_reference = pair.reference() != nullptr ? pair.reference()->id : 0;
  m_compared = pair.compared() != nullptr ? pair.compared()->id : 0;
  refreshEvidence();
}

void ChatWorkspace::refreshMarks(std::size_t firstTurn) {
  const auto& turns = m_dialogue->conversation().turns();
  for (std::size_t turn = firstTurn; turn < turns.size(); ++turn) {
    const AnswerPair newest = m_dialogue->pairOf(turn);
    if (newest.reference() == nullptr) continue;
    if (AnswerView* view = m_panes[0]->view(newest.reference()->id)) view->text()->setMarks(newest.referenceMarks());
    for (const Answer& answer : turns[turn].answers[1])
      if (AnswerView* view = m_panes[1]->view(answer.id))
        view->text()->setMarks(AnswerPair(newest.reference(), &answer).comparedMarks());
  }
}

void ChatWorkspace::refreshEvidence() {
  const AnswerPair pair = shownPair();
  m_evidence->setVisible(!m_dialogue->conversation().isEmpty());
  m_evidence->show(pair, m_dialogue->isComparing() || m_dialogue->isAnswering());
}

void ChatWorkspace::chooseToken(std::size_t pane, int answer, int index) {
  const Answer* own = m_dialogue->conversation().find(answer);
  if (own == nullptr || index < 0 || index >= static_cast<int>(own->tokens.size())) return;
  const auto& tokenizer = selection().model()->tokenizer();
  const QString word = pieceText(own->tokens[static_cast<std::size_t>(index)].id, tokenizer.get());
  selection().setChatToken(ChatToken{answer, static_cast<int>(pane), index,
                                     tr("“%1”, token %2 of %3").arg(word).arg(index + 1).arg(own->source.title)});
}

// Whoever has chosen the token: here, or another view of the same selection.
void ChatWorkspace::followChatToken() {
  const auto& token = selection().chatToken();
  const auto turn = token ? m_dialogue->conversation().turnOf(token->answer) : std::nullopt;
  if (!turn) {
    for (ChatPane* pane : m_panes) pane->setSelectedToken(0, std::nullopt);
    return m_evidence->select(shownPair(), std::nullopt, 0);
  }
  showTurn(*turn);
  (token->pane == 0 ? m_reference : m_compared) = token->answer;
  refreshEvidence();
  m_panes[0]->setSelectedToken(m_reference, token->index);
  m_panes[1]->setSelectedToken(m_compared, token->index);
  m_evidence->select(shownPair(), static_cast<std::size_t>(token->pane), static_cast<std::size_t>(token->index));
}

// The newcomer should not have to find the place where it happens: where they part, else where they nearly did.
void ChatWorkspace::choosePlaceOfInterest() {
  const AnswerPair pair = shownPair();
  if (selection().chatToken() || !pair.isComplete() || pair.length() == 0) return;
  const auto at = pair.parting();
  if (at && *at < pair.compared()->tokens.size()) return chooseToken(1, m_compared, static_cast<int>(*at));
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
    m_panes[1]->reveal(m_compared, token->index);
  }
}

}  // namespace app
