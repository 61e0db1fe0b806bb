#include "app/workspaces/learn/learn_workspace.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTabWidget>
#include <algorithm>

#include "app/lesson_view/glossary_view.h"
#include "app/lesson_view/lesson_board.h"
#include "app/lesson_view/lesson_tile.h"
#include "app/lessons/lesson_player.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kTileWidth = 290, kForgetNeedsWidth = 640;

}  // namespace

LearnWorkspace::LearnWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_stack(new QStackedWidget),
      m_tabs(new QTabWidget),
      m_board(new LessonBoard(lessons())),
      m_glossary(new GlossaryView),
      m_resume(new QPushButton),
      m_forget(new QPushButton(tr("Forget my answers"))),
      m_teacher(new QCheckBox(tr("Teacher mode"))),
      m_state(new Label(Label::Style::Muted)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_stack);
  m_stack->addWidget(buildOverview());
  m_stack->addWidget(m_board);
  for (const auto signal :
       {&LessonPlayer::stepChanged, &LessonPlayer::progressChanged, &LessonPlayer::teacherModeChanged})
    connect(&lessons(), signal, this, &LearnWorkspace::refresh);
  connect(&lessons(), &LessonPlayer::stepChanged, this, &LearnWorkspace::showPlace);
  connect(m_board, &LessonBoard::exportFailed, &jobs(), &JobRunner::failed);
  refresh();
}

QWidget* LearnWorkspace::buildOverview() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(space::kThree, space::kTwo, space::kThree, space::kTwo);
  column->setSpacing(space::kOneHalf);
  column->addWidget(buildHeader());
  m_tabs->addTab(buildLessons(), tr("Lessons"));
  m_tabs->addTab(m_glossary, tr("Glossary"));
  m_tabs->setObjectName(QStringLiteral("learn-tabs"));
  column->addWidget(m_tabs, 1);
  return page;
}

QWidget* LearnWorkspace::buildHeader() {
  auto* header = new QWidget;
  auto* row = new QHBoxLayout(header);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOneHalf);
  auto* words = new QVBoxLayout;
  words->setSpacing(2);
  words->addWidget(new Label(Label::Style::Title, tr("Learn")));
  m_state->setElide(Qt::ElideRight);
  words->addWidget(m_state);
  row->addLayout(words, 1);
  m_teacher->setToolTip(tr("Large type; what was answered stays hidden until it is revealed, and nothing is kept"));
  m_teacher->setObjectName(QStringLiteral("learn-teacher"));
  m_forget->setObjectName(QStringLiteral("learn-forget"));
  m_resume->setObjectName(QStringLiteral("learn-resume"));
  m_resume->setProperty("kind", QStringLiteral("primary"));
  row->addWidget(m_teacher);
  row->addWidget(m_forget);
  row->addWidget(m_resume);
  connect(m_teacher, &QCheckBox::toggled, &lessons(), &LessonPlayer::setTeacherMode);
  connect(m_forget, &QPushButton::clicked, this, &LearnWorkspace::askToForget);
  connect(m_resume, &QPushButton::clicked, this, &LearnWorkspace::resume);
  return header;
}

QWidget* LearnWorkspace::buildLessons() {
  m_tilesPage = new QWidget;
  m_grid = new QGridLayout(m_tilesPage);
  m_grid->setContentsMargins(0, space::kOne, space::kHalf, space::kOne);
  m_grid->setSpacing(space::kOneHalf);
  for (const Lesson& lesson : lessons().course().lessons) {
    auto* tile = new LessonTile(lesson, lessons());
    connect(tile, &LessonTile::clicked, this, [this, &lesson] { take(lesson); });
    m_tiles.push_back(tile);
  }
  if (m_tiles.empty()) {
    auto* empty = new Label(Label::Style::Muted, lessons().problem());
    empty->setWrapping();
    m_grid->addWidget(empty, 0, 0);
  }
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(m_tilesPage);
  placeTiles();
  return scroll;
}

void LearnWorkspace::placeTiles() {
  const int columns = std::max(1, (width() - 2 * space::kThree) / Theme::instance().px(kTileWidth));
  if (columns == m_columns || m_tiles.empty()) return;
  for (int column = 0; column < std::max(columns, m_columns); ++column)
    m_grid->setColumnStretch(column, column < columns ? 1 : 0);
  m_columns = columns;
  int index = 0;
  for (LessonTile* tile : m_tiles) {
    m_grid->addWidget(tile, index / columns, index % columns);
    ++index;
  }
  const int rows = (index + columns - 1) / columns;
  for (int row = 0; row <= index; ++row) m_grid->setRowStretch(row, row == rows ? 1 : 0);
}

void LearnWorkspace::resizeEvent(QResizeEvent* event) {
  Workspace::resizeEvent(event);
  placeTiles();
  refresh();
}

const Lesson* LearnWorkspace::nextLesson() const {
  const auto& all = lessons().course().lessons;
  const auto& progress = lessons().progress();
  const auto isOpen = [&](const Lesson& lesson) { return progress.firstOpen(lesson).has_value(); };
  if (const Lesson* lesson = lessons().lesson()) return lesson;
  const auto begun =
      std::ranges::find_if(all, [&](const Lesson& lesson) { return isOpen(lesson) && progress.answered(lesson) > 0; });
  if (begun != all.end()) return &*begun;
  const auto open = std::ranges::find_if(all, isOpen);
  return open != all.end() ? &*open : all.empty() ? nullptr : &all.front();
}

void LearnWorkspace::refresh() {
  const auto& all = lessons().course().lessons;
  int steps = 0, answered = 0;
  for (const Lesson& lesson : all) {
    steps += static_cast<int>(lesson.steps.size());
    answered += lessons().progress().answered(lesson);
  }
  m_state->setText(answered == 0
                       ? tr("Every step asks first and shows afterwards, on real numbers.")
                       : tr("%1 of %2 steps in %3 lessons answered").arg(answered).arg(steps).arg(all.size()));
  m_forget->setVisible(answered > 0 && width() >= Theme::instance().px(kForgetNeedsWidth));
  m_teacher->setChecked(lessons().teacherMode());
  const Lesson* next = nextLesson();
  m_resume->setVisible(next != nullptr);
  if (next == nullptr) return;
  if (next == lessons().lesson())
    m_resume->setText(tr("Back to lesson %1, step %2").arg(next->number).arg(lessons().index() + 1));
  else
    m_resume->setText(answered == 0 ? tr("Begin with lesson %1").arg(next->number)
                                    : tr("Go on with lesson %1").arg(next->number));
}

/// The board of the step in front, where it has one.
void LearnWorkspace::showPlace() {
  const LessonStep* step = lessons().step();
  m_stack->setCurrentIndex(step != nullptr && step->board ? 1 : 0);
}

void LearnWorkspace::resume() {
  if (const Lesson* lesson = nextLesson()) take(*lesson);
}

/// Where it was left; the lesson that is being taken at its very step.
void LearnWorkspace::take(const Lesson& lesson) {
  if (&lesson == lessons().lesson())
    lessons().showStage();
  else
    lessons().start(lesson.id);
}

void LearnWorkspace::askToForget() {
  auto* box = new QMessageBox(QMessageBox::Question, tr("Forget my answers"),
                              tr("Forget the answers to all lessons? This cannot be undone."),
                              QMessageBox::Yes | QMessageBox::Cancel, this);
  box->setObjectName(QStringLiteral("forget-answers"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  connect(box, &QMessageBox::accepted, &lessons(), qOverload<>(&LessonPlayer::forgetProgress));
  box->open();
}

QString LearnWorkspace::helpText() const {
  return tr(
      "A lesson is a row of steps. Each one shows something in a workspace, asks for a prediction, and then shows what "
      "is true, computed by the program itself, and why a wrong guess was tempting.\n"
      "Enter checks an answer and leads on; Page Up and Page Down go from step to step, Ctrl+Up and Ctrl+Down scroll, "
      "F6 goes to the workspace and back. The marks above the text jump: by a click, or with the arrow keys and Enter. "
      "\"Lessons\" above them leads to the list of all and keeps the step. Answers are kept; \"Show me\" is an answer, "
      "too.\n"
      "Teacher mode enlarges the text and hides every answer until it is revealed. The menu of the panel copies a link "
      "to the step, for the class.\n"
      "Words with a dotted line are explained under the pointer, as they are everywhere in the program; the glossary "
      "lists them all.");
}

void LearnWorkspace::showExample() { m_tabs->setCurrentIndex(0); }

QString LearnWorkspace::openLink(const Link& link) {
  if (link.has(QStringLiteral("glossary"))) {
    m_stack->setCurrentIndex(0);
    m_tabs->setCurrentWidget(m_glossary);
    m_glossary->search(link.value(QStringLiteral("glossary")));
    return {};
  }
  if (link == LessonPlayer::overviewLink()) {
    m_stack->setCurrentIndex(0);
    m_tabs->setCurrentIndex(0);
    return {};
  }
  if (link.path.size() > 2) return tr("A link to a lesson is learn/LESSON or learn/LESSON/STEP.");
  if (!link.path.isEmpty()) return lessons().start(link.path.value(0), link.path.value(1));
  showPlace();
  return {};
}

Link LearnWorkspace::link() const {
  const bool isOverview = m_stack->currentIndex() == 0 && lessons().lesson() != nullptr;
  return isOverview ? LessonPlayer::overviewLink() : lessons().link();
}

}  // namespace app
