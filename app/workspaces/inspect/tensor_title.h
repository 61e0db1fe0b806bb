#pragma once
#include "app/widgets/label.h"

namespace app {

/// A tensor's name as a title. Where it does not fit, what all names of a model share goes first (".weight" behind,
/// "model." in front), then the middle; the whole name is the tooltip.
class TensorTitle final : public Label {
  Q_OBJECT
 public:
  explicit TensorTitle(QWidget* parent = nullptr);
  /// What is drawn of the name in so many pixels.
  QString fitted(int width) const;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace app
