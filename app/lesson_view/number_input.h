#pragma once
#include "app/lesson_view/question_input.h"

class QLineEdit;

namespace app {

/// A number as people write it ("1/3", "0,5", "3e8"), with the unit it is counted in.
class NumberInput : public QuestionInput {
  Q_OBJECT
 public:
  explicit NumberInput(const LessonStep& step, QWidget* parent = nullptr);
  std::optional<Guess> guess() const override;
  void setGuess(const Guess& guess) override;
  void setTruth(const StepResults* results) override;
  QString problem() const override;

 private:
  QLineEdit* m_field;
};

}  // namespace app
