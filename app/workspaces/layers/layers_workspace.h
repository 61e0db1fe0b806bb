#pragma once
#include "app/workspaces/layers/layer_content.h"
#include "app/workspaces/workspace.h"
#include "core/metrics/error_stats.h"

class QComboBox;
class QMenu;
class QScrollArea;
class QSplitter;
class QTabWidget;

namespace app {

class CalibrationNotice;
class KeptTensors;
class Label;
class PaintBar;
class RecipePainter;

/// Error of every layer under every checked scheme: one map per scheme, the current scheme's matrices sorted, and what
/// it leaves as stored. A click selects tensor and scheme, a double click opens the tensor in Inspect; marked tensors
/// are given schemes of their own, which makes a recipe.
class LayersWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit LayersWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* buildHeader();
  QWidget* buildMaps();
  QWidget* buildLists();
  void request();
  void followModel();
  void refresh();
  void refreshMaps(const std::vector<core::model::Recipe>& schemes);
  void refreshDots();
  void refreshKept();
  void refreshPaintBar();
  /// The schemes that marked tensors can be given.
  void fillPaintMenu(QMenu* menu);
  std::vector<std::size_t> markedTensors() const;
  void refreshSelection();
  void fitMaps();
  void select(int row, int column);
  void openTensor(int row, int column);
  /// The scheme whose dots are shown: the current one if it is checked, else the first checked one.
  std::optional<core::model::Recipe> dotScheme() const;
  core::metrics::Metric metric() const;
  QString modelName() const;
  /// What the pictures were computed from.
  QString provenance() const;
  /// What is measured, of which model.
  QString summary() const;
  LayerContent content() const;

  LayerErrors* m_errors;
  RecipePainter* m_painter;
  QComboBox *m_metric, *m_shading;
  Label* m_summary;
  CalibrationNotice* m_calibration;
  PaintBar* m_paintBar;
  LayerMaps* m_maps;
  QScrollArea* m_mapScroll;
  QSplitter* m_splitter;
  QTabWidget* m_lists;
  Label* m_dotsTitle;
  ErrorDots* m_dots;
  KeptTensors* m_kept;
  QString m_keptOf;   ///< what m_kept shows
  QString m_painted;  ///< what was just painted, said until something else is marked
  bool m_active = false;
};

}  // namespace app
