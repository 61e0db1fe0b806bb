#pragma once
#include <QWidget>

class QComboBox;
class QLineEdit;

namespace app {

class BitsState;
class Label;

/// Scale and zero-point of one format (of a code book the absmax), typed; empty where they follow from the range. What
/// is typed is kept letter by letter and used without rounding.
class ScaleEditor : public QWidget {
  Q_OBJECT
 public:
  explicit ScaleEditor(BitsState& state, QWidget* parent = nullptr);
  /// Turns to the selected format, where it has a scale.
  void followRow();

 Q_SIGNALS:
  void resized();  ///< a sentence came or went

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void take();
  void refresh();
  void showProblem(const QString& sentence);

  BitsState& m_state;
  QString m_format = QStringLiteral("int8");
  QComboBox* m_formats;
  QLineEdit *m_scale, *m_zeroPoint;
  Label *m_formatName, *m_scaleName, *m_zeroPointName, *m_problem;
};

}  // namespace app
