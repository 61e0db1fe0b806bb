#pragma once
#include <QWidget>
#include <vector>

#include "app/selection/selection.h"

class QProgressBar;
class QPushButton;

namespace app {

class Calibrator;
class Label;

/// One line above what waits for a calibration: who waits and why, how far the reading is, and the button that starts
/// or stops it. Gone while nothing waits.
class CalibrationNotice : public QWidget {
  Q_OBJECT
 public:
  /// Somebody who may wait.
  struct Asker {
    QString name;  ///< "GPTQ · INT4 · 128", "The output error"
    core::quant::CalibrationNeed need = core::quant::CalibrationNeed::None;
  };

  CalibrationNotice(Selection& selection, Calibrator& calibrator, QWidget* parent = nullptr);

  void setAskers(std::vector<Asker> askers);
  /// The schemes and recipes that are compared, and one more.
  void setRecipes(const std::vector<core::model::Recipe>& recipes);
  QString text() const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void refresh();

  Selection& m_selection;
  Calibrator& m_calibrator;
  std::vector<Asker> m_askers;
  Label* m_label;
  QProgressBar* m_progress;
  QPushButton* m_button;
};

}  // namespace app
