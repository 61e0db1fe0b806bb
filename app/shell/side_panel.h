#pragma once
#include <QWidget>

namespace app {

class JobRunner;
class SchemePanel;
class Selection;

/// The right panel: schemes above, what is selected below.
class SidePanel : public QWidget {
  Q_OBJECT
 public:
  SidePanel(Selection& selection, JobRunner& jobs, QWidget* parent = nullptr);
  SchemePanel* schemes() const { return m_schemes; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  SchemePanel* m_schemes;
};

}  // namespace app
