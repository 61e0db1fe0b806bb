#pragma once
#include "app/plots/chart.h"
#include "app/workspaces/layers/design_run.h"

namespace app {

class TextLayer;

/// The search for a recipe: KL against the number of the measurement. Dots are single tensors, the stairs are the best
/// recipe so far with its error, lines across are what it is to beat, or the KL that was asked for.
class DesignChart : public Chart {
  Q_OBJECT
 public:
  /// A line across.
  struct Mark {
    QString name;
    double kl = 0;
    QColor color;
    Qt::PenStyle pen = Qt::DashLine;
  };

  explicit DesignChart(QWidget* parent = nullptr);
  /// @param isOld the answer to another question: drawn pale
  void show(const DesignOutcome& outcome, std::vector<Mark> marks, bool isOld);
  void clear();
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  struct Point {
    double at = 0, kl = 0, error = 0;
    QString text;
    bool isSingle = false;
  };
  void draw();
  void drawMarks(double right);
  void drawSteps(double right);
  void showHome(double right);

  std::vector<Point> m_points;  ///< as far as they can be drawn: KL above 0
  std::vector<Mark> m_marks;
  double m_wanted = 0;  ///< measurements that the axis has room for
  bool m_isOld = false;
  QString m_homeOf;
  TextLayer* m_names;
};

}  // namespace app
