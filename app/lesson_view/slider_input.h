#pragma once
#include "app/lesson_view/question_input.h"

class QLineEdit;
class QSlider;

namespace app {

class LessonText;

/// A number on a slider, with what it would come to computed while it moves. The number can be typed, too.
class SliderInput : public QuestionInput {
  Q_OBJECT
 public:
  SliderInput(const LessonStep& step, JobRunner& jobs, QWidget* parent = nullptr);
  std::optional<Guess> guess() const override { return m_value; }
  void setGuess(const Guess& guess) override;
  void setTruth(const StepResults* results) override;

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  const SliderQuestion& question() const { return std::get<SliderQuestion>(m_step.asks); }
  void take(double value);
  void takeTyped();
  QString shown(double value) const;
  void computeReading();

  const LessonStep m_step;
  JobRunner& m_jobs;
  double m_value;
  QSlider* m_slider;
  QLineEdit* m_field;
  LessonText* m_reading;
};

}  // namespace app
