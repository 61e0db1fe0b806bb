#pragma once
#include <QAbstractTableModel>
#include <memory>
#include <vector>

#include "app/workspaces/quantize/lab_block.h"

namespace app {

/// The shown weights of a block as rows, the steps of their way as columns. Columns behind the reached step are blank.
class StepTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  explicit StepTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// @param block null or empty: an empty table
  void setBlock(std::shared_ptr<const LabBlock> block);
  /// @param reached the last step that shows its values; the current one stands out when it is a column
  void setReached(std::size_t reached, int currentStep);

  /// Whether a column holds whole numbers: codes, which need less room.
  bool isWhole(int column) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;

 Q_SIGNALS:
  void weightTyped(int row, float value);

 private:
  std::size_t numberOf(std::size_t row) const;
  /// The step of a column; −1 for the weight before clipping, which stands first where weights were clipped.
  int stepOf(int column) const { return column - (m_isClipped ? 1 : 0); }

  std::shared_ptr<const LabBlock> m_block;
  int m_rows = 0, m_columns = 0;
  bool m_isClipped = false;
  std::vector<core::quant::StepId> m_steps;
  std::size_t m_reached = 0;
  int m_current = -1;
};

}  // namespace app
