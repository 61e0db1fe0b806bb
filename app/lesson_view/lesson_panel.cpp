#include "app/lesson_view/lesson_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/lesson_view/lesson_text.h"
#include "app/lesson_view/question_input.h"
#include "app/lesson_view/step_trail.h"
#include "app/lesson_view/verdict_card.h"
#include "app/lessons/lesson_player.h"
#include "app/lessons/lesson_words.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kWidth = 348, kTeacherWidth = 440, kLeastWidth = 340;
/// Of the window: the rest is for what the lesson is about.
constexpr double kMostShare = 0.37;
/// Points more than the interface's own size, so that the last row can read it.
constexpr double kTeacherDelta = 5, kTitleDelta = 4;

QToolButton* headerButton(const QString& iconName, const QString& name) {
  auto* button = new QToolButton;
  button->setIcon(icon(iconName));
  button->setToolTip(name);
  button->setAccessibleName(name);
  return button;
}

}  // namespace

LessonPanel::LessonPanel(LessonPlayer& player, JobRunner& jobs, QWidget* parent)
    : QWidget(parent),
      m_player(player),
      m_jobs(jobs),
      m_lesson(new Label(Label::Style::Hint)),
      m_position(new Label(Label::Style::Muted)),
      m_problem(new Label(Label::Style::Error)),
      m_trail(new StepTrail(player)),
      m_scroll(new QScrollArea),
      m_title(new LessonText(LessonText::Weight::Strong)),
      m_text(new LessonText),
      m_question(new LessonText(LessonText::Weight::Strong)),
      m_inputPlace(new QVBoxLayout),
      m_check(new QPushButton(tr("&Check"))),
      m_show(new QPushButton(tr("Show m&e"))),
      m_back(new QPushButton(tr("&Back"))),
      m_next(new QPushButton(tr("&Next"))),
      m_menu(headerButton(QStringLiteral("settings"), tr("More of this lesson"))),
      m_close(headerButton(QStringLiteral("close"), tr("Leave the lesson; what was answered is kept"))),
      m_verdict(new VerdictCard(player)) {
  setObjectName(QStringLiteral("lesson-panel"));
  setAccessibleName(tr("Lesson"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(1, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(buildHeader());
  column->addWidget(buildBody(), 1);
  column->addWidget(buildFooter());
  fillMenu();
  connect(m_close, &QToolButton::clicked, &m_player, &LessonPlayer::leave);
  connect(m_check, &QPushButton::clicked, this, &LessonPanel::check);
  connect(m_show, &QPushButton::clicked, &m_player, &LessonPlayer::reveal);
  connect(m_back, &QPushButton::clicked, &m_player, &LessonPlayer::back);
  connect(m_next, &QPushButton::clicked, this, [this] { m_player.isLast() ? m_player.leave() : m_player.next(); });
  connect(&m_player, &LessonPlayer::stepChanged, this, &LessonPanel::refreshStep);
  connect(&m_player, &LessonPlayer::resultsArrived, this, &LessonPanel::refreshInput);
  connect(&m_player, &LessonPlayer::answerChanged, this,
          [this] { m_player.isAnswered() ? refreshAnswer() : renewInput(); });
  connect(&m_player, &LessonPlayer::teacherModeChanged, this, &LessonPanel::refreshType);
  connect(&Theme::instance(), &Theme::changed, this, &LessonPanel::refreshType);
  refreshType();
  refreshStep();
}

QWidget* LessonPanel::buildHeader() {
  auto* header = new QWidget;
  auto* column = new QVBoxLayout(header);
  column->setContentsMargins(space::kTwo, space::kOne, space::kOne, space::kHalf);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(0);
  m_lesson->setElide(Qt::ElideRight);
  row->addWidget(m_lesson, 1);
  row->addWidget(m_menu);
  row->addWidget(m_close);
  column->addLayout(row);
  auto* trail = new QHBoxLayout;
  trail->setContentsMargins(0, 0, space::kOne, 0);
  trail->addWidget(m_trail);
  column->addLayout(trail);
  m_menu->setObjectName(QStringLiteral("lesson-menu"));
  m_menu->setPopupMode(QToolButton::InstantPopup);
  m_close->setObjectName(QStringLiteral("lesson-close"));
  return header;
}

QWidget* LessonPanel::buildBody() {
  auto* body = new QWidget;
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kTwo);
  column->setSpacing(space::kOneHalf);
  m_problem->setWrapping();
  m_inputPlace->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_title);
  column->addWidget(m_text);
  column->addSpacing(space::kHalf);
  column->addWidget(m_question);
  column->addLayout(m_inputPlace);
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

void LessonPanel::fillMenu() {
  auto* menu = new QMenu(this);
  menu->addAction(icon(QStringLiteral("copy")), tr("Copy a link to this step"), this,
                  [this] { QGuiApplication::clipboard()->setText(m_player.link().toString()); });
  menu->addAction(tr("Show this step's place again"), &m_player, &LessonPlayer::showStage);
  menu->addAction(tr("Begin this lesson anew"), this, [this] {
    const QString lesson = m_player.lesson()->id;
    m_player.forgetProgress(*m_player.lesson());
    m_player.start(lesson);
  });
  menu->addSeparator();
  auto* teacher = menu->addAction(tr("Teacher mode: large type, answers hidden"));
  teacher->setCheckable(true);
  teacher->setObjectName(QStringLiteral("lesson-teacher"));
  connect(teacher, &QAction::toggled, &m_player, &LessonPlayer::setTeacherMode);
  connect(menu, &QMenu::aboutToShow, teacher, [this, teacher] { teacher->setChecked(m_player.teacherMode()); });
  m_menu->setMenu(menu);
}

void LessonPanel::refreshType() {
  const bool teacher = m_player.teacherMode();
  const double delta = teacher ? kTeacherDelta : 0;
  for (LessonText* text : {m_text, m_question}) text->setPointDelta(delta);
  m_title->setPointDelta(kTitleDelta + delta);
  m_verdict->setPointDelta(delta);
  m_inputPlace->parentWidget()->setFont(Theme::instance().textFont(delta));
  fitInto(m_windowWidth);
  update();
}

void LessonPanel::fitInto(int windowWidth) {
  m_windowWidth = windowWidth;
  const int wanted = Theme::instance().px(m_player.teacherMode() ? kTeacherWidth : kWidth);
  setFixedWidth(std::clamp(wanted, kLeastWidth, std::max(kLeastWidth, qRound(windowWidth * kMostShare))));
}

void LessonPanel::refreshStep() {
  delete std::exchange(m_input, nullptr);
  m_problem->hide();
  if (m_player.lesson() == nullptr) return;
  const Lesson& lesson = *m_player.lesson();
  const LessonStep& step = *m_player.step();
  m_lesson->setText(tr("Lesson %1 · %2").arg(lesson.number).arg(lesson.title));
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
  delete std::exchange(m_input, QuestionInput::create(m_player, m_jobs));
  m_inputPlace->addWidget(m_input);
  // Whoever walks through the steps by keyboard goes on where the answer is given.
  if (const QWidget* focused = QApplication::focusWidget(); focused != nullptr && isAncestorOf(focused))
    m_input->setFocus(Qt::OtherFocusReason);
  connect(m_input, &QuestionInput::changed, this, &LessonPanel::refreshButtons);
  connect(m_input, &QuestionInput::submitted, this, &LessonPanel::check);
  refreshAnswer();
}

void LessonPanel::refreshAnswer() {
  if (m_player.lesson() == nullptr || m_input == nullptr) return;
  if (m_player.answer() != nullptr) m_input->setGuess(*m_player.answer());
  m_input->setTruth(m_player.isRevealed() ? m_player.results() : nullptr);
  refreshButtons();
  // Its place is known after the layout.
  if (!m_player.isRevealed()) return;
  if (const QWidget* focused = QApplication::focusWidget(); focused == nullptr || isAncestorOf(focused))
    m_next->setFocus(Qt::OtherFocusReason);
  QTimer::singleShot(0, m_verdict, [this] { m_scroll->ensureWidgetVisible(m_verdict, 0, space::kOne); });
}

/// Asked again: with an empty input.
void LessonPanel::renewInput() {
  delete std::exchange(m_input, nullptr);
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

void LessonPanel::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_PageDown && m_next->isEnabled())
    m_next->click();
  else if (event->key() == Qt::Key_PageUp && m_back->isEnabled())
    m_back->click();
  else
    QWidget::keyPressEvent(event);
}

void LessonPanel::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.fillRect(rect(), c.surface);
  painter.setPen(c.border);
  painter.drawLine(0, 0, 0, height());
}

}  // namespace app
