#include "app/workspaces/quantize/rivals_model.h"

#include <QBrush>
#include <QFont>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

using core::metrics::Metric;
using core::metrics::Trial;

void RivalsModel::setTrials(std::vector<Trial> trials, const core::quant::Scheme& current) {
  std::stable_sort(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) {
    return core::metrics::isWorse(b.error, a.error, Metric::RelativeError);
  });
  const bool isSame = trials.size() == m_trials.size();
  if (!isSame) beginResetModel();
  m_trials = std::move(trials);
  m_current = current;
  if (!isSame)
    endResetModel();
  else if (!m_trials.empty())
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, Columns - 1));
}

int RivalsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_trials.size());
}
int RivalsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant RivalsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Trial& trial = m_trials[static_cast<std::size_t>(index.row())];
  if (role == kLevelsRole && index.column() == Levels)
    return QVariant::fromValue(QList<double>(trial.grid.levels.begin(), trial.grid.levels.end()));
  if (role == Qt::TextAlignmentRole && index.column() >= Bits)
    return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::FontRole && (index.row() == 0 || trial.scheme == m_current))
    return Theme::instance().textFont(0, QFont::DemiBold);
  if (role == Qt::ForegroundRole && trial.scheme == m_current) return QBrush(Theme::instance().colors().accent);
  if (role == Qt::ToolTipRole) return QString::fromStdString(trial.scheme.toString());
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case Scheme:
      return QString::fromStdString(trial.scheme.displayName()) +
             (index.row() == 0 ? QStringLiteral("  ★") : QString());
    case Bits:
      return QString::number(trial.bitsPerWeight, 'f', 2);
    case Error:
      return text::percent(trial.error.relativeError(), 2);
    default:
      return {};
  }
}

QVariant RivalsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue((section >= Bits ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  const QString titles[] = {tr("scheme"), tr("levels over the block"), tr("bits/weight"), tr("error")};
  return titles[section];
}

}  // namespace app
