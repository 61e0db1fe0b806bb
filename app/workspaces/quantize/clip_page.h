#pragma once
#include "app/workspaces/quantize/lab_page.h"

class QPushButton;
class QSlider;

namespace app {

class ClipChart;
class Label;

/// Why the best clip is not the maximum: the error of the block against the clip of its range.
class ClipPage : public LabPage {
  Q_OBJECT
 public:
  explicit ClipPage(LabState& state, QWidget* parent = nullptr);

 protected:
  void refresh() override;

 private:
  void showCurve();
  void say();

  ClipChart* m_chart;
  QSlider* m_slider;
  Label *m_now, *m_sentence;
  QPushButton* m_best;
  QString m_computed;  ///< what the curve was computed for
  bool m_refreshing = false;
};

}  // namespace app
