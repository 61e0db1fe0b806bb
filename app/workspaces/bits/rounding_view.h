#pragma once
#include <QWidget>
#include <cstdint>
#include <vector>

class QBoxLayout;
class QButtonGroup;
class QGridLayout;
class QPushButton;
class QRadioButton;

namespace app {

class BitRows;
class BitsState;
class GuardBits;
class Label;
struct FormatRow;

/// Why the selected format stores what it stores: the bits that decide, the decision in words, the bits of FP32 cut off
/// and rounded, what every rounding mode would give (choosing one rounds that way everywhere), and rolls of stochastic
/// rounding with what they come to.
class RoundingView : public QWidget {
  Q_OBJECT
 public:
  explicit RoundingView(BitsState& state, QWidget* parent = nullptr);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct ModeLine {
    QRadioButton* button;
    Label *value, *error;
  };
  QWidget* buildModes();
  QWidget* buildDecision();
  void refresh();
  void refreshBits(const FormatRow& row);
  void refreshModes(const FormatRow& row);
  void refreshRolls();
  void roll(int times);

  BitsState& m_state;
  GuardBits* m_guard;
  Label *m_sentence, *m_interval, *m_bitsTitle, *m_rolls;
  BitRows* m_bits;
  QButtonGroup* m_group;
  std::vector<ModeLine> m_modes;
  QPushButton *m_roll, *m_rollMany;
  QBoxLayout* m_columns;
  std::uint64_t m_rolled = 0, m_away = 0;  ///< of this number in this format
  double m_sum = 0;                        ///< of what was rolled
};

}  // namespace app
