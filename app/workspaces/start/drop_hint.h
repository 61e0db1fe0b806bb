#pragma once
#include <QWidget>

namespace app {

/// A dashed place that says that models can be dropped (anywhere on the window; this only tells so).
class DropHint : public QWidget {
  Q_OBJECT
 public:
  explicit DropHint(QWidget* parent = nullptr);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace app
