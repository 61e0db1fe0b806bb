#pragma once
#include <QWidget>

class QPushButton;
class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace app {

class JobRunner;
class Label;
class LessonPlayer;
class LessonText;
class QuestionInput;
class StepTrail;
class VerdictCard;

/// The lesson beside whatever workspace its step drives: what to look at, the question, the truth, and the way on. It
/// is there while a lesson is taken.
class LessonPanel : public QWidget {
  Q_OBJECT
 public:
  LessonPanel(LessonPlayer& player, JobRunner& jobs, QWidget* parent = nullptr);
  /// Takes no more than its share of a window of this width.
  void fitInto(int windowWidth);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QWidget* buildHeader();
  QWidget* buildBody();
  QWidget* buildFooter();
  void fillMenu();
  void refreshStep();
  void refreshInput();
  void refreshAnswer();
  void renewInput();
  void refreshButtons();
  void refreshType();
  void check();

  LessonPlayer& m_player;
  JobRunner& m_jobs;
  Label *m_lesson, *m_position, *m_problem;
  StepTrail* m_trail;
  QScrollArea* m_scroll;
  LessonText *m_title, *m_text, *m_question;
  QVBoxLayout* m_inputPlace;
  QuestionInput* m_input = nullptr;
  QPushButton *m_check, *m_show, *m_back, *m_next;
  QToolButton *m_menu, *m_close;
  VerdictCard* m_verdict;
  int m_windowWidth = 1280;
};

}  // namespace app
