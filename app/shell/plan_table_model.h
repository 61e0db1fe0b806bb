#pragma once
#include <QAbstractTableModel>
#include <optional>

#include "app/session/export_preview.h"

namespace app {

/// The dry run of an export: one row a tensor with its type before and after, what chose that, and its bytes.
class PlanTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Tensor, From, To, Bytes, Sqnr, Rule, kColumns };
  enum Role { SortRole = Qt::UserRole + 1, FallbackRole };

  using QAbstractTableModel::QAbstractTableModel;
  void setPreview(std::optional<ExportPreview> preview);
  const std::optional<ExportPreview>& preview() const { return m_preview; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString text(std::size_t row, int column) const;
  QString reason(const QuantizedFileRow& tensor) const;
  QVariant sortValue(std::size_t row, int column) const;

  std::optional<ExportPreview> m_preview;
};

}  // namespace app
