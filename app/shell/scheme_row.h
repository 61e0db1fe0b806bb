#pragma once
#include <QStyledItemDelegate>

namespace app {

/// Paints the rows of a SchemeListModel. Of a scheme: swatch that is a check box, name, and what the whole model would
/// weigh: bits per weight and size. Of a heading: its name and how many rows it has.
class SchemeRow final : public QStyledItemDelegate {
  Q_OBJECT
 public:
  enum class Boxes : std::uint8_t { Shown, Hidden };
  explicit SchemeRow(Boxes boxes, QObject* parent = nullptr) : QStyledItemDelegate(parent), m_boxes(boxes) {}

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const override;
  /// Once: whatever changes in the list meanwhile, what is being typed stays.
  void setEditorData(QWidget* editor, const QModelIndex& index) const override;
  /// A click on the box ticks.
  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;
  /// Whether the last click was on the box (which compares) rather than on the name (which chooses).
  bool boxClicked() const { return m_boxClicked; }
  /// Where the box of a row is.
  static QRectF boxRect(const QRect& row);

 private:
  void paintScheme(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
  static void paintHeading(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index);
  /// What schemes are calibrated with, and what a click does as a button.
  static void paintCalibration(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index);
  int nameLeft() const;

  Boxes m_boxes;
  bool m_boxClicked = false;
};

}  // namespace app
