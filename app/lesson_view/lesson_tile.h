#pragma once
#include <QAbstractButton>

namespace app {

struct Lesson;
class LessonPlayer;

/// One lesson to take: number, title, what it is about, how far one is.
class LessonTile : public QAbstractButton {
  Q_OBJECT
 public:
  LessonTile(const Lesson& lesson, LessonPlayer& player, QWidget* parent = nullptr);
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {180, sizeHint().height()}; }

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  QString progressText() const;

  const Lesson& m_lesson;
  LessonPlayer& m_player;
};

}  // namespace app
