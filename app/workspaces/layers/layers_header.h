#pragma once
#include <QWidget>

#include "app/pictures/layer_scale.h"
#include "app/workspaces/layers/layer_measure.h"
#include "core/metrics/error_stats.h"

class QButtonGroup;
class QComboBox;
class QHBoxLayout;
class QSettings;

namespace app {

class Label;

/// Above the maps: where the error is looked at, by which figure, in which colours, and what that is of.
class LayersHeader : public QWidget {
  Q_OBJECT
 public:
  explicit LayersHeader(QWidget* parent = nullptr);

  LayerMeasure measure() const;
  void setMeasure(LayerMeasure measure);
  /// The figure in cells and dots: of the weights, the one that is chosen.
  core::metrics::Metric metric() const;
  LayerShading shading() const;
  void setSummary(const QString& text, const QString& toolTip);

  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void figureChanged();  ///< measure or metric
  void shadingChanged();

 private:
  QWidget* buildSwitch();
  void buildMetrics();
  void buildShadings();

  QButtonGroup* m_measures;
  QComboBox *m_metric, *m_shading;
  Label* m_summary;
};

}  // namespace app
