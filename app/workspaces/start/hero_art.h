#pragma once
#include <QWidget>

namespace app {

/// The picture of the start page: a bell curve of weights, the staircase that quantization makes of it, and the bits
/// of one value below. Drawn, so that it is sharp and follows the theme. Decoration only.
class HeroArt : public QWidget {
  Q_OBJECT
 public:
  explicit HeroArt(QWidget* parent = nullptr);
  QSize sizeHint() const override { return {380, 220}; }
  QSize minimumSizeHint() const override { return {216, 180}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace app
