#include "app/workspaces/trace/part_model.h"

#include <QFont>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

void PartModel::show(const TraceState& state) {
  beginResetModel();
  m_rows.clear();
  m_largest = 0.0;
  if (const Trace* trace = state.trace(); trace != nullptr) {
    for (std::size_t i = 0; i < trace->tensors.size(); ++i) {
      Row row{QString::fromStdString(trace->tensors[i].name), i, {}, {}};
      if (const auto* known = state.contribution(i)) row.contribution = known->sum;
      if (const auto* effect = state.effect(i)) {
        row.restored = effect->restored.logitDifference;
        row.restoresWord = state.restores(effect->restored);
      }
      m_rows.push_back(std::move(row));
    }
    const bool isAttributed = trace->attribution.has_value();
    std::ranges::stable_sort(m_rows, std::greater(), [&](const Row& row) {
      return isAttributed ? std::abs(row.contribution.value_or(0.0)) : row.restored.value_or(-HUGE_VAL);
    });
    if (isAttributed) {
      const OtherParts parts = otherParts(*trace->attribution);
      if (parts.hasInputs) m_rows.push_back({tr("rounded activations"), {}, parts.inputs, {}});
      if (parts.hasCache) m_rows.push_back({tr("rounded caches"), {}, parts.cache, {}});
      m_rows.push_back({tr("remainder"), {}, parts.remainder, {}});
      const double whole = trace->attribution->reference - trace->attribution->compared;
      m_rows.push_back({tr("all together"), {}, whole, trace->attribution->reference, false, true});
    }
    for (const Row& row : m_rows)
      if (!row.isSum) m_largest = std::max(m_largest, std::abs(row.contribution.value_or(0.0)));
  }
  endResetModel();
}

int PartModel::rowOf(std::size_t tensor) const {
  const auto found = std::ranges::find(m_rows, std::optional(tensor), &Row::tensor);
  return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

int PartModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}
int PartModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant PartModel::data(const QModelIndex& index, int role) const {
  const Row& row = m_rows[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole) {
    if (column == Part) return row.tensor ? shortTensorName(row.name.toStdString()) : row.name;
    if (column == Contribution) return row.contribution ? signedNumber(*row.contribution) : QString();
    if (!row.restored) return QString();
    const QString number = text::number(*row.restored, 3);
    return row.restoresWord ? QStringLiteral("✓ ") + number : number;
  }
  if (role == kShareRole && column == Contribution)
    return row.contribution && m_largest > 0 && !row.isSum ? *row.contribution / m_largest : 0.0;
  if (role == Qt::TextAlignmentRole && (column == Contribution || column == Restored))
    return int(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::FontRole && row.isSum) return Theme::instance().textFont(0, QFont::DemiBold);
  if (role == Qt::ToolTipRole && column == Part) return row.name;
  if (role == Qt::ForegroundRole && !row.tensor && !row.isSum) return Theme::instance().colors().textMuted;
  return {};
}

QVariant PartModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return int((section == Part ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
  if (role == Qt::DisplayRole) {
    switch (section) {
      case Part:
        return tr("part");
      case Contribution:
        return tr("contribution");
      default:
        return tr("restored alone");
    }
  }
  if (role == Qt::ToolTipRole && section == Contribution)
    return tr(
        "Its share of the change of the logit difference, by integrated gradients: the parts add up to the whole");
  if (role == Qt::ToolTipRole && section == Restored)
    return tr("The logit difference when only this tensor is the reference's; ✓ where the word is back");
  return {};
}

}  // namespace app
