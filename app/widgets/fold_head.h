#pragma once
#include <QToolButton>

namespace app {

/// A line with an arrow that opens and closes what stands under it, by mouse, blank or Enter. Closed at first;
/// toggled() says when, isChecked() whether it is open.
class FoldHead : public QToolButton {
  Q_OBJECT
 public:
  explicit FoldHead(const QString& text = {}, QWidget* parent = nullptr);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace app
