#pragma once
#include "app/plots/chart.h"
#include "core/metrics/error_stats.h"

namespace app {

class TextLayer;

/// One scheme's errors as dots on lines from zero with their values, the worst tensor on top; what could not be
/// measured stands above it with the reason. A click selects a tensor, a double click opens it.
class ErrorDots : public Chart {
  Q_OBJECT
 public:
  struct Dot {
    QString label;
    double value = 0;  ///< finite, unless there is a note
    int row = 0;       ///< the caller's number of this tensor
    QString note;      ///< instead of a value: "no finite value"
  };

  explicit ErrorDots(QWidget* parent = nullptr);
  void setData(std::vector<Dot> dots, core::metrics::Metric metric, const QColor& color);
  void setSelected(int row);
  /// As many rows from the top as home view, instead of those that the widget's height has room for.
  void showRows(int count);
  ChartTable table() const override;
  /// Middle of a row in widget coordinates, for tests.
  QPoint centerOf(int place) const;

 Q_SIGNALS:
  void dotClicked(int row);
  void dotActivated(int row);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void draw();
  void showHome();
  void labelRows();
  void fitLayout();
  void makeRoomForFigures();
  std::size_t labelStep() const;
  /// What is drawn of a value: its distance from zero error, or for decibels from a noise as loud as the weights.
  double length(const Dot& dot) const;
  int dotAt(QPointF coordinates) const;

  std::vector<Dot> m_dots;
  core::metrics::Metric m_metric = core::metrics::Metric::SqnrDb;
  QColor m_color;
  int m_selected = -1;
  std::size_t m_labelStep = 0;              ///< rows from a name to the next
  double m_longest = 0, m_figureWidth = 0;  ///< of all lines; of all figures, in pixels
  QCPGraph *m_plain, *m_marked;
  QCPItemRect* m_band;
  TextLayer *m_texts, *m_notes;
};

}  // namespace app
