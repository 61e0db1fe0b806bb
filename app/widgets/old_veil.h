#pragma once
#include <QWidget>

namespace app {

/// Makes another widget pale while it shows an answer to another question than is asked now. Mouse and keyboard go
/// through it.
class OldVeil : public QWidget {
  Q_OBJECT
 public:
  /// @param over becomes its parent
  explicit OldVeil(QWidget* over);

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace app
