#pragma once
#include <QWidget>

class QPushButton;
class QSpinBox;

namespace app {

class FileChoice;

class CompareState;

/// The question above the picture: which text, how much of it, under which conditions; and the button that measures or
/// stops.
class MeasureBar : public QWidget {
  Q_OBJECT
 public:
  explicit MeasureBar(CompareState& state, QWidget* parent = nullptr);

  /// The button, to be placed by whoever has the bar.
  QPushButton* button() const { return m_measure; }

 private:
  void buildText();
  void ask();
  void refresh();

  CompareState& m_state;
  FileChoice* m_text;
  QSpinBox* m_tokens;
  QPushButton* m_measure;
};

}  // namespace app
