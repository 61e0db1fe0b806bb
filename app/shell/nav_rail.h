#pragma once
#include <QHash>
#include <QWidget>

class QButtonGroup;
class QVBoxLayout;

namespace app {

/// The column of workspaces at the left edge: icon above name, the present one marked. Up and down arrows move.
class NavRail : public QWidget {
  Q_OBJECT
 public:
  explicit NavRail(QWidget* parent = nullptr);

  void add(const QString& id, const QString& title, const QString& iconName, const QString& toolTip);
  void setCurrent(const QString& id);
  /// @param why not; empty when it is available
  void setAvailable(const QString& id, const QString& why);

 Q_SIGNALS:
  void chosen(const QString& id);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  class Button;
  QVBoxLayout* m_layout;
  QButtonGroup* m_group;
  QHash<QString, Button*> m_buttons;
  QHash<QString, QString> m_descriptions;
};

}  // namespace app
