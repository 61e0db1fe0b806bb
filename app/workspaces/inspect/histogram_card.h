#pragma once
#include "app/jobs/job_runner.h"
#include "app/widgets/card.h"
#include "app/workspaces/inspect/subject.h"

class QCheckBox;

namespace app {

class BlockLevels;
class HistogramOverlay;
class Label;
class StatisticsRow;
class TensorFacts;
class WeightCard;
class WeightHistogram;

/// The selected tensor's name, statistics and histogram with what others compute for it: the levels of the checked
/// schemes, another histogram laid over, and the selected weight with what the current scheme makes of it.
class HistogramCard : public Card {
  Q_OBJECT
 public:
  HistogramCard(Selection& selection, JobRunner& jobs, TensorFacts& facts, QWidget* parent = nullptr);

  /// A hidden card computes nothing.
  void setActive(bool active);
  bool isLogarithmic() const;
  void setLogarithmic(bool logarithmic);

 Q_SIGNALS:
  /// A weight should be shown bit by bit.
  void weightActivated(quint64 flatIndex);

 private:
  QWidget* buildHead();
  void connectSelection();
  void showTensor();
  void showFacts();
  void showWeight();
  void showQuantizedWeight();
  void showChanged(const QString& name, const core::quant::QuantizedTensor& changed);
  void schemesChanged();
  void requestLevels();
  void requestOverlay();
  void showLevels();
  void showOverlay();
  void findInBin(double low, double high, bool activate);
  /// Null while a packed one is assembled.
  core::quant::QuantizedTensorPtr tensor() const;
  bool isPacked() const;
  void requestPacked();
  void showOtherWeight(float value);
  bool isReadable() const;

  Selection& m_selection;
  JobRunner& m_jobs;
  TensorFacts& m_facts;
  Label *m_title, *m_subtitle;
  HistogramOverlay* m_overlay;
  BlockLevels* m_levels;
  QCheckBox* m_logarithmic;
  StatisticsRow* m_statistics;
  WeightHistogram* m_histogram;
  WeightCard* m_weight;
  Subject m_subject;                         ///< what is shown
  core::quant::QuantizedTensorPtr m_packed;  ///< m_subject's, where it is one
  bool m_summarized = false;                 ///< the histogram shows m_subject's
  bool m_active = false;
};

}  // namespace app
