#pragma once
#include <QWidget>

class QPushButton;
class QScrollArea;
class QTimer;
class QVBoxLayout;

namespace app {

class JobRunner;
class Label;
class LessonHeader;
class LessonPlayer;
struct LessonStep;
class LessonText;
class QuestionInput;
class VerdictCard;

/// The lesson beside whatever workspace its step drives: what to look at, the question, the truth, and the way on. It
/// is there while a lesson is taken. Page Up and Page Down go from step to step, Ctrl+Up and Ctrl+Down scroll,
/// F6 takes the keyboard to the workspace and back.
class LessonPanel : public QWidget {
  Q_OBJECT
 public:
  LessonPanel(LessonPlayer& player, JobRunner& jobs, QWidget* parent = nullptr);
  /// Takes no more than its share of a window of this width.
  void fitInto(int windowWidth);

 Q_SIGNALS:
  /// The keyboard goes to what the lesson is about.
  void workspaceWanted();

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QWidget* buildBody();
  QWidget* buildFooter();
  void addKeys();
  void orderTabs();
  void takeKeyboard();
  bool hasKeyboard() const;
  void removeInput();
  void refreshStep();
  void refreshInput();
  void stopWaiting();
  void showFailure(const QString& sentence);
  void refreshAnswer();
  void renewInput();
  void refreshButtons();
  void refreshType();
  void check();

  LessonPlayer& m_player;
  JobRunner& m_jobs;
  Label *m_position, *m_waiting, *m_problem;
  QTimer* m_slow;  ///< after it one is told that something is computed
  LessonHeader* m_header;
  QScrollArea* m_scroll;
  LessonText *m_title, *m_text, *m_question;
  QVBoxLayout* m_inputPlace;
  QuestionInput* m_input = nullptr;
  QPushButton *m_check, *m_show, *m_back, *m_next;
  VerdictCard* m_verdict;
  int m_windowWidth = 1280;
  const LessonStep* m_shown = nullptr;
};

}  // namespace app
