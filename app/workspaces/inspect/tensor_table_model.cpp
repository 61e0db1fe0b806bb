#include "app/workspaces/inspect/tensor_table_model.h"

#include <algorithm>

#include "app/text/numbers.h"

namespace app {

QString shapeText(const core::tensor::Shape& shape) {
  QStringList parts;
  for (const auto extent : shape.extents()) parts.append(QString::number(extent));
  return parts.isEmpty() ? TensorTableModel::tr("scalar") : parts.join(QStringLiteral(" × "));
}

TensorTableModel::TensorTableModel(Selection& selection, TensorFacts& facts, QObject* parent)
    : QAbstractTableModel(parent), m_selection(selection), m_facts(facts) {
  connect(&m_facts, &TensorFacts::reset, this, [this] {
    beginResetModel();
    m_largest = m_total = 0;
    if (m_selection.model()) {
      for (const auto& tensor : m_selection.model()->checkpoint().tensors()) {
        m_largest = std::max(m_largest, tensor.bytes);
        m_total += tensor.bytes;
      }
    }
    m_largest = std::max<std::uint64_t>(m_largest, 1);
    m_total = std::max<std::uint64_t>(m_total, 1);
    endResetModel();
  });
  connect(&m_facts, &TensorFacts::computed, this, [this](std::size_t tensor) {
    const int row = static_cast<int>(tensor);
    if (row < rowCount()) Q_EMIT dataChanged(index(row, Min), index(row, Kurtosis));
  });
}

int TensorTableModel::rowCount(const QModelIndex& parent) const {
  if (parent.isValid() || !m_selection.model()) return 0;
  return static_cast<int>(m_selection.model()->checkpoint().tensors().size());
}

int TensorTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant TensorTableModel::sortValue(const core::io::TensorInfo& tensor, std::size_t row, int column) const {
  switch (column) {
    case Name:
      return QVariant::fromValue<qulonglong>(row);  // file order is the order of the layers
    case ShapeColumn:
      return QVariant::fromValue<qulonglong>(tensor.shape.count());
    case Type:
      return displayText(tensor, row, column);
    case Bytes:
    case Share:
      return QVariant::fromValue<qulonglong>(tensor.bytes);
    default:
      break;
  }
  const auto* facts = m_facts.find(row);
  if (facts == nullptr) return {};
  switch (column) {
    case Min:
      return facts->stats.min;
    case Max:
      return facts->stats.max;
    case Mean:
      return facts->stats.mean;
    case Sigma:
      return facts->stats.standardDeviation;
    case Outliers:
      return QVariant::fromValue<qulonglong>(facts->stats.outliers6Sigma);
    case Kurtosis:
      return facts->stats.kurtosis;
    default:
      return {};
  }
}

QString TensorTableModel::displayText(const core::io::TensorInfo& tensor, std::size_t row, int column) const {
  switch (column) {
    case Name:
      return QString::fromStdString(tensor.name);
    case ShapeColumn:
      return shapeText(tensor.shape);
    case Type: {
      const auto name = core::tensor::name(tensor.dtype);
      return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())).toUpper();
    }
    case Bytes:
      return text::bytes(tensor.bytes);
    case Share:
      return text::percent(static_cast<double>(tensor.bytes) / static_cast<double>(m_total));
    default:
      break;
  }
  const QVariant value = sortValue(tensor, row, column);
  if (!value.isValid()) return m_facts.problem(row).isEmpty() ? QStringLiteral("…") : QStringLiteral("–");
  return column == Outliers ? text::count(value.toULongLong()) : text::number(value.toDouble(), 3);
}

QVariant TensorTableModel::data(const QModelIndex& index, int role) const {
  const auto tensors = m_selection.model()->checkpoint().tensors();
  const auto row = static_cast<std::size_t>(index.row());
  if (row >= tensors.size()) return {};
  switch (role) {
    case Qt::DisplayRole:
      return displayText(tensors[row], row, index.column());
    case kSortRole:
      return sortValue(tensors[row], row, index.column());
    case kShareRole:
      return static_cast<double>(tensors[row].bytes) / static_cast<double>(m_largest);
    case Qt::ToolTipRole:
      return index.column() == Name ? QString::fromStdString(tensors[row].name) : m_facts.problem(row);
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(
          Qt::Alignment(index.column() <= Type ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter));
    default:
      return {};
  }
}

QVariant TensorTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue(
        Qt::Alignment(section <= Type ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter));
  if (role != Qt::DisplayRole) return {};
  const QString titles[] = {tr("Tensor"), tr("Shape"), tr("Type"), tr("Size"),      tr("Share"),   tr("Min"),
                            tr("Max"),    tr("Mean"),  tr("σ"),    tr("Beyond 6σ"), tr("Kurtosis")};
  return titles[section];
}

}  // namespace app
