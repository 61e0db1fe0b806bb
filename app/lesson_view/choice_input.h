#pragma once
#include <vector>

#include "app/lesson_view/question_input.h"

class QButtonGroup;

namespace app {

class ChoiceButton;

/// One of several answers: click, or the number in front of it.
class ChoiceInput : public QuestionInput {
  Q_OBJECT
 public:
  ChoiceInput(const ChoiceQuestion& question, const LessonPlayer& player, QWidget* parent = nullptr);
  std::optional<Guess> guess() const override;
  void setGuess(const Guess& guess) override;
  void setTruth(const StepResults* results) override;

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QStringList m_ids;
  QButtonGroup* m_group;
  std::vector<ChoiceButton*> m_buttons;
};

}  // namespace app
