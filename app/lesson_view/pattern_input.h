#pragma once
#include "app/lesson_view/question_input.h"

namespace app {

class BitCells;
class Label;

/// A bit pattern, clicked together; below it the same in hexadecimal digits. The truth stands in a second row, and what
/// differs is framed.
class PatternInput : public QuestionInput {
  Q_OBJECT
 public:
  explicit PatternInput(const BitsQuestion& question, QWidget* parent = nullptr);
  std::optional<Guess> guess() const override;
  void setGuess(const Guess& guess) override;
  void setTruth(const StepResults* results) override;

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void refresh();

  BitCells *m_cells, *m_truth;
  Label *m_hex, *m_caption;
};

}  // namespace app
