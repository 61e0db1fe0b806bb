#pragma once
#include "app/workspaces/workspace.h"
#include "core/metrics/error_stats.h"

class QComboBox;

namespace app {

class Card;
class ErrorBars;
class HeatMap;
class Label;
class LayerErrors;

/// Error of every layer under every checked scheme: heat map and sorted bars. A click selects tensor and scheme.
class LayersWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit LayersWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 private:
  QWidget* buildHeader();
  void request();
  void refresh();
  void refreshMap(const std::vector<core::quant::Scheme>& schemes);
  void refreshBars(const std::vector<core::quant::Scheme>& schemes);
  void refreshSelection();
  void select(int row, int column);
  /// The scheme whose bars are shown: the current one if it is checked, else the first checked one.
  std::optional<core::quant::Scheme> barScheme() const;
  core::metrics::Metric metric() const;
  QStringList tensorNames() const;

  LayerErrors* m_errors;
  QComboBox* m_metric;
  Label* m_summary;
  HeatMap* m_map;
  Card* m_barCard;
  ErrorBars* m_bars;
  bool m_active = false;
};

}  // namespace app
