#pragma once
#include "app/lesson_view/question_input.h"

namespace app {

class PointChart;

/// A place on the x axis of a chart whose curve comes with the truth.
class PointInput : public QuestionInput {
  Q_OBJECT
 public:
  PointInput(const PointQuestion& question, const LessonPlayer& player, QWidget* parent = nullptr);
  std::optional<Guess> guess() const override;
  void setGuess(const Guess& guess) override;
  void setTruth(const StepResults* results) override;

 private:
  Curve m_curve;
  PointChart* m_chart;
};

}  // namespace app
