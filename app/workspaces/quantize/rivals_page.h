#pragma once
#include "app/workspaces/quantize/lab_page.h"
#include "core/metrics/rivals.h"

class QTableView;

namespace app {

class Label;
class NormalQuantilesChart;
class RivalsModel;
class LevelsDelegate;

/// Formats of the same width on the same weights, side by side: uniform, logarithmic, learned, quantiles of a normal
/// distribution, floats and blocks; who has the least error here, and what it costs.
class RivalsPage : public LabPage {
  Q_OBJECT
 public:
  explicit RivalsPage(LabState& state, QWidget* parent = nullptr);

 protected:
  void refresh() override;

 private:
  void buildTable();
  void show(std::vector<core::metrics::Trial> trials);
  void showQuantiles(const core::quant::QuantizedTensor& row);

  RivalsModel* m_model;
  LevelsDelegate* m_delegate;
  QTableView* m_table;
  NormalQuantilesChart* m_quantiles;
  Label* m_sentence;
  QString m_question;
};

}  // namespace app
