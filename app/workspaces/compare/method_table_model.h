#pragma once
#include <QAbstractTableModel>
#include <vector>

#include "app/workspaces/compare/compare_rows.h"

namespace app {

/// The method table: what every checked scheme costs and does, measured here, relative to FP32 and FP16.
class MethodTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Method, Bytes, Bits, Kl, SameTop, Perplexity, Decode, Verdict, OfFp32, OfFp16, Prefill, Columns };
  static constexpr int kSortRole = Qt::UserRole + 1, kRowRole = Qt::UserRole + 2;

  explicit MethodTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  void setRows(std::vector<CompareRow> rows, bool isOld);
  const std::vector<CompareRow>& rows() const { return m_rows; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  /// Tab-separated, with a header line.
  QString text() const;

 private:
  QString textOf(const CompareRow& row, int column) const;
  QVariant sortKeyOf(const CompareRow& row, int column) const;

  std::vector<CompareRow> m_rows;
  bool m_isOld = false;
};

}  // namespace app
