#pragma once
#include <limits>

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
    double value = 0;                                         ///< finite, unless there is a note
    int row = 0;                                              ///< the caller's number of this tensor
    QString note;                                             ///< instead of a value: "no finite value"
    double error = std::numeric_limits<double>::quiet_NaN();  ///< standard error of the value; NaN: none is known
    bool isWithinError = false;                               ///< nothing was found: its dot is hollow
    QString detail = {};                                      ///< what more there is to say of the value
    QString beside = {};                                      ///< behind its figure: "(inputs 0.40 %)"
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
  static double errorOf(const Dot& dot);
  QString figureOf(const Dot& dot) const;
  int dotAt(QPointF coordinates) const;

  std::vector<Dot> m_dots;
  core::metrics::Metric m_metric = core::metrics::Metric::SqnrDb;
  QColor m_color;
  int m_selected = -1;
  std::size_t m_labelStep = 0;         ///< rows from a name to the next
  double m_longest = 0, m_lowest = 0;  ///< ends of all lines, with their errors
  double m_figureWidth = 0;            ///< of all figures, in pixels
  QCPGraph *m_plain, *m_marked, *m_hollow, *m_measured;
  QCPErrorBars* m_errors;  ///< of m_measured
  QCPItemRect* m_band;
  TextLayer *m_texts, *m_notes;
};

}  // namespace app
