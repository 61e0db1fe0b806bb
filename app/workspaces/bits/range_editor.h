#pragma once
#include <QFrame>
#include <optional>

class QCheckBox;
class QLineEdit;
class QPushButton;

namespace app {

class BitsState;
class Label;
class ScaleEditor;

/// The range that integers and code books are scaled to: the largest magnitude of a block, or lowest and highest value
/// with a zero-point, and the scales that follow, with their numbers; or one format's own scale. A popup.
class RangeEditor : public QFrame {
  Q_OBJECT
 public:
  explicit RangeEditor(BitsState& state, QWidget* parent = nullptr);
  void openUnder(const QWidget& anchor);

 private:
  void build();
  void takeAbsmax();
  void takeEnds();
  void takeZeroPoint(bool on);
  void followNumber();
  /// Nothing when it is no number above zero (or at all, for an end); then a sentence is shown.
  std::optional<double> numberIn(QLineEdit* field);
  void showProblem(QLineEdit* field, const QString& sentence);
  void refresh();

  BitsState& m_state;
  QLineEdit *m_absmax = nullptr, *m_low = nullptr, *m_high = nullptr;
  QCheckBox* m_zeroPoint;
  QPushButton* m_follow;
  Label *m_formulas, *m_problem;
  ScaleEditor* m_scale;
};

/// "Range: absmax 0.625", "Range: −1 … 2.5"; the selected format's own scale where it has one: scaleSentence()
QString rangeText(const BitsState& state);

}  // namespace app
