#pragma once
#include <optional>

#include "app/lessons/lesson.h"
#include "app/plots/chart.h"

namespace app {

/// The chart of a question for a place on its x axis: empty but for the guess until the truth is out, then the curve,
/// the true place and the distance between. Left and Right move the guess.
class PointChart : public Chart {
  Q_OBJECT
 public:
  PointChart(const PointQuestion& question, const QString& title, QWidget* parent = nullptr);

  /// What the axes span, and, with `shown`, what is drawn.
  void setCurve(const Curve& curve, bool shown);
  void setGuess(std::optional<double> x);
  std::optional<double> guess() const { return m_guess; }
  void setTruth(std::optional<double> x);
  ChartTable table() const override;

 Q_SIGNALS:
  void guessed();
  void submitted();

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void moveGuess(double shareOfAxis);
  QCPItemStraightLine* addLine();
  void place(QCPItemStraightLine& line, std::optional<double> x);

  Curve m_curve;
  bool m_shown = false;
  std::optional<double> m_guess, m_truth;
  QCPGraph* m_graph;
  QCPItemStraightLine *m_guessLine, *m_truthLine;
};

}  // namespace app
