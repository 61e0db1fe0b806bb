#pragma once
#include "app/workspaces/quantize/lab_clip.h"
#include "app/workspaces/quantize/lab_page.h"

class QButtonGroup;
class QPushButton;
class QSlider;

namespace app {

class ClipChart;
class ClipChoices;
class Label;
class Sentence;
class StopNotice;

/// Why the best clip is not the maximum: the error of the block, its row or all weights against the clip of each
/// group's range, and the schemes whose own text says such a range.
class ClipPage : public LabPage {
  Q_OBJECT
 public:
  explicit ClipPage(LabState& state, QWidget* parent = nullptr);

  /// Which weights a person wants the clip judged by.
  ClipExtent wanted() const { return m_wanted; }
  void setWanted(ClipExtent extent);

 protected:
  void refresh() override;

 private:
  void buildHand();
  QWidget* buildExtents();
  LabRequest request() const;
  ClipExtent extent() const;
  void showExtents();
  void showCurve();
  void compute(const core::quant::FlatRange& part);
  void take(ClipStudy study);
  void showMessage(const QString& message);
  void say();

  ClipChart* m_chart;
  QSlider* m_slider;
  Label* m_now;
  Sentence* m_sentence;
  QPushButton* m_best;
  QButtonGroup* m_extents;
  ClipChoices* m_choices;
  ClipExtent m_wanted = ClipExtent::Block;
  ClipStudy m_study;
  QString m_computed;  ///< what the study was, or is being, made for
  StopNotice* m_stop;
  bool m_refreshing = false;
};

}  // namespace app
