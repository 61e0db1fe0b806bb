#pragma once
// QCustomPlot uses Qt's old foreach keyword in its header.
#include <qcustomplot.h>

#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

namespace app {

class Label;

/// What a chart shows, as numbers: for CSV export and the clipboard.
struct ChartTable {
  QStringList columns;
  std::vector<std::vector<double>> rows;  ///< NaN is written as an empty field
  QStringList rowLabels;                  ///< empty, or one per row: written as the first column
};

/// Base of every chart: the theme's look (thin axes, few ticks), zoom with the wheel, pan by dragging, double click
/// resets, a hover read-out, and a context menu that exports PNG, SVG, PDF, CSV or copies. Subclasses add plottables
/// and implement table(), readout() and applyColors().
class Chart : public QCustomPlot {
  Q_OBJECT
 public:
  explicit Chart(QWidget* parent = nullptr);

  /// Name in exports and for screen readers.
  void setTitle(const QString& title);
  const QString& title() const { return m_title; }
  /// Label with unit on the axes: "weight", "count", "SQNR (dB)".
  void setAxisTitles(const QString& x, const QString& y);
  /// Remembers the present ranges as what reset returns to.
  void rememberHome();
  void resetView();
  /// Text in the middle while there is nothing to draw ("Computing…", "Choose a tensor"); empty to remove.
  void setMessage(const QString& message);

  virtual ChartTable table() const = 0;
  /// C-locale text with a header line.
  QByteArray csv() const;
  /// @param fileName its ending (.png, .svg, .pdf, .csv) chooses the kind
  /// @return empty, or the sentence that says why it could not be written
  QString exportTo(const QString& fileName);

 Q_SIGNALS:
  void exportFailed(const QString& sentence);

 protected:
  /// What to say about the place under the pointer (axis coordinates); nothing hides the read-out.
  virtual std::optional<QString> readout(QPointF coordinates) const = 0;
  /// Sets the colours of the subclass's plottables; called after every theme change, before the replot.
  virtual void applyColors() {}
  /// A click that was no drag, in axis coordinates.
  virtual void clickedAt(QPointF coordinates) { Q_UNUSED(coordinates) }
  /// Applies the look to an axis the subclass added.
  static void styleAxis(QCPAxis* axis);
  QPointF toCoordinates(QPointF pixel) const;

  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void applyTheme();
  void placeReadout(QPointF pixel);
  void zoom(double factor);
  void pan(double x, double y);
  void askAndExport(const QString& ending);
  QByteArray svg();
  QByteArray pdf();
  QByteArray png();
  void paintVectors(QPaintDevice& device);

  QString m_title;
  Label* m_readout;
  Label* m_message;
  QPointF m_pressedAt;
  std::vector<std::pair<QCPAxis*, QCPRange>> m_home;
};

}  // namespace app
