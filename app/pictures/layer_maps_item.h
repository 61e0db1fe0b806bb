#pragma once
#include <qcustomplot.h>

#include <vector>

#include "app/pictures/layer_maps.h"

namespace app {

/// Where the maps stand in a picture of some size, and their painting.
class LayerMapsItem : public QCPAbstractItem {
  Q_OBJECT
 public:
  explicit LayerMapsItem(LayerMaps* maps);

  struct Layout {
    double gutter = 0;  ///< width of the names of the kinds
    int columns = 1;    ///< of maps
    QSizeF tile, cell;  ///< of a map with head and foot; of a cell
    QRectF head(int scheme) const;
    QRectF grid(int scheme) const;
    QSizeF gridSize;
  };
  Layout layOut(QSizeF room) const;
  int heightFor(int width) const;
  /// The blocks in view, as a range of the plot's upper x axis.
  QCPRange blocks() const;
  static QFont font();
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  Layout withColumns(QSizeF room, int columns) const;
  /// Most maps side by side that can be read.
  int mostColumns(double width) const;
  double gutterWidth() const;
  void drawKinds(QCPPainter& painter, const Layout& layout) const;
  void drawMap(QCPPainter& painter, const Layout& layout, int scheme) const;
  QRectF cellRect(const Layout& layout, int scheme, LayerGrid::Place place) const;
  void drawCell(QCPPainter& painter, const QRectF& rect, int matrix, int scheme) const;
  void drawTreatment(QCPPainter& painter, const QRectF& rect, int treatment, const QColor& ground, double figure) const;
  /// The figures of cells that share one, each once in the middle of them.
  void drawShared(QCPPainter& painter, const Layout& layout, int scheme) const;
  void drawRuns(QCPPainter& painter, const Layout& layout, int scheme) const;
  void drawMarked(QCPPainter& painter, const Layout& layout, int scheme) const;
  /// Where the entries of the legend of schemes within recipes stand, from its top left corner.
  std::vector<QRectF> legendRects(double width) const;
  double legendHeight(double width) const;
  void drawLegend(QCPPainter& painter, QPointF topLeft, double width) const;
  void drawMark(QCPPainter& painter, const QRectF& rect) const;
  void drawBlockTicks(QCPPainter& painter, const Layout& layout, int scheme) const;
  void drawHead(QCPPainter& painter, const QRectF& head, int scheme) const;
  /// Beside the scale: the metric, and what kinds of cells there are beside those that the scale explains.
  QString legendText() const;
  bool hasCell(bool (*is)(const LayerMaps::Cell&)) const;
  void drawScale(QCPPainter& painter, const Layout& layout, double right) const;

  LayerMaps& m_maps;
};

}  // namespace app
