#pragma once
#include <QDialog>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace app {

class Calibrator;
class Selection;

/// Asks what a model is to read for its calibration: a text, how much of it and in pieces of how many tokens; or an
/// importance matrix that somebody made. Deletes itself.
class CalibrationDialog : public QDialog {
  Q_OBJECT
 public:
  CalibrationDialog(Selection& selection, Calibrator& calibrator, QWidget* parent = nullptr);

 private:
  void addText(QFormLayout& form);
  void addReading(QFormLayout& form);
  void browse();
  void askForImportance();
  void refresh();
  void start();
  bool isFile() const;

  Selection& m_selection;
  Calibrator& m_calibrator;
  QComboBox* m_text;
  QLineEdit* m_file;
  QPushButton *m_browse, *m_read;
  QSpinBox *m_tokens, *m_context;
};

/// What the button does wherever it stands: a built-in model reads its text at once the first time, and stops while it
/// reads; otherwise the dialog asks.
void startCalibration(Selection& selection, Calibrator& calibrator, QWidget* parent);

}  // namespace app
