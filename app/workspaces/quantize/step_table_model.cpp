#include "app/workspaces/quantize/step_table_model.h"

#include <QBrush>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_input.h"
#include "app/workspaces/quantize/lab_stage.h"
#include "core/base/error.h"

namespace app {

using core::quant::StepId;

// A drag changes the numbers of the same table many times a second: only another table resets the view.
void StepTableModel::setBlock(std::shared_ptr<const LabBlock> block) {
  const bool isThere = block != nullptr && !block->isEmpty();
  std::vector<StepId> steps;
  if (isThere)
    for (const auto& step : block->explanation.steps) steps.push_back(step.id);
  const int rows = isThere ? static_cast<int>(block->values.size()) : 0;
  const bool isClipped = isThere && block->isAnyCut();
  const bool isSame = rows == m_rows && steps == m_steps && isClipped == m_isClipped;
  if (!isSame) beginResetModel();
  m_block = isThere ? std::move(block) : nullptr;
  m_rows = rows;
  m_isClipped = isClipped;
  m_steps = std::move(steps);
  m_columns = static_cast<int>(m_steps.size()) + (m_isClipped ? 1 : 0);
  if (!isSame)
    endResetModel();
  else if (m_rows > 0)
    Q_EMIT dataChanged(index(0, 0), index(m_rows - 1, m_columns - 1));
}

void StepTableModel::setReached(std::size_t reached, int currentStep) {
  if (m_reached == reached && m_current == currentStep) return;
  m_reached = reached;
  m_current = currentStep;
  if (m_rows > 0) Q_EMIT dataChanged(index(0, 0), index(m_rows - 1, m_columns - 1));
  if (m_columns > 0) Q_EMIT headerDataChanged(Qt::Horizontal, 0, m_columns - 1);
}

int StepTableModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_rows; }
int StepTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_columns; }

QVariant StepTableModel::data(const QModelIndex& index, int role) const {
  if (m_block == nullptr || !index.isValid()) return {};
  const int step = stepOf(index.column());
  const auto row = static_cast<std::size_t>(index.row());
  const ThemeColors& c = Theme::instance().colors();
  const bool isHidden = step > static_cast<int>(m_reached);
  switch (role) {
    case Qt::DisplayRole:
      if (step < 0) return text::number(static_cast<double>(m_block->values[row]), 4);
      return isHidden ? QString() : stepValueText(*m_block, static_cast<std::size_t>(step), row);
    case Qt::EditRole:
      return weightsText({m_block->values[row]});
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::BackgroundRole:
      return step == m_current && step >= 0 ? QVariant(QBrush(c.accentSoft)) : QVariant();
    case Qt::ForegroundRole: {
      if (step < 0 || isHidden) return {};
      const StepId id = m_steps[static_cast<std::size_t>(step)];
      if (id == StepId::Error && stepValue(*m_block, static_cast<std::size_t>(step), row) != 0) return QBrush(c.sign);
      if (id == StepId::Decoded) return QBrush(c.accent);
      return {};
    }
    default:
      return {};
  }
}

QVariant StepTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (m_block == nullptr) return {};
  if (orientation == Qt::Vertical)
    return role == Qt::DisplayRole ? QVariant(QString::number(numberOf(static_cast<std::size_t>(section))))
                                   : QVariant();
  const int step = stepOf(section);
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
  if (step < 0 && role == Qt::ToolTipRole) return tr("the weight before its range was clipped");
  if (step < 0) return role == Qt::DisplayRole ? QVariant(tr("given")) : QVariant();
  const auto& column = m_block->explanation.steps[static_cast<std::size_t>(step)];
  const QString symbol = QString::fromStdString(column.symbol), meaning = QString::fromStdString(column.meaning);
  if (role == Qt::DisplayRole) return symbol;
  if (role == Qt::ToolTipRole) return meaning + u'\n' + QString::fromStdString(core::quant::stepFormula(column));
  return {};
}

/// As the bars count them: of the row's columns where these are stored in another order.
std::size_t StepTableModel::numberOf(std::size_t row) const {
  const auto& columns = m_block->explanation.columns;
  return columns.empty() ? m_block->offset + row : columns[m_block->offset + row];
}

bool StepTableModel::isWhole(int column) const {
  const int step = stepOf(column);
  if (m_block == nullptr || step <= 0) return false;
  const auto& values = m_block->explanation.steps[static_cast<std::size_t>(step)].values;
  return std::all_of(values.begin(), values.end(), [](double value) { return value == std::floor(value); });
}

Qt::ItemFlags StepTableModel::flags(const QModelIndex& index) const {
  const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  return index.column() == 0 ? flags | Qt::ItemIsEditable : flags;
}

bool StepTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::EditRole || index.column() != 0) return false;
  try {
    const auto typed = parseWeights(value.toString());
    if (typed.size() != 1) return false;
    Q_EMIT weightTyped(index.row(), typed.front());
    return true;
  } catch (const core::Error&) {
    return false;  // what was there stays
  }
}

}  // namespace app
