#pragma once
#include <QWidget>
#include <memory>
#include <vector>

#include "core/quant/explain/method_explanation.h"

class QButtonGroup;
class QHBoxLayout;
class QStackedLayout;
class QToolButton;

namespace app {

class Chart;
class FactorsChart;
class Label;
class LossChart;
class PushChart;
class SearchChart;

/// The pictures of a row under a method, one in front: of the column that is looked at, and of all of them.
class MethodCharts : public QWidget {
  Q_OBJECT
 public:
  using Explanation = std::shared_ptr<const core::quant::MethodExplanation>;

  explicit MethodCharts(QWidget* parent = nullptr);

  /// @pre it has columns
  void setExplanation(const Explanation& explanation, const QString& provenance);
  void setLine(std::size_t line);

 Q_SIGNALS:
  void lineChosen(int line);

 private:
  enum Picture { Push, Loss, Factors, Search, Zeros };
  struct Part {
    Chart* chart;
    QToolButton *button, *menu;
  };
  template <class ChartType>
  ChartType* add(const char* name, const QString& title);
  void show(Picture picture);
  void showScaled(const core::quant::ScaledExplanation& of);
  void showHqq(const core::quant::HqqExplanation& of);
  void showZero(const core::quant::HqqExplanation& of, std::size_t line);
  QString captionOf(Picture picture) const;

  Explanation m_explanation;
  std::vector<std::uint32_t> m_columns;  ///< of GPTQ's turns
  std::size_t m_line = 0;
  Picture m_front = Push;
  QHBoxLayout* m_row;
  QButtonGroup* m_buttons;
  QStackedLayout* m_stack;
  Label* m_caption;
  std::vector<Part> m_parts;  ///< by Picture
  PushChart* m_push;
  LossChart* m_loss;
  FactorsChart* m_factors;
  SearchChart *m_search, *m_zeros;
};

}  // namespace app
