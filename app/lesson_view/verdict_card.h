#pragma once
#include <QFrame>

class QPushButton;

namespace app {

class LessonPlayer;
class LessonText;

/// What came out: right or not, the truth, why the wrong answer tempted, what to know. Empty until it may be seen.
class VerdictCard : public QFrame {
  Q_OBJECT
 public:
  explicit VerdictCard(LessonPlayer& player, QWidget* parent = nullptr);
  void setPointDelta(double points);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  enum class Tone { Right, Wrong, Shown };
  void refresh();
  QColor color() const;

  LessonPlayer& m_player;
  Tone m_tone = Tone::Shown;
  LessonText *m_heading, *m_truth, *m_tempting, *m_why;
  QPushButton* m_again;
};

}  // namespace app
