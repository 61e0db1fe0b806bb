#pragma once
#include "app/workspaces/layers/layer_content.h"
#include "app/workspaces/layers/layer_measure.h"
#include "app/workspaces/workspace.h"

class QMenu;
class QScrollArea;
class QSplitter;
class QStackedLayout;

namespace app {

class CalibrationNotice;
class DesignPage;
class LayerLists;
class LayersHeader;
class MeasuredLayers;
class PaintBar;
class PaintingHand;
class SensitivityBar;

/// Error of every layer under every checked scheme: one map per scheme, the current scheme's matrices sorted, and what
/// it leaves as stored. A click selects tensor and scheme, a double click opens the tensor in Inspect; marked tensors
/// are given schemes of their own, which makes a recipe; another page designs one by what tensors measurably cost.
class LayersWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit LayersWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  /// As any, with `measure=weights`, `outputs` or `measured`; of what is measured also `text=demo` or `prose`,
  /// `tokens`, `direction=swap` or `restore`, `level=layer`, `role` or `tensor`. layers/design is the designer.
  QString openLink(const Link& link) override;
  Link link() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* buildMaps();
  void showDesigner(bool shown);
  void connectAll();
  void request();
  void followModel();
  void refresh();
  void refreshMaps(const std::vector<core::model::Recipe>& schemes);
  void refreshDots();
  void refreshKept();
  void refreshSummary();
  void refreshMeasured();
  void refreshSelection();
  /// A map that came to be the current scheme's.
  void bringIntoView(int map);
  void fitMaps();
  /// What is under the menu of a cell, of the scheme whose dots are shown.
  void fillTraceMenu(QMenu* menu);
  void traceWord();
  void select(int row, int column);
  void openTensor(int row, int column);
  /// The scheme whose dots are shown: the current one if it is checked, else the first checked one.
  std::optional<core::model::Recipe> dotScheme() const;
  QString modelName() const;
  /// What the pictures were computed from.
  QString provenance() const;
  LayerContent content() const;
  bool isMeasured() const;
  bool isDesigning() const;

  LayerErrors* m_errors;
  MeasuredLayers* m_measured;
  LayersHeader* m_header;
  SensitivityBar* m_bar;
  CalibrationNotice* m_calibration;
  PaintBar* m_paintBar;
  LayerMaps* m_maps;
  PaintingHand* m_painting;
  QScrollArea* m_mapScroll;
  int m_shownMap = -1;  ///< that of the current scheme, which was brought into view
  QSplitter* m_splitter;
  LayerLists* m_lists;
  DesignPage* m_designer;
  QStackedLayout* m_pages;
  QString m_keptOf;  ///< what the list of kept tensors shows
  bool m_active = false;
};

}  // namespace app
