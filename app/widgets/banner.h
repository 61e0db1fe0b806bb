#pragma once
#include <QWidget>

class QToolButton;

namespace app {

class Label;

/// One sentence above the workspace about something that went wrong, or that is done; never modal. Esc or the cross
/// takes it away.
class Banner : public QWidget {
  Q_OBJECT
 public:
  explicit Banner(QWidget* parent = nullptr);
  void showError(const QString& sentence);
  void showNotice(const QString& sentence);
  QString text() const;
  void dismiss();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  enum class Kind { Error, Notice };
  void showSentence(const QString& sentence, Kind kind);

  Kind m_kind = Kind::Error;
  Label* m_label;
  QToolButton* m_close;
};

}  // namespace app
