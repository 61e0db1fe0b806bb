#pragma once
#include <memory>

#include "app/workspaces/quantize/lab_inputs.h"
#include "app/workspaces/quantize/lab_page.h"

class QComboBox;
class QStackedLayout;

namespace app {

class InputTables;
class InputsChart;
class Label;
class Sentence;
class StopNotice;

/// What enters the layer of the tensor: how its inputs are spread over the calibration text, what range every method
/// makes of that, and what the ranges do to a text that was not calibrated for; static against dynamic, and which
/// tokens clip.
class InputsPage : public LabPage {
  Q_OBJECT
 public:
  explicit InputsPage(LabState& state, QWidget* parent = nullptr);

 protected:
  void refresh() override;

 private:
  QWidget* buildStudy();
  QWidget* buildText();
  void chooseText();
  void askForFile();
  QString chosenText() const;
  void compute(InputQuestion question, const QString& layer, const QString& key);
  void take(LabInputs inputs);
  void say(int chosen);
  void showMessage(const QString& message);

  std::shared_ptr<const LabInputs> m_inputs;              ///< null: none yet
  QString m_computed;                                     ///< what it was, or is being, made for
  std::weak_ptr<core::quant::Calibration> m_calibration;  ///< and with
  core::quant::Scheme m_said;                             ///< the scheme that the sentence is about
  QString m_file;                                         ///< a person's own text
  QStackedLayout* m_stack;
  Label* m_message;
  Sentence* m_sentence;
  QComboBox* m_text;
  InputsChart* m_chart;
  InputTables* m_tables;
  QWidget *m_line, *m_study, *m_empty;
  StopNotice* m_stop;
};

}  // namespace app
