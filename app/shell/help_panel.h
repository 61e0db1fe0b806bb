#pragma once
#include <QFrame>

class QTextBrowser;

namespace app {

class Label;

/// What F1 opens: what the workspace in front shows and what can be done there, beside it rather than over it in a box
/// of its own. It follows when another workspace comes to the front.
class HelpPanel : public QFrame {
  Q_OBJECT
 public:
  explicit HelpPanel(QWidget* window);
  /// @param keys shortcut and what it does
  void setContent(const QString& title, const QString& text, const QList<std::pair<QString, QString>>& keys);
  void open();
  void dismiss();
  QString text() const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void place();

  Label* m_title;
  QTextBrowser* m_text;
};

}  // namespace app
