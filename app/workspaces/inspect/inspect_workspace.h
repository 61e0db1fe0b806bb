#pragma once
#include "app/pictures/scheme_levels.h"
#include "app/workspaces/workspace.h"
#include "core/metrics/channel_ranges.h"
#include "core/metrics/matrix_map.h"

class QCheckBox;
class QComboBox;
class QTableView;
class QTabWidget;

namespace app {

class ChannelChart;
class Label;
class MatrixView;
class StatisticsRow;
class TensorBrowser;
class TensorFacts;
class ValueTableModel;
class WeightHistogram;

/// The numbers of the model: tensors as tree and table, and of the selected one the histogram with the levels of the
/// checked schemes, statistics, matrix map, ranges of its channels and raw values.
class InspectWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit InspectWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 private:
  QWidget* buildTensorPage();
  QWidget* buildHistogramCard();
  QWidget* buildTabs();
  void connectSelection();
  void showTensor();
  void showFacts();
  void requestSchemes();
  void requestMatrix();
  void showSchemes(const std::vector<SchemeView>& views);
  void showWeight();
  void selectWeight(std::uint64_t flatIndex);
  void selectWeightInBin(double low, double high);
  bool isDecodable() const;
  core::tensor::TensorView view() const;

  TensorFacts* m_facts;
  TensorBrowser* m_browser;
  Label *m_title, *m_subtitle;
  StatisticsRow* m_statistics;
  WeightHistogram* m_histogram;
  QCheckBox* m_logarithmic;
  QComboBox* m_overlay;
  QTabWidget* m_tabs;
  MatrixView* m_matrix;
  ChannelChart *m_rows, *m_columns;
  ValueTableModel* m_values;
  QTableView* m_valueTable;
  bool m_active = false;
};

}  // namespace app
