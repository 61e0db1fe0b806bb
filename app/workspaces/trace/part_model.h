#pragma once
#include <QAbstractTableModel>
#include <optional>
#include <vector>

#include "app/workspaces/trace/trace_state.h"

namespace app {

/// What the change of the logit difference is made of, the largest first: tensors, then rounded inputs and caches, what
/// the quadrature misses, and the whole.
class PartModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Part, Contribution, Restored, Columns };
  struct Row {
    QString name;
    std::optional<std::size_t> tensor;  ///< of the trace
    std::optional<double> contribution, restored;
    bool restoresWord = false, isSum = false;
  };
  /// Of a contribution: what its bar is long, −1 … 1.
  static constexpr int kShareRole = Qt::UserRole + 1;

  explicit PartModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  void show(const TraceState& state);
  const std::vector<Row>& rows() const { return m_rows; }
  int rowOf(std::size_t tensor) const;
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<Row> m_rows;
  double m_largest = 0.0;
};

}  // namespace app
