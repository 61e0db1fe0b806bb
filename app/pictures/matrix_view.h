#pragma once
#include <cstdint>
#include <optional>
#include <utility>

#include "app/pictures/column_marks.h"
#include "app/plots/chart.h"
#include "core/metrics/matrix_map.h"

namespace app {

/// The matrix as a picture, rows × columns, made smaller without losing an extreme: blue negative, red positive,
/// neutral zero. Outlier rows and columns stand out as lines. A weight is as wide as it is high, unless the matrix is
/// so long that it would become a line; what room that leaves shows how far every row reaches, row beside row. A click
/// selects the weight under the pointer, a double click opens it.
class MatrixView : public Chart {
  Q_OBJECT
 public:
  using Place = std::pair<std::uint64_t, std::uint64_t>;  ///< row, column of the tensor

  explicit MatrixView(QWidget* parent = nullptr);

  void setMap(core::metrics::MatrixMap map);
  void clearData();
  void setMarked(std::optional<Place> place);
  /// The first value that is NaN or infinite, marked with a cross; nothing when all are numbers.
  void setNonFinite(std::optional<Place> first);
  /// Columns that have something to be said about: a triangle over each, and a thin line.
  void setMarkedColumns(std::vector<MarkedColumn> columns);
  const std::vector<MarkedColumn>& markedColumns() const { return m_columnMarks->columns(); }
  ChartTable table() const override;
  QSize sizeHint() const override { return {360, 260}; }

 Q_SIGNALS:
  void weightClicked(quint64 row, quint64 column);
  void weightActivated(quint64 row, quint64 column);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  bool isReadAt(QPointF pixel) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;

 private:
  void buildLayout();
  void draw();
  void drawProfile();
  /// What map and profile share, in pixels.
  QSize room() const;
  /// Shows the whole matrix, as wide as its proportions want; the profile gets the rest.
  void fit();
  /// What a row of the profile says; nothing beside it.
  std::optional<QString> profileReadout(QPointF coordinates) const;
  /// Cell under a point: row, column of the map.
  std::optional<std::pair<std::size_t, std::size_t>> cellAt(QPointF coordinates) const;
  /// The tensor's value in a cell that is farthest from zero stands for the cell; its place is not kept, so a weight of
  /// a cell is its first.
  std::optional<Place> weightAt(QPointF coordinates) const;
  void place(QCPItemTracer* tracer, const std::optional<Place>& at);

  core::metrics::MatrixMap m_map;
  QCPColorMap* m_colors;
  QCPColorScale* m_scale;
  QCPAxisRect* m_profileRect;
  QCPGraph* m_profile;
  QCPItemRect* m_frame;
  QCPItemTracer *m_marker, *m_cross;
  ColumnMarks* m_columnMarks;
  std::optional<Place> m_marked, m_nonFinite;
  QSize m_fittedTo;
};

}  // namespace app
