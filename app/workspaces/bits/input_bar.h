#pragma once
#include "app/widgets/card.h"

class QLineEdit;
class QPushButton;
class QToolButton;

namespace app {

class BitsState;
class Label;
class WeightPicker;

/// Where the number comes from: typed, an example, a weight; undo, redo, copy. Up and Down in the field are the next
/// and previous value of the selected format, with Shift the next power of two.
class InputBar : public Card {
  Q_OBJECT
 public:
  InputBar(BitsState& state, WeightPicker& weights, QWidget* parent = nullptr);

  void setModel(bool isOpen, bool hasTensor);
  void showProblem(const QString& sentence);

 Q_SIGNALS:
  void linkWanted();  ///< copy a link to what is shown

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void build();
  void connectUndo();
  void fillExamples();
  void fillCopies();
  void takeTyped();
  void refresh();

  BitsState& m_state;
  WeightPicker& m_weights;
  QLineEdit* m_field;
  QPushButton *m_examples, *m_fromModel, *m_copy;
  QToolButton *m_undo, *m_redo;
  Label *m_origin, *m_answer, *m_problem;
};

}  // namespace app
