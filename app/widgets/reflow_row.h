#pragma once
#include <QBoxLayout>
#include <utility>
#include <vector>

namespace app {

/// Widgets side by side, or below each other where the width is too little for a row. Never wider than its widest one
/// must be.
class ReflowRow : public QBoxLayout {
 public:
  /// @param rowWidth the least width of a row, at 100 % zoom
  explicit ReflowRow(double rowWidth, QWidget* parent = nullptr);

  /// A widget that has this width in a row, and the whole width in a column. @param width at 100 % zoom
  void addSide(QWidget* widget, double width);

  QSize minimumSize() const override;
  void setGeometry(const QRect& rect) override;

 private:
  void fitSides();

  double m_rowWidth;
  std::vector<std::pair<QWidget*, double>> m_sides;
};

}  // namespace app
