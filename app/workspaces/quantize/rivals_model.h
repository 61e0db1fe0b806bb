#pragma once
#include <QAbstractTableModel>
#include <vector>

#include "core/metrics/rivals.h"

namespace app {

/// Formats of one width on the same weights, least error first.
class RivalsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Scheme, Levels, Bits, Error, Columns };
  static constexpr int kLevelsRole = Qt::UserRole + 1;  ///< QList<double>, of the Levels column

  explicit RivalsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// @param current the scheme of the page: its row is marked
  void setTrials(std::vector<core::metrics::Trial> trials, const core::quant::Scheme& current);
  const std::vector<core::metrics::Trial>& trials() const { return m_trials; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<core::metrics::Trial> m_trials;
  core::quant::Scheme m_current;
};

}  // namespace app
