#include "app/lesson_view/lesson_panel.h"

#include <QApplication>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>
#include <QStyle>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/lesson_view/choice_button.h"
#include "app/lesson_view/lesson_header.h"
#include "app/lesson_view/lesson_text.h"
#include "app/lesson_view/question_input.h"
#include "app/lesson_view/verdict_card.h"
#include "app/lessons/lesson_player.h"
#include "app/lessons/lesson_words.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kWidth = 348, kTeacherWidth = 440, kLeastWidth = 300;
/// What the lesson is about, with the rail, has at least this much of the window.
constexpr int kOthersWidth = 76 + 648;
/// Points more than the interface's own size, so that the last row can read it.
constexpr double kTeacherDelta = 5, kTitleDelta = 4;
constexpr int kSlow = 250;  // ms

/// Under a style sheet no font is inherited.
void enlargeChoices(const QWidget& place, double delta) {
  for (ChoiceButton* choice : place.findChildren<ChoiceButton*>()) {
    choice->setFont(Theme::instance().textFont(delta));
    choice->updateGeometry();
  }
}

}  // namespace

LessonPanel::LessonPanel(LessonPlayer& player, JobRunner& jobs, QWidget* parent)
    : QWidget(parent),
      m_player(player),
      m_jobs(jobs),
      m_position(new Label(Label::Style::Muted)),
      m_waiting(new Label(Label::Style::Muted, tr("Computing the truth of this step …"))),
      m_problem(new Label(Label::Style::Error)),
      m_slow(new QTimer(this)),
      m_header(new LessonHeader(player)),
      m_scroll(new QScrollArea),
      m_title(new LessonText(LessonText::Weight::Strong)),
      m_text(new LessonText),
      m_question(new LessonText(LessonText::Weight::Strong)),
      m_inputPlace(new QVBoxLayout),
      m_check(new QPushButton(tr("&Check"))),
      m_show(new QPushButton(tr("Show m&e"))),
      m_back(new QPushButton(tr("&Back"))),
      m_next(new QPushButton(tr("&Next"))),
      m_verdict(new VerdictCard(player)) {
  setObjectName(QStringLiteral("lesson-panel"));
  setAccessibleName(tr("Lesson"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(1, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(m_header);
  column->addWidget(buildBody(), 1);
  column->addWidget(buildFooter());
  for (QPushButton* button : {m_check, m_show, m_back, m_next}) button->setAutoDefault(true);  // Enter presses them
  addKeys();
  m_slow->setSingleShot(true);
  m_slow->setInterval(kSlow);
  connect(m_slow, &QTimer::timeout, m_waiting, &QWidget::show);
  connect(m_check, &QPushButton::clicked, this, &LessonPanel::check);
  connect(m_show, &QPushButton::clicked, &m_player, &LessonPlayer::reveal);
  connect(m_back, &QPushButton::clicked, &m_player, &LessonPlayer::back);
  connect(m_next, &QPushButton::clicked, this, [this] { m_player.isLast() ? m_player.leave() : m_player.next(); });
  connect(&m_player, &LessonPlayer::stepChanged, this, &LessonPanel::refreshStep);
  connect(&m_player, &LessonPlayer::resultsArrived, this, &LessonPanel::refreshInput);
  connect(&m_player, &LessonPlayer::answerChanged, this,
          [this] { m_player.isAnswered() ? refreshAnswer() : renewInput(); });
  connect(&m_player, &LessonPlayer::failed, this, &LessonPanel::showFailure);
  connect(&m_player, &LessonPlayer::teacherModeChanged, this, &LessonPanel::refreshType);
  connect(&Theme::instance(), &Theme::changed, this, &LessonPanel::refreshType);
  refreshType();
  refreshStep();
}

QWidget* LessonPanel::buildBody() {
  auto* body = new QWidget;
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kTwo);
  column->setSpacing(space::kOneHalf);
  m_problem->setWrapping();
  m_problem->setObjectName(QStringLiteral("lesson-problem"));
  m_waiting->setObjectName(QStringLiteral("lesson-waiting"));
  m_inputPlace->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_title);
  column->addWidget(m_text);
  column->addSpacing(space::kHalf);
  column->addWidget(m_question);
  column->addLayout(m_inputPlace);
  column->addWidget(m_waiting);
  column->addWidget(m_problem);
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(space::kOne);
  buttons->addWidget(m_check);
  buttons->addWidget(m_show);
  buttons->addStretch(1);
  column->addLayout(buttons);
  column->addWidget(m_verdict);
  column->addStretch(1);
  m_check->setProperty("kind", QStringLiteral("primary"));
  m_check->setObjectName(QStringLiteral("lesson-check"));
  m_show->setObjectName(QStringLiteral("lesson-show"));
  m_title->setObjectName(QStringLiteral("lesson-title"));
  m_text->setObjectName(QStringLiteral("lesson-text"));
  m_question->setObjectName(QStringLiteral("lesson-question"));
  m_scroll->setWidgetResizable(true);
  m_scroll->setFrameShape(QFrame::NoFrame);
  m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_scroll->setFocusPolicy(Qt::NoFocus);  // it follows the keyboard, and Ctrl+Up and Down move it
  m_scroll->setWidget(body);
  return m_scroll;
}

QWidget* LessonPanel::buildFooter() {
  auto* footer = new QWidget;
  auto* row = new QHBoxLayout(footer);
  row->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kOne);
  row->addWidget(m_back);
  row->addStretch(1);
  row->addWidget(m_position);
  row->addStretch(1);
  row->addWidget(m_next);
  m_back->setObjectName(QStringLiteral("lesson-back"));
  m_next->setObjectName(QStringLiteral("lesson-next"));
  return footer;
}

/// Wherever in the panel the keyboard is, also on a slider or a field that has a use for these keys of its own.
void LessonPanel::addKeys() {
  const auto add = [this](const QKeySequence& keys, auto act) {
    connect(new QShortcut(keys, this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut), &QShortcut::activated, this,
            act);
  };
  add(Qt::Key_PageDown, [this] { m_player.next(); });
  add(Qt::Key_PageUp, [this] { m_player.back(); });
  auto* across = new QShortcut(Qt::Key_F6, this);  // of the whole window, while there is a lesson
  connect(across, &QShortcut::activated, this, [this] { hasKeyboard() ? Q_EMIT workspaceWanted() : takeKeyboard(); });
  const auto scroll = [this](QAbstractSlider::SliderAction action) {
    return [bar = m_scroll->verticalScrollBar(), action] { bar->triggerAction(action); };
  };
  add(Qt::CTRL | Qt::Key_Down, scroll(QAbstractSlider::SliderSingleStepAdd));
  add(Qt::CTRL | Qt::Key_Up, scroll(QAbstractSlider::SliderSingleStepSub));
}

/// The Tab key goes through the panel as one reads it. Inputs come and go, and each would be the last otherwise.
void LessonPanel::orderTabs() {
  QList<QWidget*> stops = m_header->stops();
  for (QWidget* inside : m_input->findChildren<QWidget*>())
    if ((inside->focusPolicy() & Qt::TabFocus) != 0 && inside->focusProxy() == nullptr) stops << inside;
  stops << m_check << m_show << m_verdict->findChild<QPushButton*>() << m_back << m_next;
  for (qsizetype i = 1; i < stops.size(); ++i) setTabOrder(stops[i - 1], stops[i]);
}

void LessonPanel::refreshType() {
  const bool teacher = m_player.teacherMode();
  const double delta = teacher ? kTeacherDelta : 0;
  for (LessonText* text : {m_text, m_question}) text->setPointDelta(delta);
  m_title->setPointDelta(kTitleDelta + delta);
  m_verdict->setPointDelta(delta);
  enlargeChoices(*this, delta);
  fitInto(m_windowWidth);
  update();
}

void LessonPanel::fitInto(int windowWidth) {
  m_windowWidth = windowWidth;
  const int wanted = Theme::instance().px(m_player.teacherMode() ? kTeacherWidth : kWidth);
  const int room = windowWidth - Theme::instance().px(kOthersWidth);
  setFixedWidth(std::clamp(wanted, kLeastWidth, std::max(kLeastWidth, room)));
}

/// What has the keyboard does not take it along: whoever presses Page Down twice comes two steps further.
void LessonPanel::removeInput() {
  if (m_input != nullptr && m_input->isAncestorOf(QApplication::focusWidget())) setFocus(Qt::OtherFocusReason);
  delete std::exchange(m_input, nullptr);
}

void LessonPanel::refreshStep() {
  removeInput();
  stopWaiting();
  m_problem->hide();
  const bool isNew = std::exchange(m_shown, m_player.step()) != m_player.step();
  if (m_player.lesson() == nullptr) return;
  if (isNew) QTimer::singleShot(0, this, &LessonPanel::takeKeyboard);  // after the step's place has come to the front
  m_slow->start();
  const Lesson& lesson = *m_player.lesson();
  const LessonStep& step = *m_player.step();
  m_title->setText(step.title);
  m_position->setText(tr("%1 of %2").arg(m_player.index() + 1).arg(lesson.steps.size()));
  m_text->setText(filledText(step.text, step, m_player.results(), nullptr));
  m_question->setText(filledText(step.question, step, m_player.results(), nullptr));
  m_scroll->ensureVisible(0, 0);
  refreshButtons();
}

void LessonPanel::refreshInput() {
  if (m_player.lesson() == nullptr) return;
  const LessonStep& step = *m_player.step();
  m_text->setText(filledText(step.text, step, m_player.results(), nullptr));
  m_question->setText(filledText(step.question, step, m_player.results(), nullptr));
  removeInput();
  stopWaiting();
  m_input = QuestionInput::create(m_player, m_jobs);
  m_inputPlace->addWidget(m_input);
  enlargeChoices(*m_input, m_player.teacherMode() ? kTeacherDelta : 0);
  m_input->show();  // now, so that it can take the keyboard
  m_input->setAccessibleName(m_question->text());
  orderTabs();
  if (hasKeyboard()) takeKeyboard();
  connect(m_input, &QuestionInput::changed, this, &LessonPanel::refreshButtons);
  if (std::holds_alternative<SliderQuestion>(step.asks))
    connect(m_input, &QuestionInput::changed, &m_player,
            [this] { m_player.tryAnswer(std::get<double>(*m_input->guess())); });
  connect(m_input, &QuestionInput::submitted, this, &LessonPanel::check);
  refreshAnswer();
}

void LessonPanel::stopWaiting() {
  m_slow->stop();
  m_waiting->hide();
}

void LessonPanel::showFailure(const QString& sentence) {
  stopWaiting();
  m_problem->setText(sentence);
  m_problem->show();
}

void LessonPanel::refreshAnswer() {
  if (m_player.lesson() == nullptr || m_input == nullptr) return;
  if (m_player.answer() != nullptr) m_input->setGuess(*m_player.answer());
  m_input->setTruth(m_player.isRevealed() ? m_player.results() : nullptr);
  refreshButtons();
  // Its place is known after the layout.
  if (!m_player.isRevealed()) return;
  if (QApplication::focusWidget() == nullptr || hasKeyboard()) m_next->setFocus(Qt::OtherFocusReason);
  QTimer::singleShot(0, m_verdict, [this] { m_scroll->ensureWidgetVisible(m_verdict, 0, space::kOne); });
}

/// Asked again: with an empty input.
void LessonPanel::renewInput() {
  removeInput();
  if (m_player.results() != nullptr) refreshInput();
}

void LessonPanel::refreshButtons() {
  const bool computed = m_player.results() != nullptr && m_input != nullptr;
  const bool open = !m_player.isRevealed();
  const QString problem = computed && open ? m_input->problem() : QString();
  m_problem->setText(problem);
  m_problem->setVisible(!problem.isEmpty());
  m_check->setVisible(open);
  m_show->setVisible(open);
  m_check->setEnabled(computed && m_input->guess().has_value());
  m_show->setEnabled(computed);
  m_show->setText(m_player.teacherMode() ? tr("&Reveal") : tr("Show m&e"));
  m_check->setText(m_player.teacherMode() ? tr("&Take down") : tr("&Check"));
  m_back->setEnabled(m_player.index() > 0);
  m_next->setText(m_player.isLast() ? tr("F&inish") : tr("&Next"));
  const QString kind = open ? QString() : QStringLiteral("primary");
  if (m_next->property("kind").toString() != kind) {
    m_next->setProperty("kind", kind);
    m_next->style()->polish(m_next);
  }
}

void LessonPanel::check() {
  if (m_input == nullptr || m_player.isRevealed() || m_player.results() == nullptr) return;
  if (const auto guess = m_input->guess()) m_player.giveAnswer(*guess);
}

/// Whoever comes to a step goes on where the answer is given, or waits here for it.
void LessonPanel::takeKeyboard() {
  if (m_shown == nullptr) return;
  if (m_input != nullptr && m_player.isRevealed())
    m_next->setFocus(Qt::OtherFocusReason);
  else
    (m_input != nullptr ? static_cast<QWidget*>(m_input) : this)->setFocus(Qt::OtherFocusReason);
}

bool LessonPanel::hasKeyboard() const {
  const QWidget* focused = QApplication::focusWidget();
  return focused != nullptr && (focused == this || isAncestorOf(focused));
}

void LessonPanel::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.fillRect(rect(), c.surface);
  painter.setPen(c.border);
  painter.drawLine(0, 0, 0, height());
}

}  // namespace app
