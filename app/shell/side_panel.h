#pragma once
#include <QWidget>

namespace app {

class Calibrator;
class JobRunner;
class Label;
class SchemePanel;
class Selection;
class SelectionCard;

/// The right panel: schemes above, what is selected below, which is said in fewer lines where the panel is low.
class SidePanel : public QWidget {
  Q_OBJECT
 public:
  SidePanel(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent = nullptr);
  SchemePanel* schemes() const { return m_schemes; }

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  Label* m_hint;
  SchemePanel* m_schemes;
  SelectionCard* m_selected;
};

}  // namespace app
