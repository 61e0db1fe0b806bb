#pragma once
#include "app/plots/chart.h"
#include "app/workspaces/compare/compare_rows.h"

namespace app {

class TextLayer;

/// Schemes as points: bytes against KL or perplexity with error bars, a ring as wide as tokens/s; the Pareto line,
/// pairs that cannot be told apart joined, the noise floor as a band. A click selects.
class TradeoffChart : public Chart {
  Q_OBJECT
 public:
  enum class Quality : std::uint8_t { Kl, Perplexity };

  explicit TradeoffChart(QWidget* parent = nullptr);
  /// @param noiseFloor mean KL, 0: none  @param isOld figures of another question than the one asked: drawn pale
  void setRows(std::vector<CompareRow> rows, double noiseFloor, bool isOld);
  void setQuality(Quality quality);
  Quality quality() const { return m_quality; }
  /// Row that is marked; −1 for none.
  void setSelected(int row);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;
  /// Where a row's point is, in pixels; nothing where it has none.
  std::optional<QPoint> pointOf(int row) const;

 Q_SIGNALS:
  void rowClicked(int row);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Point {
    int row;
    double x, y, error;
  };
  void draw();
  void clear();
  void drawPoint(const Point& point);
  void drawFront();
  void drawJoins();
  void drawFloor();
  void showHome();
  void placeNames();
  std::optional<Point> pointFor(int row) const;
  double lowest() const;
  int rowAt(QPointF coordinates) const;
  QColor inkOf(const CompareRow& row) const;

  std::vector<CompareRow> m_rows;
  std::vector<Point> m_points;
  Quality m_quality = Quality::Kl;
  double m_noiseFloor = 0;
  bool m_isOld = false;
  int m_selected = -1;
  QString m_homeOf;  ///< what home was made for: it stays while figures come in
  QCPItemRect* m_floor;
  QCPItemText* m_floorName;
  TextLayer* m_names;
};

}  // namespace app
