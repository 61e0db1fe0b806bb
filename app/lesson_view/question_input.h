#pragma once
#include <QWidget>

#include "app/lessons/lesson_player.h"

namespace app {

/// How a person answers one step: a field, choices, bit cells, a slider or a chart. Once the truth is out it shows both
/// and takes no more.
class QuestionInput : public QWidget {
  Q_OBJECT
 public:
  using QWidget::QWidget;

  /// The input for what the step asks. @param player where the step is in front; it outlives the input
  /// @pre player.results()
  static QuestionInput* create(const LessonPlayer& player, JobRunner& jobs);

  /// Nothing while there is none that could be given.
  virtual std::optional<Guess> guess() const = 0;
  virtual void setGuess(const Guess& guess) = 0;
  /// The answer is out (results of the step) or may be given again (null).
  virtual void setTruth(const StepResults* results) = 0;
  /// Why guess() has nothing: "12 apples is no number."; empty while nothing was entered.
  virtual QString problem() const { return {}; }

 Q_SIGNALS:
  void changed();
  /// Enter was pressed, or what else says "this is my answer".
  void submitted();
};

}  // namespace app
