#pragma once
#include <vector>

#include "app/plots/chart.h"
#include "core/trace/depth.h"

namespace app {

/// Relative error of every token's residual stream at every depth; a dot where the lens shows different words.
class DepthMap : public Chart {
  Q_OBJECT
 public:
  explicit DepthMap(QWidget* parent = nullptr);

  /// @param depths names of the steps, short  @param words of the positions
  void setDepth(const core::trace::Depth& depth, QStringList depths, QStringList words);
  void clearData();
  ChartTable table() const override;
  QSize sizeHint() const override { return {360, 220}; }

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  core::trace::Depth m_depth;  ///< without the steps
  QStringList m_depths, m_words;
  QCPColorMap* m_map;
  QCPGraph* m_differs;
};

}  // namespace app
