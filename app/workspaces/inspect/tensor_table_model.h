#pragma once
#include <QAbstractTableModel>

#include "app/workspaces/inspect/tensor_facts.h"

namespace app {

/// Every tensor of the open model, one row each; numbers sort as numbers through kSortRole.
/// It answers from its own copy of the table, which changes only inside a reset: views ask at any time, also while
/// the selection already holds another model.
class TensorTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    Name,
    ShapeColumn,
    Type,
    Bytes,
    Share,
    Min,
    Max,
    Mean,
    Sigma,
    Outliers,
    Kurtosis,
    NonFinite,
    ColumnCount
  };
  static constexpr int kSortRole = Qt::UserRole;
  static constexpr int kShareRole = Qt::UserRole + 1;  ///< 0…1 of the largest tensor, for the bar
  static constexpr int kPieceRole = Qt::UserRole + 2;  ///< whether it is only a piece of a packed weight

  /// What the rows show.
  enum class Shown {
    Weights,  ///< packed ones as the weights they are assembled to; their pieces say kPieceRole
    Stored    ///< everything as the file has it: codes under their own name, type and shape
  };

  TensorTableModel(Selection& selection, TensorFacts& facts, QObject* parent = nullptr);

  void setShown(Shown shown);
  Shown shown() const { return m_shown; }
  /// Whether the two are not the same.
  bool hasPieces() const { return m_hasPieces; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Row {
    QString name, shape, type;
    bool isPiece = false;
    std::uint64_t weights = 0, bytes = 0;
    std::optional<core::metrics::TensorStats> stats;
    QString problem;  ///< why there are no statistics and will be none
  };
  void take(const OpenModel* model);
  void takeFacts(std::size_t tensor);
  static QVariant sortValue(const Row& row, std::size_t index, int column);
  QString displayText(const Row& row, std::size_t index, int column) const;

  Selection& m_selection;
  TensorFacts& m_facts;
  Shown m_shown = Shown::Weights;
  bool m_hasPieces = false;
  std::vector<Row> m_rows;
  std::uint64_t m_largest = 1, m_total = 1;
};

}  // namespace app
