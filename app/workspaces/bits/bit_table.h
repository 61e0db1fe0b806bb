#pragma once
#include <QWidget>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/pictures/bit_layout.h"
#include "app/widgets/accessible_parts.h"
#include "app/widgets/picture_menu.h"

namespace app {

class BitsState;
struct FormatRow;

/// All formats, one row each: clickable bits, value, rounding error. Pressing flips a bit, dragging paints the others
/// of the row alike. Left and Right walk over the bits, Space flips one, Up and Down go to the format's next or
/// previous value, with Shift to the next exponent, Page Up and Down to another format; the context menu copies and
/// exports.
class BitTable : public QWidget, public AccessibleParts {
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

  /// Of a row and, behind it, its bits from the left.
  int partCount() const override;
  AccessiblePart part(int index) const override;
  int focusedPart() const override;
  void pressPart(int index) override;

 Q_SIGNALS:
  void exportFailed(const QString& sentence);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  bool event(QEvent* event) override;

 private:
  /// Bits painted in one go.
  struct Stroke {
    int row;
    bool value;
    QPointF at;  ///< where the pointer was
  };
  static QStringList rowText(const FormatRow& row);
  QString errorText(const FormatRow& row) const;
  std::vector<const core::numeric::NumberFormat*> formats() const;
  void relayout();
  void dragTo(QPointF place);
  void paintBit(int bit);
  void stepBy(int direction, bool exponent);
  void moveToRow(int row);
  int partOfRow(int row) const;
  std::pair<int, int> placeOfPart(int part) const;  ///< row and bit; −1 for the row itself
  void moveFocusTo(int row, int bit);
  void moveHorizontally(int direction);
  void announceBit();
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
  std::optional<Stroke> m_stroke;
};

}  // namespace app
