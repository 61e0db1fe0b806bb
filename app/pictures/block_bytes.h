#pragma once
#include <QWidget>
#include <cstddef>
#include <vector>

#include "app/widgets/accessible_parts.h"
#include "core/quant/explain/block_fields.h"

namespace app {

class Readout;

/// A stored block as bytes, every bit in the colour and under the letter of its field: as many bytes to a line as fit.
/// What belongs to the chosen weight stands out. A bit is chosen by mouse or arrow keys and says what it is part of.
class BlockBytes : public QWidget, public AccessibleParts {
  Q_OBJECT
 public:
  static constexpr std::uint32_t kMostBytes = 1024;  ///< of a longer block the beginning is drawn

  explicit BlockBytes(QWidget* parent = nullptr);

  /// @param bytes as many as the fields say
  void setBlock(core::quant::BlockFields fields, std::vector<std::byte> bytes);
  /// @param value index into the block; −1 for none
  void setChosenValue(int value);
  /// What the chosen bit is part of; empty for none.
  QString chosenText() const;
  /// The letters in use with their names: "S scale of scales · s scale · q code".
  QString legendText() const;
  /// Where a bit is drawn. @param bit as in core::quant::BitRange
  QRectF bitRect(std::uint32_t bit) const;

  /// The bits in the order in which they are drawn.
  int partCount() const override { return static_cast<int>(8 * shownBytes()); }
  AccessiblePart part(int index) const override;
  int focusedPart() const override { return m_bit < 0 ? -1 : placeOf(m_bit); }
  void pressPart(int index) override;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 Q_SIGNALS:
  void bitChosen(quint32 bit);
  /// A click, Space or Enter on a bit.
  void bitClicked(quint32 bit);
  /// The first value that the chosen bit's field speaks of, where it speaks of a single one.
  void valueChosen(int value);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Metrics;
  Metrics metrics(int width) const;
  std::uint32_t shownBytes() const;
  const core::quant::BlockField& fieldAt(std::uint32_t bit) const { return m_fields.fields[m_fields.fieldOfBit[bit]]; }
  /// Bits are drawn from the highest to the lowest of a byte: where in the line a bit stands, and the other way round.
  static int placeOf(int bit) { return bit / 8 * 8 + 7 - bit % 8; }
  /// −1 for none.
  int bitAt(QPointF point) const;
  void choose(std::uint32_t bit);
  void paintByte(QPainter& painter, std::uint32_t byte) const;
  void paintBit(QPainter& painter, std::uint32_t bit) const;

  core::quant::BlockFields m_fields;
  std::vector<std::byte> m_bytes;
  int m_value = -1, m_bit = -1;
  Readout* m_readout;
};

}  // namespace app
