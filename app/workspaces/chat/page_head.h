#pragma once
#include <QWidget>

class QHBoxLayout;
class QPushButton;

namespace app {

class Label;

/// The top of a page that stands in place of the conversation: the way back, what it is, and the button that starts and
/// stops; below them its controls.
class PageHead : public QWidget {
  Q_OBJECT
 public:
  PageHead(const QString& title, QWidget* parent = nullptr);

  /// Below the title.
  QHBoxLayout* controls() const { return m_controls; }
  /// @param whyNot why it cannot start; empty where it can
  void setRunning(bool running, const QString& whyNot = {});
  void setState(const QString& text);
  /// @param why what stands below answers another question than would be asked now; empty: it does not
  void setOld(const QString& why);

 Q_SIGNALS:
  void backWanted();
  void startWanted();
  void stopWanted();

 private:
  QHBoxLayout* m_controls;
  Label *m_state, *m_old;
  QPushButton* m_run;
  bool m_isRunning = false;
};

}  // namespace app
