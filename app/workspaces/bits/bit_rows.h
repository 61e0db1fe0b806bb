#pragma once
#include <QString>
#include <QWidget>
#include <memory>
#include <vector>

#include "app/pictures/bit_layout.h"
#include "app/widgets/accessible_parts.h"
#include "core/numeric/number_format.h"

namespace app {

/// Codes under each other, bit under bit, to be compared: what is cut off hatched, what differs framed. Nothing is
/// edited here.
class BitRows : public QWidget, public AccessibleParts {
  Q_OBJECT
 public:
  struct Row {
    QString title;
    const core::numeric::NumberFormat* format = nullptr;
    std::uint64_t code = 0;
    std::uint64_t cut = 0, changed = 0;  ///< bits with that mark
    QString value, note;                 ///< at the right
    bool isBad = false;                  ///< the note is about something lost
  };

  explicit BitRows(QWidget* parent = nullptr);
  /// Formats outlive this.
  void setRows(std::vector<Row> rows);
  const std::vector<Row>& rows() const { return m_rows; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

  int partCount() const override { return static_cast<int>(m_rows.size()); }
  AccessiblePart part(int index) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  BitColumns columns() const;
  std::vector<const core::numeric::NumberFormat*> formats() const;
  void relayout();
  void paintRow(QPainter& painter, std::size_t index) const;

  std::vector<Row> m_rows;
  std::unique_ptr<BitLayout> m_layout;
};

/// Bits of a value's mantissa that lie below the last bit of another format around that value: what converting cuts
/// off.
std::uint64_t bitsCutOff(const core::numeric::NumberFormat& from, std::uint64_t code,
                         const core::numeric::NumberFormat& to, std::uint64_t truncatedCode);

}  // namespace app
