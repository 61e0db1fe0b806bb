#pragma once
// QCustomPlot uses Qt's old foreach keyword in its header.
#include <qcustomplot.h>

#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

class QMenu;
class QToolButton;

namespace app {

class Label;
class Readout;

/// What a chart shows, as numbers: for CSV export and the clipboard.
struct ChartTable {
  QStringList columns;
  std::vector<std::vector<double>> rows;  ///< NaN is written as an empty field
  QStringList rowLabels;                  ///< empty, or one per row: written as the first column
};

/// What a colour stands for, for exported pictures: in the window the controls around a chart say it.
struct ChartLegendEntry {
  QString name;
  QColor color;
};

/// Base of every chart: the theme's look (thin axes, few ticks), zoom with the wheel, pan by dragging, double click
/// resets (where it does not open what is under it), a hover read-out, a frame when it has the keyboard, and a menu
/// that exports PNG, SVG, PDF, CSV or copies. Subclasses add plottables and implement table(), readout() and
/// applyColors().
class Chart : public QCustomPlot {
  Q_OBJECT
 public:
  explicit Chart(QWidget* parent = nullptr);

  /// Name in exports and for screen readers.
  void setTitle(const QString& title);
  const QString& title() const { return m_title; }
  /// What the data was computed from ("demo · BF16 · block [3, 128–191]"): written under the title of exported
  /// pictures.
  void setProvenance(const QString& provenance) { m_provenance = provenance; }
  const QString& provenance() const { return m_provenance; }
  /// Label with unit on the axes: "weight", "count", "SQNR (dB)".
  void setAxisTitles(const QString& x, const QString& y);
  /// Remembers the present ranges as what reset returns to.
  void rememberHome();
  void resetView();
  /// Text in the middle while there is nothing to draw ("Computing…", "Choose a tensor"); empty to remove.
  void setMessage(const QString& message);

  virtual ChartTable table() const = 0;
  virtual std::vector<ChartLegendEntry> legend() const { return {}; }
  /// The chart with title, provenance and legend above it, at twice its size.
  QPixmap picture();
  /// A button that opens the chart's menu, to be placed beside it: what a right click does, in sight.
  QToolButton* createMenuButton();
  void fillMenu(QMenu* menu);
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
  /// Where there may be a read-out, in pixels: inside the axes, unless a chart has more than those.
  virtual bool isReadAt(QPointF pixel) const { return axisRect()->rect().contains(pixel.toPoint()); }
  /// Sets the colours of the subclass's plottables; called after every theme change, before the replot.
  virtual void applyColors() {}
  /// A click that was no drag, in axis coordinates.
  virtual void clickedAt(QPointF coordinates) { Q_UNUSED(coordinates) }
  /// A double click inside the axes. @return whether there was something to open; otherwise the view is reset
  virtual bool activatedAt(QPointF coordinates);
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
  void paintEvent(QPaintEvent* event) override;

 private:
  void applyTheme();
  void zoom(double factor);
  void pan(double x, double y);
  void askAndExport(const QString& ending);

  QString m_title, m_provenance;
  Readout* m_readout;
  Label* m_message;
  QPointF m_pressedAt;
  bool m_doubleClicked = false;  ///< its second release is no click of its own
  std::vector<std::pair<QCPAxis*, QCPRange>> m_home;
};

}  // namespace app
