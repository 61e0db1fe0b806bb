#pragma once
#include <QStyledItemDelegate>

class QHeaderView;

namespace app {

/// The column of tensor names. Where the longest of them does not fit, all lose ".weight" (what tells a name from its
/// neighbours is kept), so that a column never shows some with and some without; what is still too long loses its
/// middle.
class NameDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  /// @param header of the view, whose section this delegate paints
  NameDelegate(const QHeaderView* header, QObject* parent);

  /// @param pixels the column's width at which every name fits
  void setWidest(int pixels) { m_widest = pixels; }
  bool isShortened(int column) const;
  /// What stands in a row, before its middle is left out.
  QString displayedText(const QWidget* view, const QModelIndex& index) const;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

 private:
  const QHeaderView* m_header;
  int m_widest = 0;
};

}  // namespace app
