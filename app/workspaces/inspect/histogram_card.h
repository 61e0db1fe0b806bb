#pragma once
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/pictures/scheme_levels.h"
#include "app/widgets/card.h"
#include "app/workspaces/inspect/subject.h"

class QCheckBox;
class QComboBox;

namespace app {

class Label;
class StatisticsRow;
class TensorFacts;
class WeightCard;
class WeightHistogram;

/// The selected tensor's name, statistics and histogram with the levels of the checked schemes, another histogram laid
/// over, and the selected weight. Whatever is computed here carries its subject and is shown only for that.
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
  /// What is laid over the bars.
  enum class Over { Nothing, Scheme, ComparedModel };
  struct Overlay {
    Subject subject;
    Over kind = Over::Nothing;
    core::quant::Scheme scheme;               ///< of Over::Scheme
    std::weak_ptr<const OpenModel> compared;  ///< of Over::ComparedModel
    core::metrics::Histogram histogram;
  };

  QWidget* buildHead();
  void connectSelection();
  void showTensor();
  void showFacts();
  void showWeight();
  void showQuantizedWeight();
  void schemesChanged();
  void fillOverlayChoice();
  void requestLevels();
  void showLevels();
  void requestOverlay();
  void showOverlay();
  void findInBin(double low, double high, bool activate);
  const SchemeView* viewOf(const core::quant::Scheme& scheme) const;
  core::tensor::TensorView tensorView() const;
  bool isReadable() const;

  Selection& m_selection;
  JobRunner& m_jobs;
  TensorFacts& m_facts;
  Label *m_title, *m_subtitle;
  QComboBox* m_over;
  QCheckBox* m_logarithmic;
  StatisticsRow* m_statistics;
  WeightHistogram* m_histogram;
  WeightCard* m_weight;
  Subject m_subject;                ///< what is shown
  std::vector<SchemeView> m_views;  ///< of m_subject, newest block of every scheme asked for
  std::optional<Overlay> m_overlay;
  Over m_wanted = Over::Scheme;
  bool m_summarized = false;  ///< the histogram shows m_subject's
  bool m_active = false;
};

}  // namespace app
