#include "app/workspaces/chat/chat_pane.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPainter>
#include <QPixmap>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>
#include <algorithm>

#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/question_label.h"

namespace app {

namespace {

constexpr int kSwatch = 10, kSchemeWidth = 150;

QIcon swatch(SeriesMark mark, const QColor& color) {
  QPixmap pixmap(kSwatch * 2, kSwatch * 2);
  pixmap.setDevicePixelRatio(2);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  paintMark(painter, mark, QRectF(0.5, 0.5, kSwatch - 1, kSwatch - 1), color);
  return QIcon(pixmap);
}

QString storedTitle(const Selection& selection) {
  const core::io::TensorInfo* first = nullptr;
  if (selection.model()) {
    const auto& choices = selection.model()->choices();
    const auto found = std::find_if(choices.begin(), choices.end(), [](const core::model::TensorChoice& choice) {
      return choice.fate == core::model::Fate::Quantize;
    });
    if (found != choices.end())
      first = &selection.model()->checkpoint().tensors()[static_cast<std::size_t>(found - choices.begin())];
  }
  if (first == nullptr) return ChatPane::tr("As stored");
  return ChatPane::tr("%1 as stored").arg(typeText(*first));
}

}  // namespace

ChatPane::ChatPane(std::size_t index, Selection& selection, QWidget* parent)
    : QWidget(parent), m_index(index), m_selection(selection) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  column->setSpacing(space::kOne);
  buildHeader(column);
  buildNotice(column);
  buildTranscript(column);
  connect(&m_selection, &Selection::schemesChanged, this, &ChatPane::fillSchemes);
  connect(&m_selection, &Selection::modelChanged, this, &ChatPane::fillSchemes);
  connect(&Theme::instance(), &Theme::changed, this, &ChatPane::fillSchemes);
  fillSchemes();
  setFacts(std::nullopt);
}

void ChatPane::buildHeader(QVBoxLayout* column) {
  auto* row = new QHBoxLayout;
  m_schemes = new QComboBox;
  m_schemes->setObjectName(QStringLiteral("pane-scheme"));
  m_schemes->setAccessibleName(m_index == 0 ? tr("Scheme of the reference pane") : tr("Scheme of the compared pane"));
  m_schemes->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  m_schemes->setMinimumWidth(kSchemeWidth);
  connect(m_schemes, &QComboBox::activated, this, [this](int item) {
    const auto scheme = m_listed[static_cast<std::size_t>(item)];
    if (scheme == m_scheme) return;
    setScheme(scheme);
    Q_EMIT schemeChosen();
  });
  row->addWidget(m_schemes);
  row->addWidget(new Label(Label::Style::Hint, m_index == 0 ? tr("reference") : tr("compared")));
  m_facts = new Label(Label::Style::Hint);
  m_facts->setObjectName(QStringLiteral("pane-facts"));
  m_facts->setElide(Qt::ElideRight);
  m_facts->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  row->addWidget(m_facts, 1);
  column->addLayout(row);
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

void ChatPane::fillSchemes() {
  const QSignalBlocker blocker(m_schemes);
  m_schemes->clear();
  m_schemes->addItem(swatch(SeriesMark::Circle, Theme::instance().colors().reference), storedTitle(m_selection),
                     QString());
  m_listed.assign(1, std::nullopt);
  for (auto& recipe : m_selection.checkedRecipes()) m_listed.emplace_back(std::move(recipe));
  // It may still run, though no longer checked.
  if (std::find(m_listed.begin(), m_listed.end(), m_scheme) == m_listed.end()) m_listed.push_back(m_scheme);
  for (std::size_t i = 1; i < m_listed.size(); ++i)
    m_schemes->addItem(swatch(m_selection.mark(*m_listed[i]), m_selection.color(*m_listed[i])),
                       m_selection.title(*m_listed[i]), QString::fromStdString(m_listed[i]->toString()));
  m_schemes->setCurrentIndex(
      static_cast<int>(std::find(m_listed.begin(), m_listed.end(), m_scheme) - m_listed.begin()));
  showEmptyText();
  update();
}

void ChatPane::setScheme(std::optional<core::model::Recipe> scheme) {
  if (scheme != m_scheme) setFacts(std::nullopt);
  m_scheme = std::move(scheme);
  fillSchemes();
}

QString ChatPane::schemeTitle() const { return m_scheme ? m_selection.title(*m_scheme) : storedTitle(m_selection); }

void ChatPane::setFacts(const std::optional<PaneFacts>& facts) {
  m_facts->setText(facts ? tr("%1 + %2 KV").arg(text::bytes(facts->weightBytes), text::bytes(facts->kvBytes))
                         : QString());
  m_facts->setToolTip(facts ? tr("%1 weights, %2 KV cache for %3 tokens of context, on %4")
                                  .arg(text::bytes(facts->weightBytes), text::bytes(facts->kvBytes),
                                       text::count(facts->contextLength), QString::fromStdString(facts->device))
                            : QString());
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
  m_emptyText->setText(m_index == 0
                           ? tr("%1 answers here. It is what the other pane is measured against.").arg(schemeTitle())
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
    addQuestion(turn);
    for (const Answer& answer : turn.answers[m_index]) addAnswer(answer);
  }
  showEmptyText();
}

void ChatPane::addQuestion(const Turn& turn) {
  setUnanswered(false);
  auto* question = new QuestionLabel(turn.prompt);
  question->setAccessibleName(turn.mode == PromptMode::Completion ? tr("Text to continue") : tr("Question"));
  addBlock(question);
}

AnswerView* ChatPane::addAnswer(const Answer& answer) {
  setUnanswered(false);
  auto* view = new AnswerView(answer, m_selection);
  const int id = answer.id;
  view->text()->setToolTipSource([this, id](int index) { return m_describe ? m_describe(id, index) : QString(); });
  connect(view->text(), &TokenText::tokenClicked, this, [this, id](int index) { Q_EMIT tokenClicked(id, index); });
  connect(view, &AnswerView::actionClicked, this, [this, id] { Q_EMIT answerActionClicked(id); });
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
  m_unanswered = new AnswerView(schemeTitle(), m_scheme, m_selection);
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
  const AnswerView* answer = view(answerId);
  if (answer == nullptr || index >= answer->text()->count()) return;
  const QPoint center = answer->text()->mapTo(m_scroll->widget(), answer->text()->centerOf(index));
  m_followsEnd = false;
  m_scroll->ensureVisible(center.x(), center.y(), 0, space::kThree);
}

void ChatPane::followEnd() {
  QScrollBar* bar = m_scroll->verticalScrollBar();
  if (m_followsEnd) bar->setValue(bar->maximum());
}

void ChatPane::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF card = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.setPen(colors.border);
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(card, space::kRadius, space::kRadius);
  // The scheme's colour along the top edge, as in every chart.
  painter.setClipRect(QRectF(card.left(), card.top(), card.width(), 3));
  painter.setPen(Qt::NoPen);
  painter.setBrush(m_scheme ? m_selection.color(*m_scheme) : colors.reference);
  painter.drawRoundedRect(card, space::kRadius, space::kRadius);
}

}  // namespace app
