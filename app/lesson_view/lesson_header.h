#pragma once
#include <QWidget>

class QToolButton;

namespace app {

class Label;
class LessonPlayer;
class StepTrail;

/// The top of the lesson's panel: the way to all lessons, which lesson this is, its steps, what else can be done.
class LessonHeader : public QWidget {
  Q_OBJECT
 public:
  explicit LessonHeader(LessonPlayer& player, QWidget* parent = nullptr);
  /// In the order of the Tab key.
  QList<QWidget*> stops() const;

 private:
  void fillMenu();
  void refresh();

  LessonPlayer& m_player;
  QToolButton* m_overview;
  Label* m_lesson;
  QToolButton *m_menu, *m_close;
  StepTrail* m_trail;
};

}  // namespace app
