// Lessons: the panel beside the workspaces, the places a lesson asks for, and where lessons can be found.
#include "app/lesson_view/glossary_tips.h"
#include "app/lesson_view/lesson_panel.h"
#include "app/lessons/lesson_player.h"
#include "app/shell/command_palette.h"
#include "app/shell/main_window.h"
#include "app/shell/page_stack.h"
#include "app/workspaces/start/start_page.h"

namespace app {

namespace {

/// To the first inside that Tab reaches.
void giveKeyboardTo(const QWidget& place) {
  for (QWidget* next = place.nextInFocusChain(); next != &place; next = next->nextInFocusChain())
    if (place.isAncestorOf(next) && next->isVisible() && next->isEnabled() && (next->focusPolicy() & Qt::TabFocus) != 0)
      return next->setFocus(Qt::TabFocusReason);
}

}  // namespace

void MainWindow::connectLessons() {
  new GlossaryTips(this);
  connect(m_lessons, &LessonPlayer::stepChanged, this, [this] { setPanelShown(m_panelWanted); });
  connect(m_lessons, &LessonPlayer::teacherModeChanged, this, [this] { setPanelShown(m_panelWanted); });
  connect(m_lessons, &LessonPlayer::placeRequested, this, qOverload<const Link&>(&MainWindow::openLink));
  connect(m_lessons, &LessonPlayer::failed, this, &MainWindow::showError);
  connect(m_lessonPanel, &LessonPanel::workspaceWanted, this, [this] { giveKeyboardTo(*m_pages); });
  connect(m_start, &StartPage::lessonRequested, this, [this](const QString& id) {
    showWorkspace(QStringLiteral("learn"));
    if (const QString problem = m_lessons->start(id); !problem.isEmpty()) showError(problem);
  });
  setPanelShown(m_panelWanted);
}

std::vector<PaletteItem> MainWindow::lessonItems() {
  std::vector<PaletteItem> items;
  for (const Lesson& lesson : m_lessons->course().lessons)
    items.push_back({tr("Lesson %1: %2").arg(lesson.number).arg(lesson.title), tr("lesson"), QStringLiteral("learn"),
                     [this, id = lesson.id] {
                       showWorkspace(QStringLiteral("learn"));
                       m_lessons->start(id);
                     }});
  if (m_lessons->lesson() == nullptr) return items;
  items.push_back({tr("Next step of the lesson"), {}, QStringLiteral("forward"), [this] { m_lessons->next(); }});
  items.push_back({tr("Leave the lesson"), {}, QStringLiteral("close"), [this] { m_lessons->leave(); }});
  return items;
}

}  // namespace app
