#pragma once
#include <qcustomplot.h>

#include <QString>
#include <vector>

namespace app {

/// Short texts at places of a chart whose rows are one axis unit high, such as the values of cells or bars. They are
/// drawn only where they can be read: when a row is as high as a line and, if asked, the text fits its room.
class TextLayer : public QCPAbstractItem {
  Q_OBJECT
 public:
  struct Entry {
    QPointF at;  ///< axis coordinates
    QString text;
    QColor color;
  };

  /// @param alignment Qt::AlignHCenter: centred at the place; Qt::AlignLeft: begins behind it; Qt::AlignRight: ends
  /// before it, or stands behind it in the theme's text colour where there is no room
  TextLayer(QCustomPlot* plot, QCPAxis* x, QCPAxis* y, Qt::AlignmentFlag alignment);

  static QFont font();
  /// Black or white, whichever has more contrast on a colour.
  static QColor inkOn(const QColor& ground);

  void setEntries(std::vector<Entry> entries) { m_entries = std::move(entries); }
  /// Room of a text in x axis units; 0 (the default) for any.
  void setRoom(double units) { m_room = units; }

  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  QCPAxis *m_x, *m_y;
  Qt::AlignmentFlag m_alignment;
  double m_room = 0;
  std::vector<Entry> m_entries;
};

}  // namespace app
