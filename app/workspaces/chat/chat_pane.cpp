#include "app/workspaces/chat/chat_pane.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>
#include <algorithm>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/adapter_bar.h"
#include "app/workspaces/chat/pane_header.h"
#include "app/workspaces/chat/question_label.h"

namespace app {

ChatPane::ChatPane(std::size_t index, Selection& selection, QWidget* parent)
    : QWidget(parent), m_index(index), m_selection(selection) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  column->setSpacing(space::kOne);
  buildHeader(column);
  buildNotice(column);
  buildTranscript(column);
  connect(&m_selection, &Selection::schemesChanged, this, &ChatPane::showScheme);
  connect(&m_selection, &Selection::modelChanged, this, &ChatPane::showScheme);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
  showScheme();
  setFacts(std::nullopt);
}

void ChatPane::buildHeader(QVBoxLayout* column) {
  m_header = new PaneHeader(m_index, m_selection);
  connect(m_header, &PaneHeader::variantChosen, this, [this] {
    showScheme();
    Q_EMIT schemeChosen();
  });
  connect(m_header, &PaneHeader::serverWanted, this, &ChatPane::serverWanted);
  connect(m_header, &PaneHeader::timeWanted, this, &ChatPane::timeWanted);
  connect(m_header, &PaneHeader::removeWanted, this, &ChatPane::removeWanted);
  column->addWidget(m_header);
  m_adapter = new AdapterBar;
  connect(m_adapter, &AdapterBar::strengthChosen, this, &ChatPane::strengthChosen);
  column->addWidget(m_adapter);
}

void ChatPane::buildNotice(QVBoxLayout* column) {
  auto* row = new QHBoxLayout;
  m_notice = new Label(Label::Style::Muted);
  m_notice->setObjectName(QStringLiteral("pane-notice"));
  m_notice->setWrapping();
  m_notice->hide();
  row->addWidget(m_notice, 1);
  m_noticeAction = new QPushButton;
  m_noticeAction->setObjectName(QStringLiteral("pane-action"));
  m_noticeAction->hide();
  connect(m_noticeAction, &QPushButton::clicked, this, &ChatPane::noticeActionClicked);
  row->addWidget(m_noticeAction, 0, Qt::AlignTop);
  column->addLayout(row);
}

void ChatPane::buildTranscript(QVBoxLayout* column) {
  m_scroll = new QScrollArea;
  m_scroll->setWidgetResizable(true);
  m_scroll->setFrameShape(QFrame::NoFrame);
  m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* page = new QWidget;
  page->setAutoFillBackground(false);
  m_transcript = new QVBoxLayout(page);
  m_transcript->setContentsMargins(0, 0, space::kOne, 0);
  m_transcript->setSpacing(space::kOneHalf);
  m_emptyText = new Label(Label::Style::Muted);
  m_emptyText->setObjectName(QStringLiteral("pane-empty"));
  m_emptyText->setWrapping();
  m_emptyText->setAlignment(Qt::AlignCenter);
  m_transcript->addWidget(m_emptyText, 1);
  m_transcript->addStretch(0);
  m_scroll->setWidget(page);
  m_scroll->viewport()->setAutoFillBackground(false);
  column->addWidget(m_scroll, 1);
  // The new height is known only after the layout ran.
  QScrollBar* bar = m_scroll->verticalScrollBar();
  connect(bar, &QScrollBar::rangeChanged, this, &ChatPane::followEnd);
  connect(bar, &QScrollBar::actionTriggered, this,
          [this, bar] { m_followsEnd = bar->sliderPosition() >= bar->maximum(); });
}

void ChatPane::setChangeable(bool changeable) {
  m_header->setChangeable(changeable);
  m_adapter->setEnabled(changeable);
}

void ChatPane::showScheme() {
  m_adapter->setRecipe(m_header->isHidden() ? std::nullopt : scheme());
  showEmptyText();
  update();
}

const PaneVariant& ChatPane::variant() const { return m_header->variant(); }

void ChatPane::setVariant(PaneVariant variant) {
  m_header->setVariant(std::move(variant));
  showScheme();
}

void ChatPane::setScheme(std::optional<core::model::Recipe> scheme) {
  PaneVariant with = variant();
  with.recipe = std::move(scheme);
  with.server.reset();
  setVariant(std::move(with));
}

QString ChatPane::schemeTitle() const { return titleOf(variant(), m_selection); }

QString ChatPane::displayTitle() const { return m_header->isHidden() ? aliasOf(m_index) : schemeTitle(); }

void ChatPane::setFacts(const std::optional<PaneFacts>& facts) { m_header->setFacts(facts); }

void ChatPane::setInFocus(bool inFocus) {
  m_inFocus = inFocus;
  update();
}

void ChatPane::setAlias(const QString& letter) {
  m_header->setAlias(letter);
  showScheme();
}

void ChatPane::setNotice(const QString& notice, bool isError, const QString& action) {
  m_notice->setText(notice);
  m_notice->setVisible(!notice.isEmpty());
  m_notice->setRole(isError ? Label::Style::Error : Label::Style::Muted);
  m_noticeAction->setText(action);
  m_noticeAction->setVisible(!action.isEmpty());
}

QString ChatPane::notice() const { return m_notice->isHidden() ? QString() : m_notice->text(); }

void ChatPane::showEmptyText() {
  if (m_header->isHidden())
    m_emptyText->setText(
        tr("One of the panes answers here; which one is drawn anew for every question. What was asked before comes "
           "back when you reveal."));
  else
    m_emptyText->setText(m_index == 0
                             ? tr("%1 answers here. It is what the others are measured against.").arg(schemeTitle())
                             : tr("%1 answers the same prompt here. Words that differ are marked; a click on one shows "
                                  "what either model thought of it.")
                                   .arg(schemeTitle()));
  m_emptyText->setVisible(m_transcript->count() <= 2);
}

void ChatPane::addBlock(QWidget* block) {
  m_transcript->insertWidget(m_transcript->count() - 1, block);
  m_emptyText->hide();
  m_followsEnd = true;
  followEnd();
}

void ChatPane::showConversation(const Conversation& conversation) {
  setUnanswered(false);
  m_answers.clear();
  while (m_transcript->count() > 2) {
    QLayoutItem* item = m_transcript->takeAt(1);
    delete item->widget();
    delete item;
  }
  for (const Turn& turn : conversation.turns()) {
    // A name that stands under a letter would seem to belong to it.
    if (m_header->isHidden() && !turn.isHidden()) continue;
    addQuestion(turn);
    if (m_index >= conversation.panes()) continue;
    for (const Answer& answer : turn.answers[turn.paneAt(m_index)])
      addAnswer(answer, turn.isHidden() ? aliasOf(m_index) : QString());
  }
  showEmptyText();
  markOlder(conversation);
}

void ChatPane::addQuestion(const Turn& turn) {
  setUnanswered(false);
  auto* question = new QuestionLabel(turn.prompt);
  question->setAccessibleName(turn.mode == PromptMode::Completion ? tr("Text to continue") : tr("Question"));
  addBlock(question);
}

AnswerView* ChatPane::addAnswer(const Answer& answer, const QString& alias) {
  setUnanswered(false);
  auto* view = new AnswerView(answer, m_selection, alias);
  const int id = answer.id;
  view->text()->setToolTipSource([this, id](int index) { return m_describe ? m_describe(id, index) : QString(); });
  connect(view->text(), &TokenText::tokenClicked, this, [this, id](int index) { Q_EMIT tokenClicked(id, index); });
  connect(view, &AnswerView::actionClicked, this, [this, id] { Q_EMIT answerActionClicked(id); });
  view->openThought(m_openThoughts.contains(id));
  connect(view, &AnswerView::thoughtToggled, this, [this, id, view](bool open) {
    if (view->isFinished()) m_followsEnd = false;  // the head stays where it is
    open ? static_cast<void>(m_openThoughts.insert(id)) : static_cast<void>(m_openThoughts.erase(id));
  });
  connect(view, &AnswerView::timeClicked, this, &ChatPane::timeWanted);
  connect(view, &AnswerView::goBackClicked, this, [this, id] { Q_EMIT goBackWanted(id); });
  m_answers.push_back(view);
  addBlock(view);
  return view;
}

AnswerView* ChatPane::view(int answerId) const {
  const auto found = std::find_if(m_answers.begin(), m_answers.end(),
                                  [answerId](const AnswerView* view) { return view->id() == answerId; });
  return found == m_answers.end() ? nullptr : *found;
}

void ChatPane::setUnanswered(bool unanswered) {
  delete std::exchange(m_unanswered, nullptr);
  if (!unanswered) return;
  m_unanswered = new AnswerView(schemeTitle(), scheme(), m_selection);
  m_unanswered->setNotice(tr("has not answered this yet."), false, tr("Answer with %1").arg(schemeTitle()));
  connect(m_unanswered, &AnswerView::actionClicked, this, &ChatPane::answerWanted);
  addBlock(m_unanswered);
}

void ChatPane::setSelectedToken(int answerId, std::optional<int> index) {
  for (AnswerView* view : m_answers) {
    const bool here = view->id() == answerId && index && *index < view->text()->count();
    view->text()->setSelected(here ? index : std::nullopt);
  }
}

void ChatPane::reveal(int answerId, int index) {
  AnswerView* const answer = view(answerId);
  if (answer == nullptr || index >= answer->text()->count()) return;
  if (answer->text()->isInFold(index)) {
    answer->openThought(true);
    answer->text()->parentWidget()->layout()->activate();
    m_scroll->widget()->layout()->activate();
  }
  const QPoint center = answer->text()->mapTo(m_scroll->widget(), answer->text()->centerOf(index));
  m_followsEnd = false;
  m_scroll->ensureVisible(center.x(), center.y(), 0, space::kThree);
}

void ChatPane::followEnd() {
  QScrollBar* bar = m_scroll->verticalScrollBar();
  if (m_followsEnd) bar->setValue(bar->maximum());
}

void ChatPane::mousePressEvent(QMouseEvent* event) {
  QWidget::mousePressEvent(event);
  Q_EMIT clicked();
}

// Where the same pane wrote a newer one to the last question, one can go back to the older.
void ChatPane::markOlder(const Conversation& conversation) {
  if (conversation.isEmpty() || m_index >= conversation.panes()) return;
  const Turn& last = conversation.turns().back();
  const auto& answers = last.answers[last.paneAt(m_index)];
  for (const Answer& answer : answers) {
    const Answer& newest = answers.back();
    const bool older = &answer != &newest && answer.source.recipe == newest.source.recipe &&
                       answer.source.deviations == newest.source.deviations;
    if (AnswerView* shown = view(answer.id)) shown->setOlder(older);
  }
}

void ChatPane::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF card = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.setPen(m_inFocus ? QPen(colors.accent, 1.5) : QPen(colors.border));
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(card, space::kRadius, space::kRadius);
  // The scheme's colour along the top edge, as in every chart.
  painter.setClipRect(QRectF(card.left(), card.top(), card.width(), 3));
  painter.setPen(Qt::NoPen);
  const bool isNamed = scheme() && !m_header->isHidden();
  painter.setBrush(isNamed ? m_selection.color(*scheme()) : colors.reference);
  painter.drawRoundedRect(card, space::kRadius, space::kRadius);
}

}  // namespace app
