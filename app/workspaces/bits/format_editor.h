#pragma once
#include <QFrame>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace app {

class BitsState;
class Label;

/// A float of one's own: bits, bias, specials, subnormals, with its name and what it can hold, as one chooses. A popup;
/// Enter adds it.
class FormatEditor : public QFrame {
  Q_OBJECT
 public:
  explicit FormatEditor(BitsState& state, QWidget* parent = nullptr);
  /// Under a widget, starting from the selected format where that is a float.
  void openUnder(const QWidget& anchor);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void build();
  void readControls();
  void readName();
  void showFormat(const QString& text);
  void add();

  BitsState& m_state;
  QSpinBox *m_exponent, *m_mantissa, *m_bias;
  QComboBox* m_specials;
  QCheckBox* m_subnormals;
  QLineEdit* m_name;
  QPushButton* m_add;
  Label *m_facts, *m_problem;
  bool m_biasIsOwn = false;  ///< otherwise it follows the bits
  bool m_filling = false;
};

}  // namespace app
