#pragma once
#include <utility>
#include <vector>

#include "app/plots/chart.h"
#include "app/workspaces/trace/contribution_map.h"

namespace app {

/// A tensor as rows × blocks of its input: what every block did to the word as colour, neutral at zero. What was proved
/// is framed. A click or the arrow keys select a block, Enter or a double click open it.
class BlockMap : public Chart {
  Q_OBJECT
 public:
  using Place = std::pair<std::uint64_t, std::uint64_t>;  ///< row, block

  explicit BlockMap(QWidget* parent = nullptr);

  /// @param scale of the colours: what is at their ends
  void setMap(ContributionMap map);
  void clearData();
  void setSelected(std::optional<Place> place);
  /// @param blocks of the proved set of blocks  @param weights blocks in which weights of the other set lie
  void setProved(std::vector<Place> blocks, std::vector<Place> weights);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;
  /// Middle of a block in widget coordinates, for tests.
  QPoint centerOf(Place place) const;
  QSize sizeHint() const override { return {360, 220}; }

 Q_SIGNALS:
  void blockClicked(quint64 row, quint64 block);
  void blockActivated(quint64 row, quint64 block);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  std::optional<std::size_t> cellAt(QPointF coordinates) const;
  Place placeOf(std::size_t cell) const;
  /// Moves by cells: blocks where every one has its own.
  void step(int columns, int rows);
  void draw();

  ContributionMap m_map;
  std::optional<Place> m_selected;
  QCPColorMap* m_colors;
  QCPColorScale* m_scale;
  QCPGraph *m_blocks, *m_weights;
  QCPItemRect* m_frame;
  QCPItemTracer* m_marker;
};

}  // namespace app
