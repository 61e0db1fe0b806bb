#pragma once
#include "app/workspaces/workspace.h"

class QSplitter;

namespace app {

class CalibrationNotice;
class HistogramCard;
class MatrixCard;
class TensorBrowser;
class TensorFacts;

/// The numbers of the model: tensors as tree and table, and of the selected one the histogram with the levels of the
/// checked schemes, statistics, matrix map, ranges of its channels and raw values.
class InspectWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit InspectWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  void showExample() override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 private:
  QWidget* buildTensorPage();
  void openInBits(quint64 flatIndex);
  void followSchemes();
  /// The table over the whole width, or the tensor beside it.
  void setWide(bool wide);

  TensorFacts* m_facts;
  TensorBrowser* m_browser;
  HistogramCard* m_histogram;
  MatrixCard* m_matrix;
  CalibrationNotice* m_calibration;
  core::quant::CalibrationNeed m_outlierNeed = core::quant::CalibrationNeed::None;
  QWidget* m_page = nullptr;
};

}  // namespace app
