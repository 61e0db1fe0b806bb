#pragma once
#include <vector>

#include "app/workspaces/bits/number_line.h"

namespace app {

/// Draws the number line into its chart, so that it is exported and copied like every other chart.
class LineDrawing final : public QCPAbstractItem {
  Q_OBJECT
 public:
  explicit LineDrawing(NumberLine& line);
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  struct LabelAt {
    double x;
    QString text;
    bool chosen;
    double rank;  ///< smaller ones take their room first
  };
  double toX(double value) const;
  void drawInterval(QCPPainter* painter) const;
  void drawEnd(QCPPainter* painter, double x, bool closed) const;
  void drawShades(QCPPainter* painter) const;
  void drawTick(QCPPainter* painter, const NumberLine::Tick& tick, bool hovered) const;
  void drawChosen(QCPPainter* painter, double x) const;
  void drawLabels(QCPPainter* painter, const QRectF& area) const;
  std::vector<LabelAt> labelsInOrder() const;
  void drawNumber(QCPPainter* painter, const QRectF& area) const;

  NumberLine& m_line;
  double m_y = 0;
};

}  // namespace app
