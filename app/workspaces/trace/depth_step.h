#pragma once
#include "app/widgets/card.h"

class QComboBox;
class QStackedWidget;

namespace app {

class DepthChart;
class DepthMap;
class Label;
class TraceState;

/// Step 1: where in depth the two models part.
class DepthStep : public Card {
  Q_OBJECT
 public:
  explicit DepthStep(TraceState& state, QWidget* parent = nullptr);
  /// What it came to, in a few words.
  QString result() const;
  DepthChart& chart() const { return *m_chart; }
  void refresh();

 Q_SIGNALS:
  void layerActivated(std::uint32_t layer);

 private:
  void fill();
  void select(int step);

  TraceState& m_state;
  QComboBox* m_view;
  QStackedWidget* m_pages;
  DepthChart* m_chart;
  DepthMap* m_map;
  Label* m_detail;
  const void* m_shown = nullptr;  ///< the depth that is drawn
};

}  // namespace app
