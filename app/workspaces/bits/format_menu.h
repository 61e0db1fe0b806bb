#pragma once
#include <QMenu>

namespace app {

class BitsState;

/// Which formats have a row: all of the table by kind, and those of one's own, which can be removed and added.
class FormatMenu : public QMenu {
  Q_OBJECT
 public:
  explicit FormatMenu(BitsState& state, QWidget* parent = nullptr);

 Q_SIGNALS:
  void customWanted();  ///< the editor of a format of one's own

 protected:
  /// A click on a format leaves the menu open: several are chosen in one go.
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void refresh();
  void addFormat(const QString& name, const QString& title);
  bool toggleActive();

  BitsState& m_state;
};

}  // namespace app
