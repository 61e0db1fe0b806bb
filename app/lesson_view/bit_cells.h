#pragma once
#include <QWidget>
#include <cstdint>
#include <optional>

#include "app/widgets/accessible_parts.h"
#include "core/numeric/number_format.h"

namespace app {

/// The bits of one code as cells to click, in as many lines as they need. Arrows walk, Space flips. Locked, it shows
/// the bits, and where another code is given those that differ from it.
class BitCells : public QWidget, public AccessibleParts {
  Q_OBJECT
 public:
  explicit BitCells(QWidget* parent = nullptr);

  void setFormat(const core::numeric::NumberFormat& format);
  void setCode(std::uint64_t code);
  std::uint64_t code() const { return m_code; }
  int digits() const { return (bits() + 3) / 4; }  ///< hexadecimal ones
  void setLocked(bool locked, std::optional<std::uint64_t> truth = std::nullopt);
  /// In widget coordinates. @param bit 0 is the least significant
  QRectF cellRect(int bit) const;

  // Each bit, from the left.
  int partCount() const override { return bits(); }
  AccessiblePart part(int index) const override;
  int focusedPart() const override { return bits() - 1 - m_focused; }
  void pressPart(int index) override { flip(bits() - 1 - index); }

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void changed();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  int bits() const { return m_format ? static_cast<int>(m_format->bits) : 0; }
  int perLine(int width) const;
  int bitAt(QPointF point) const;
  QString nameOf(int bit) const;
  void flip(int bit);
  void describe();
  void paintCell(QPainter& painter, int bit) const;

  const core::numeric::NumberFormat* m_format = nullptr;
  std::uint64_t m_code = 0;
  std::optional<std::uint64_t> m_truth;
  bool m_locked = false;
  int m_focused = 0;
};

}  // namespace app
