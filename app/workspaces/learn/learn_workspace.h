#pragma once
#include <vector>

#include "app/workspaces/workspace.h"

class QGridLayout;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTabWidget;
class QCheckBox;

namespace app {

class GlossaryView;
class Label;
struct Lesson;
class LessonBoard;
class LessonTile;

/// The course: lessons to take, how far one is, the glossary; and the board of a step that draws one.
class LearnWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit LearnWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  QString helpText() const override;
  void showExample() override;
  /// learn, learn/LESSON, learn/LESSON/STEP, learn?show=lessons, learn?glossary=ulp
  QString openLink(const Link& link) override;
  Link link() const override;

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* buildOverview();
  QWidget* buildHeader();
  QWidget* buildLessons();
  void placeTiles();
  void refresh();
  void showPlace();
  void resume();
  void take(const Lesson& lesson);
  void askToForget();
  /// The lesson to go on with: the one in front, else the first that is begun but not finished, else the first open
  /// one.
  const Lesson* nextLesson() const;

  QStackedWidget* m_stack;
  QTabWidget* m_tabs;
  LessonBoard* m_board;
  GlossaryView* m_glossary;
  QGridLayout* m_grid = nullptr;
  QWidget* m_tilesPage = nullptr;
  std::vector<LessonTile*> m_tiles;
  QPushButton *m_resume, *m_forget;
  QCheckBox* m_teacher;
  Label* m_state;
  int m_columns = 0;
};

}  // namespace app
