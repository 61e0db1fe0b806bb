#pragma once
#include <QAbstractButton>

namespace app {

/// One thing the program does, as a clickable tile: icon, name, one line.
class FeatureTile : public QAbstractButton {
  Q_OBJECT
 public:
  FeatureTile(const QString& iconName, const QString& title, const QString& line, QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {150, sizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString m_iconName, m_line;
};

}  // namespace app
