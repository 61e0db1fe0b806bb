#include "app/workspaces/inspect/tensor_table_model.h"

#include <algorithm>
#include <cmath>

#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "core/io/packed_weights.h"

namespace app {
namespace {

/// NaN has no place in an order.
QVariant finiteOnly(double value) { return std::isnan(value) ? QVariant() : QVariant(value); }

}  // namespace

TensorTableModel::TensorTableModel(Selection& selection, TensorFacts& facts, QObject* parent)
    : QAbstractTableModel(parent), m_selection(selection), m_facts(facts) {
  connect(&m_facts, &TensorFacts::reset, this, [this, &selection] { take(selection.model().get()); });
  connect(&m_facts, &TensorFacts::computed, this, &TensorTableModel::takeFacts);
  take(selection.model().get());
}

void TensorTableModel::setShown(Shown shown) {
  if (shown == m_shown) return;
  m_shown = shown;
  take(m_selection.model().get());
  for (std::size_t i = 0; i < m_rows.size(); ++i) takeFacts(i);
}

void TensorTableModel::take(const OpenModel* model) {
  beginResetModel();
  m_rows.clear();
  m_hasPieces = false;
  m_largest = m_total = 1;
  if (model != nullptr) {
    m_total = 0;
    const bool isStored = m_shown == Shown::Stored;
    const auto whole = core::io::weightBytes(model->checkpoint());
    for (const auto& tensor : model->checkpoint().tensors()) {
      const std::uint64_t bytes = isStored ? tensor.bytes : whole[m_rows.size()];
      m_largest = std::max(m_largest, bytes);
      m_total += bytes;
      m_hasPieces = m_hasPieces || !tensor.pieceOf.empty() || tensor.assembly == core::io::Assembly::Turned;
      m_rows.push_back({isStored ? storedNameText(tensor) : QString::fromStdString(tensor.name),
                        shapeText(isStored ? storedShape(tensor) : tensor.shape),
                        isStored ? storedTypeText(tensor) : typeText(tensor), !tensor.pieceOf.empty(),
                        tensor.shape.count(), bytes, std::nullopt,
                        tensor.isReadable() ? QString() : unreadableText(tensor)});
    }
    m_total = std::max<std::uint64_t>(m_total, 1);
  }
  endResetModel();
}

void TensorTableModel::takeFacts(std::size_t tensor) {
  if (tensor >= m_rows.size()) return;
  const auto* facts = m_facts.find(tensor);
  m_rows[tensor].stats = facts != nullptr ? std::optional(facts->stats) : std::nullopt;
  if (m_rows[tensor].problem.isEmpty()) m_rows[tensor].problem = m_facts.problem(tensor);
  const int row = static_cast<int>(tensor);
  Q_EMIT dataChanged(index(row, Min), index(row, NonFinite));
}

int TensorTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int TensorTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant TensorTableModel::sortValue(const Row& row, std::size_t index, int column) {
  switch (column) {
    case Name:
      return QVariant::fromValue<qulonglong>(index);  // file order is the order of the layers
    case ShapeColumn:
      return QVariant::fromValue<qulonglong>(row.weights);
    case Type:
      return row.type;
    case Bytes:
    case Share:
      return QVariant::fromValue<qulonglong>(row.bytes);
    default:
      break;
  }
  if (!row.stats) return {};
  switch (column) {
    case Min:
      return finiteOnly(row.stats->min);
    case Max:
      return finiteOnly(row.stats->max);
    case Mean:
      return finiteOnly(row.stats->mean);
    case Sigma:
      return finiteOnly(row.stats->standardDeviation);
    case Outliers:
      return QVariant::fromValue<qulonglong>(row.stats->outliers6Sigma);
    case Kurtosis:
      return finiteOnly(row.stats->kurtosis);
    case NonFinite:
      return QVariant::fromValue<qulonglong>(row.stats->count - row.stats->finite);
    default:
      return {};
  }
}

QString TensorTableModel::displayText(const Row& row, std::size_t index, int column) const {
  switch (column) {
    case Name:
      return row.name;
    case ShapeColumn:
      return row.shape;
    case Type:
      return row.type;
    case Bytes:
      return text::bytes(row.bytes);
    case Share:
      return text::percent(static_cast<double>(row.bytes) / static_cast<double>(m_total));
    default:
      break;
  }
  const QVariant value = sortValue(row, index, column);
  // Without a value: it is being computed, or no finite weight has it.
  if (!value.isValid()) return row.stats || !row.problem.isEmpty() ? QStringLiteral("–") : QStringLiteral("…");
  return column == Outliers || column == NonFinite ? text::count(value.toULongLong())
                                                   : text::number(value.toDouble(), 3);
}

QVariant TensorTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
  const auto place = static_cast<std::size_t>(index.row());
  const Row& row = m_rows[place];
  switch (role) {
    case Qt::DisplayRole:
      return displayText(row, place, index.column());
    case kSortRole:
      return sortValue(row, place, index.column());
    case kShareRole:
      return static_cast<double>(row.bytes) / static_cast<double>(m_largest);
    case kPieceRole:
      return row.isPiece;
    case Qt::ToolTipRole:
      if (index.column() == NonFinite && row.stats) return QString::fromStdString(describe(row.stats->nonFinite));
      return index.column() == Name ? row.name : row.problem;
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(
          Qt::Alignment(index.column() <= Type ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter));
    default:
      return {};
  }
}

QVariant TensorTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  // A view in the middle of a change may ask for section −1.
  if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue(
        Qt::Alignment(section <= Type ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter));
  if (role != Qt::DisplayRole) return {};
  const QString titles[] = {tr("Tensor"), tr("Shape"), tr("Type"), tr("Size"),      tr("Share"),    tr("Min"),
                            tr("Max"),    tr("Mean"),  tr("σ"),    tr("Beyond 6σ"), tr("Kurtosis"), tr("NaN, ∞")};
  return titles[section];
}

}  // namespace app
