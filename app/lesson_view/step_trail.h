#pragma once
#include <QWidget>

#include "app/widgets/accessible_parts.h"

namespace app {

class LessonPlayer;

/// The steps of the lesson as a row of marks: answered rightly, otherwise, not yet, and the one in front. A click goes
/// there; so does Enter on the mark that the arrow keys, Home and End have reached.
class StepTrail : public QWidget, public AccessibleParts {
  Q_OBJECT
 public:
  explicit StepTrail(LessonPlayer& player, QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QRect stepRect(int index) const;

  int partCount() const override { return count(); }
  AccessiblePart part(int index) const override;
  int focusedPart() const override { return m_focused; }
  void pressPart(int index) override { goTo(index); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool event(QEvent* event) override;

 private:
  int count() const;
  int stepAt(QPoint point) const;
  QString nameOf(int index) const;
  void refresh();
  void focusStep(int index);
  void goTo(int index);
  void paintStep(QPainter& painter, int index) const;

  LessonPlayer& m_player;
  int m_focused = 0;
};

}  // namespace app
