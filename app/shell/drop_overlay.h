#pragma once
#include <QWidget>

namespace app {

/// Covers the window while something openable is dragged over it and says what letting go will do.
class DropOverlay : public QWidget {
  Q_OBJECT
 public:
  explicit DropOverlay(QWidget* window);
  /// @param name of what is being dragged
  void showFor(const QString& name);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString m_name;
};

}  // namespace app
