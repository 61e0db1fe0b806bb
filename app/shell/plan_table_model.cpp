#include "app/shell/plan_table_model.h"

#include <limits>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

int alignment(int column) {
  const bool isNumber = column == PlanTableModel::Bytes || column == PlanTableModel::Sqnr;
  return static_cast<int>((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

}  // namespace

void PlanTableModel::setPreview(std::optional<ExportPreview> preview) {
  beginResetModel();
  m_preview = std::move(preview);
  endResetModel();
}

int PlanTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !m_preview ? 0 : static_cast<int>(m_preview->plan.rows.size());
}

int PlanTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumns; }

QString PlanTableModel::text(std::size_t row, int column) const {
  const QuantizedFileRow& tensor = m_preview->plan.rows[row];
  const auto& sqnr = m_preview->sqnrDb[row];
  switch (column) {
    case Tensor:
      return QString::fromStdString(tensor.tensor);
    case From:
      return QString::fromStdString(tensor.from);
    case To:
      return tensor.isKept() ? tr("stays") : QString::fromStdString(tensor.to);
    case Bytes:
      return text::bytes(tensor.bytes);
    case Sqnr:
      return sqnr ? text::decibel(*sqnr) : QStringLiteral("—");
    case Rule:
      return reason(tensor);
    default:
      return {};
  }
}

// The dialog's title says the recipe's name already.
QString PlanTableModel::reason(const QuantizedFileRow& tensor) const {
  if (tensor.isKept()) return QString::fromStdString(tensor.decision.kept);
  if (!tensor.decision.fallback.empty()) return QString::fromStdString(tensor.decision.fallback);
  QString rule = QString::fromStdString(tensor.decision.rule);
  const QString name = QString::fromStdString(m_preview->recipe.toString()) + QStringLiteral(": ");
  return rule.startsWith(name) ? rule.mid(name.size()) : rule;
}

QVariant PlanTableModel::sortValue(std::size_t row, int column) const {
  if (column == Bytes) return QVariant::fromValue<qulonglong>(m_preview->plan.rows[row].bytes);
  if (column == Sqnr) return m_preview->sqnrDb[row].value_or(std::numeric_limits<double>::infinity());
  return column == Tensor ? QVariant::fromValue<qulonglong>(row) : QVariant(text(row, column));
}

QVariant PlanTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const auto row = static_cast<std::size_t>(index.row());
  const QuantizedFileRow& tensor = m_preview->plan.rows[row];
  const bool isFallback = !tensor.decision.fallback.empty();
  switch (role) {
    case Qt::DisplayRole:
      return text(row, index.column());
    case Qt::ToolTipRole: {
      QStringList lines{text(row, Tensor)};
      for (const std::string& line : {tensor.decision.rule, tensor.decision.fallback, tensor.decision.kept})
        if (!line.empty()) lines << QString::fromStdString(line);
      return lines.join(u'\n');
    }
    case Qt::TextAlignmentRole:
      return alignment(index.column());
    case Qt::ForegroundRole:
      if (isFallback && (index.column() == To || index.column() == Rule)) return Theme::instance().colors().warning;
      if (tensor.isKept()) return Theme::instance().colors().textMuted;
      return {};
    case SortRole:
      return sortValue(row, index.column());
    case FallbackRole:
      return isFallback;
    default:
      return {};
  }
}

QVariant PlanTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return alignment(section);
  if (role != Qt::DisplayRole) return {};
  const QString titles[] = {tr("Tensor"), tr("From"), tr("To"), tr("Bytes"), tr("SQNR"), tr("Chosen by")};
  return section >= 0 && section < kColumns ? titles[section] : QString();
}

}  // namespace app
