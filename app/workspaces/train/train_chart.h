#pragma once
#include <vector>

#include "app/plots/chart.h"
#include "app/session/train_news.h"

namespace app {

class TextLayer;

/// A run as it goes: the loss of every step, the held-out loss at every evaluation with its error, and lines across for
/// what it starts from and what it may reach. Both axes show one quantity on a logarithmic scale: nats on the left, the
/// perplexity that is e to them on the right.
class TrainChart : public Chart {
  Q_OBJECT
 public:
  /// A line across.
  struct Line {
    QString name;
    double perplexity = 0;
    QColor color;
    bool operator==(const Line&) const = default;
  };

  explicit TrainChart(QWidget* parent = nullptr);
  /// Appends what is new of a run; another run (or a shorter history) begins anew.
  /// @param run number of it  @param steps that it will have
  void show(std::uint64_t run, const TrainHistory& history, std::uint64_t steps);
  void setLines(std::vector<Line> lines);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Point {
    double step, nats, error;  ///< of the held-out text
  };
  void begin(std::uint64_t run, std::uint64_t steps);
  void append(const TrainHistory& history);
  void fit();
  void placeNames();
  void tickPerplexities();

  std::uint64_t m_run = 0, m_steps = 0;
  std::vector<core::train::StepReport> m_reports;
  std::vector<Point> m_points;
  std::vector<Line> m_lines;
  std::vector<QCPGraph*> m_lineGraphs;
  QCPGraph *m_loss, *m_heldOut;
  QCPErrorBars* m_errors;
  TextLayer* m_names;
  QString m_fitted;
};

}  // namespace app
