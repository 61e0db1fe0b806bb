#pragma once
#include "app/widgets/label.h"

namespace app {

/// A chart's hover read-out: a small raised tile that stands beside the pointer, inside its parent.
class Readout final : public Label {
  Q_OBJECT
 public:
  explicit Readout(QWidget* parent);
  void showAt(QPointF pointer, const QString& text);

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace app
