#pragma once
#include <QStringList>
#include <vector>

#include "app/pictures/layer_grid.h"
#include "app/pictures/layer_scale.h"
#include "app/plots/chart.h"

namespace app {

class LayerMapsItem;

/// One small map per scheme: blocks side by side, kinds of matrix below each other, the error as colour; over each map
/// the scheme with the mean and worst of its matrices and the size of the model. A click selects a matrix and a scheme,
/// a double click opens it.
class LayerMaps : public Chart {
  Q_OBJECT
 public:
  struct Cell {
    bool known = false;
    double value = 0;        ///< may be infinite: no error at all
    QString note;            ///< why there is no value
    bool nonFinite = false;  ///< values that are no numbers, stored or made by the scheme
  };
  struct SchemeMap {
    QString title;
    QColor color;
    QString size;             ///< of the whole model: "model 3.54 MiB · 5.67 bits/weight"; empty while unknown
    std::vector<Cell> cells;  ///< one per matrix
  };
  struct Content {
    QStringList names;  ///< of the matrices
    LayerGrid grid;
    std::vector<SchemeMap> schemes;
    core::metrics::Metric metric = core::metrics::Metric::SqnrDb;
    LayerShading shading = LayerShading::PerScheme;
  };

  explicit LayerMaps(QWidget* parent = nullptr);

  void setContent(Content content);
  const Content& content() const { return m_content; }
  /// −1 for none.
  void setSelected(int matrix, int scheme);
  /// Height at which every row can be read.
  int heightFor(int width) const;
  ChartTable table() const override;
  /// Middle of a cell in widget coordinates, for tests.
  QPoint centerOf(int matrix, int scheme) const;
  /// "mean 20.1 · worst 14.2 · 2 refused"
  QString summary(int scheme) const;

 Q_SIGNALS:
  void cellClicked(int matrix, int scheme);
  void cellActivated(int matrix, int scheme);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  friend class LayerMapsItem;
  struct Hit {
    int matrix = -1, scheme = -1;  ///< matrix −1: over the head of a map
  };
  std::optional<Hit> hitAt(QPointF pixel) const;
  /// The matrix of a place whose error is largest; −1 where there is none.
  int worstAt(LayerGrid::Place place, int scheme) const;
  void zoomBlocks(double factor, double around);
  void step(int blocks, int kinds);

  Content m_content;
  LayerScale m_scale;
  std::vector<std::vector<int>> m_matricesAt;  ///< kinds × blocks → matrices
  int m_selectedMatrix = -1, m_selectedScheme = -1;
  double m_dragFrom = 0;
  LayerMapsItem* m_item;
};

}  // namespace app
