#pragma once
#include <QStyledItemDelegate>
#include <vector>

namespace app {

/// Draws the levels of a scheme as ticks over the weights of a block, which are grey lines; all rows on one scale.
class LevelsDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void setWeights(std::vector<double> weights);
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  std::vector<double> m_weights;
  double m_low = -1, m_high = 1;
};

}  // namespace app
