#pragma once
#include <QWidget>

namespace app {

class LessonPlayer;

/// The steps of the lesson as a row of marks: answered rightly, otherwise, not yet, and the one in front. A click goes
/// there.
class StepTrail : public QWidget {
  Q_OBJECT
 public:
  explicit StepTrail(LessonPlayer& player, QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QRect stepRect(int index) const;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  bool event(QEvent* event) override;

 private:
  int count() const;
  int stepAt(QPoint point) const;

  LessonPlayer& m_player;
};

}  // namespace app
