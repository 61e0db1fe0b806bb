#pragma once
#include <QWidget>

#include "app/workspaces/bits/block_source.h"
#include "app/workspaces/bits/block_state.h"

class QComboBox;
class QLineEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace app {

class BlockBytes;
class Card;
class Label;
class TextTable;

/// A block of weights as a scheme stores it: bytes with every field coloured and marked, each bit to be flipped; what
/// the block's scales and minima are, what every weight decodes to, and the formula with its numbers.
class BlockPage : public QWidget {
  Q_OBJECT
 public:
  BlockPage(BlockState& state, BlockSource& source, QWidget* parent = nullptr);
  /// The weight whose formula is shown.
  int chosenValue() const { return m_value; }

 Q_SIGNALS:
  /// A weight's stored value is to be looked at in every format.
  void valueWanted(double value);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* buildInput();
  Card* buildBytes();
  Card* buildValues();
  Card* buildRefusal();
  void showRefusal(const QString& sentence, const QString& help);
  void connectAll();
  void chooseValue(int value);
  void refresh();
  void refreshInput();
  void refreshFormula();
  void showProblem(const QString& sentence);

  BlockState& m_state;
  BlockSource& m_source;
  QComboBox* m_schemes;
  QLineEdit* m_values;
  QPushButton *m_fromWeight, *m_restore;
  Label *m_origin, *m_problem, *m_formula, *m_bit;
  BlockBytes* m_bytes;
  TextTable *m_parameters, *m_weights;
  QSplitter* m_across;
  QStackedWidget* m_shown;  ///< the block, or why there is none
  Label *m_refused, *m_reason, *m_help;
  int m_value = 0;
};

}  // namespace app
