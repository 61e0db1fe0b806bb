#pragma once
#include <memory>

#include "app/workspaces/quantize/lab_inputs.h"
#include "app/workspaces/quantize/lab_page.h"

class QComboBox;
class QStackedLayout;

namespace app {

class InputsChart;
class Label;
class Sentence;
class StopNotice;
class TextTable;

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
  QWidget* buildTables();
  void askForFile();
  void chooseText();
  void compute(InputQuestion question, const QString& key);
  void take(LabInputs inputs);
  void showMessage(const QString& message);
  void showRanges();
  void showTokens();
  int chosen() const;
  QString nameOf(const core::quant::Activations& how) const;

  std::shared_ptr<const LabInputs> m_inputs;  ///< null: none yet
  QString m_computed;                         ///< what it was, or is being, made for
  QString m_file;                             ///< a person's own text
  QStackedLayout* m_stack;
  QWidget *m_study, *m_empty;
  Label *m_message, *m_tokensTitle;
  Sentence* m_sentence;
  QComboBox* m_text;
  InputsChart* m_chart;
  TextTable *m_ranges, *m_tokens;
  StopNotice* m_stop;
};

}  // namespace app
