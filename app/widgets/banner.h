#pragma once
#include <QWidget>

class QToolButton;

namespace app {

class Label;

/// One sentence about something that went wrong, above the workspace; never modal. Esc or the cross takes it away.
class Banner : public QWidget {
  Q_OBJECT
 public:
  explicit Banner(QWidget* parent = nullptr);
  void showError(const QString& sentence);
  QString text() const;
  void dismiss();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  Label* m_label;
  QToolButton* m_close;
};

}  // namespace app
