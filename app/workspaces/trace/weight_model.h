#pragma once
#include <QAbstractTableModel>
#include <optional>
#include <vector>

#include "app/workspaces/trace/block_reader.h"

namespace app {

/// The weights of a block, those that did most first.
class WeightModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Place, Was, Code, Decoded, Error, Contribution, Share, Why, Columns };
  /// Of a contribution: what its bar is long, −1 … 1.
  static constexpr int kShareRole = Qt::UserRole + 1;

  explicit WeightModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// @param whole what shares are of  @param tensor whose block it is  @param proved weights of the proved set
  void show(const BlockDetails* details, double whole, const TracedTensor& tensor, std::vector<std::uint64_t> proved);
  /// −1 where it is not here.
  int rowOf(std::uint64_t element) const;
  const core::quant::DecidedWeight& weight(int row) const { return m_weights[static_cast<std::size_t>(row)].weight; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  /// Tab-separated, with a header line.
  QString text() const;
  /// "an outlier at column 17 set the scale"
  QString decisionText(const core::quant::DecidedWeight& weight) const;

 private:
  struct Line {
    core::quant::DecidedWeight weight;
    std::optional<float> contribution;
    bool isProved = false;
  };
  QString textOf(const Line& line, int column) const;

  std::vector<Line> m_weights;
  double m_whole = 0.0, m_largest = 0.0;
  TracedTensor m_tensor;
};

}  // namespace app
