#pragma once
#include <QWidget>

class QPushButton;

namespace app {

class BitsState;
class Label;
class TextTable;

/// Typed arithmetic as the selected format computes it: every number read and every result rounded, step by step,
/// beside the exact one; and what the other formats come to.
class ArithmeticView : public QWidget {
  Q_OBJECT
 public:
  explicit ArithmeticView(BitsState& state, QWidget* parent = nullptr);

 private:
  void refresh();
  void fillSteps();
  void fillFormats();

  BitsState& m_state;
  TextTable *m_steps, *m_formats;
  Label* m_hint;
  QPushButton* m_take;
};

}  // namespace app
