#pragma once
#include <QWidget>
#include <array>

#include "core/metrics/range_choices.h"

class QPushButton;

namespace app {

class Label;
class Sentence;

/// How the rest of the program can have a range that cuts off weights: the keys of the scheme's text for it, with what
/// they cost, each to take; or that it has none.
class ClipChoices : public QWidget {
  Q_OBJECT
 public:
  explicit ClipChoices(QWidget* parent = nullptr);

  /// @param choices as rangeChoices() makes them for the scheme
  void setChoices(const core::quant::Scheme& scheme, std::vector<core::metrics::RangeChoice> choices);

 Q_SIGNALS:
  void chosen(const core::quant::Scheme& scheme);

 private:
  Sentence* m_none;  ///< that there is no such key
  Label* m_name;
  std::array<QPushButton*, 2> m_buttons;  ///< least error, percentile
  std::vector<core::metrics::RangeChoice> m_choices;
};

}  // namespace app
