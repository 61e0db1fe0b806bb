#pragma once
#include <vector>

#include "app/workspaces/quantize/lab_page.h"
#include "core/metrics/rivals.h"

class QSlider;

namespace app {

class Label;
class SharingChart;
class StopNotice;

/// What it costs and brings when ever more weights share a scale: from groups of 16 to the whole tensor, measured over
/// all weights.
class SharingPage : public LabPage {
  Q_OBJECT
 public:
  explicit SharingPage(LabState& state, QWidget* parent = nullptr);

 protected:
  void refresh() override;

 private:
  void measure();
  void show(std::vector<core::metrics::Trial> trials);
  void showMessage(const QString& message);
  void showChosen();
  void choose(int index);

  SharingChart* m_chart;
  QSlider* m_slider;
  Label *m_now, *m_sentence;
  std::vector<core::quant::Scheme> m_choices;
  std::vector<core::metrics::Trial> m_trials;  ///< of m_choices, once measured
  QString m_measured;                          ///< what they were, or are being, measured for
  StopNotice* m_stop;
  bool m_refreshing = false;
};

}  // namespace app
