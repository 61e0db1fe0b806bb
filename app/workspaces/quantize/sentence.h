#pragma once
#include "app/widgets/label.h"

namespace app {

/// A sentence beside a picture: it wraps, and asks for the height that its present width needs and for no width.
class Sentence : public Label {
  Q_OBJECT
 public:
  explicit Sentence(Style style = Style::Body, QWidget* parent = nullptr);
  QSize sizeHint() const override { return minimumSizeHint(); }
  QSize minimumSizeHint() const override;

 protected:
  void resizeEvent(QResizeEvent* event) override;
};

}  // namespace app
