#pragma once
#include <QWidget>

class QComboBox;
class QPushButton;
class QSpinBox;

namespace app {

class CompareState;
class Label;

/// The question above the picture: which text, how much of it, on which device, with which keys and values, against
/// what; and the button that measures or stops.
class MeasureBar : public QWidget {
  Q_OBJECT
 public:
  explicit MeasureBar(CompareState& state, QWidget* parent = nullptr);

  /// The button, to be placed by whoever has the bar.
  QPushButton* button() const { return m_measure; }

 private:
  void buildText();
  void buildDevices();
  void fillReference();
  void ask();
  void refresh();
  void chooseFile();

  CompareState& m_state;
  QComboBox *m_text, *m_device, *m_kv, *m_reference;
  QSpinBox* m_tokens;
  QPushButton* m_measure;
};

}  // namespace app
