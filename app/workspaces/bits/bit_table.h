#pragma once
#include <QWidget>
#include <memory>

#include "app/pictures/bit_layout.h"
#include "app/widgets/picture_menu.h"

namespace app {

class BitsState;

/// All formats, one row each: clickable bits, value, rounding error. Arrow keys walk over the bits, Space flips one,
/// plus and minus go to the format's next or previous value; the context menu copies and exports.
class BitTable : public QWidget {
  Q_OBJECT
 public:
  explicit BitTable(BitsState& state, QWidget* parent = nullptr);

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  /// Rectangle of a bit in widget coordinates (for tests and lessons).
  QRectF cellRect(int row, int bit) const;
  int focusedBit() const { return m_bit; }
  /// All rows as text: format, code, bits, exact value, error. Tabs for the clipboard, commas for files.
  QString tableText(QChar separator) const;

 Q_SIGNALS:
  void exportFailed(const QString& sentence);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void relayout();
  void moveFocusTo(int row, int bit);
  void moveHorizontally(int direction);
  void announce();
  void scrollTo(int row);
  void paint(QPainter& painter) const;
  Picture picture() const;
  QString toolTipFor(int row, int bit) const;
  void paintHeader(QPainter& painter) const;
  void paintRow(QPainter& painter, int row) const;
  void paintCell(QPainter& painter, int row, int bit) const;
  void paintScale(QPainter& painter, int row) const;
  void paintNumbers(QPainter& painter, int row) const;

  BitsState& m_state;
  std::unique_ptr<BitLayout> m_layout;
  int m_bit = 0;  ///< keyboard focus within the selected row
  int m_hoverRow = -1, m_hoverBit = -1;
};

}  // namespace app
