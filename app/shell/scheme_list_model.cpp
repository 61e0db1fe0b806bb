#include "app/shell/scheme_list_model.h"

#include <QLocale>
#include <algorithm>

#include "app/text/numbers.h"
#include "core/quant/registry.h"

namespace app {

namespace {
const QString kSizesTag = QStringLiteral("schemes.sizes");
}

SchemeListModel::SchemeListModel(Selection& selection, JobRunner& jobs, QObject* parent)
    : QAbstractListModel(parent), m_selection(selection), m_jobs(jobs) {
  reset();
  connect(&selection, &Selection::schemesRestored, this, &SchemeListModel::reset);
  connect(&selection, &Selection::schemesChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::currentSchemeChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::tensorChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::modelChanged, this, [this] {
    for (Row& row : m_rows) row.size.reset();
    refresh();
    measure();
  });
}

void SchemeListModel::reset() {
  beginResetModel();
  m_rows.clear();
  for (const bool checked : {true, false})
    for (const SchemeEntry& entry : m_selection.schemes())
      if (entry.checked == checked) m_rows.push_back({entry, std::nullopt});
  endResetModel();
  measure();
}

void SchemeListModel::refresh() {
  bool added = false;
  for (const SchemeEntry& entry : m_selection.schemes()) {
    if (const int row = rowOf(entry.scheme); row >= 0) {
      m_rows[static_cast<std::size_t>(row)].entry = entry;
      continue;
    }
    beginInsertRows({}, 0, 0);
    m_rows.insert(m_rows.begin(), {entry, std::nullopt});
    endInsertRows();
    added = true;
  }
  if (!m_rows.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
  if (added) measure();
}

// Arithmetic over shapes, but a model may have many tensors.
void SchemeListModel::measure() {
  m_jobs.cancelTag(kSizesTag);
  if (!m_selection.model()) return;
  std::vector<core::quant::Scheme> schemes;
  for (const Row& row : m_rows)
    if (!row.size) schemes.push_back(row.entry.scheme);
  m_jobs.run(
      this, {kSizesTag, {}},
      [checkpoint = m_selection.model()->sharedCheckpoint(), schemes](const core::JobContext& job) {
        return sizesUnder(*checkpoint, schemes, job);
      },
      [this](const std::vector<SchemeSize>& sizes) {
        for (const SchemeSize& size : sizes)
          if (const int row = rowOf(size.scheme); row >= 0) m_rows[static_cast<std::size_t>(row)].size = size;
        refresh();
      });
}

const core::quant::Scheme& SchemeListModel::scheme(int row) const {
  return m_rows[static_cast<std::size_t>(row)].entry.scheme;
}

int SchemeListModel::rowOf(const core::quant::Scheme& wanted) const {
  const auto found =
      std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& row) { return row.entry.scheme == wanted; });
  return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

int SchemeListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QString SchemeListModel::toolTip(const Row& row) const {
  QStringList lines{row.entry.title, row.entry.description};
  if (row.size && row.size->quantized > 0)
    lines << tr("The whole model: %1, %2. %3 of it stay as stored.")
                 .arg(text::bytes(row.size->bytes), text::bitsPerWeight(row.size->bitsPerWeight),
                      text::bytes(row.size->keptBytes));
  else if (row.size)
    lines << tr("No matrix of this model can be stored this way.");
  if (const core::io::TensorInfo* info = m_selection.tensorInfo()) {
    std::string why;
    const QString name = QString::fromStdString(info->name);
    if (core::quant::accepts(row.entry.scheme, info->shape, &why))
      lines << tr("%1: %2").arg(name, text::bitsPerWeight(core::quant::bitsPerWeight(row.entry.scheme, info->shape)));
    else
      lines << tr("%1: %2").arg(name, QString::fromStdString(why));
  }
  return lines.join(u'\n');
}

QVariant SchemeListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const Row& row = m_rows[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return row.entry.title;
    case Qt::ToolTipRole:
      return toolTip(row);
    case Qt::AccessibleDescriptionRole:
      return toolTip(row).replace(u'\n', u' ');
    case Qt::CheckStateRole:
      return row.entry.checked ? Qt::Checked : Qt::Unchecked;
    case ColorRole:
      return row.entry.checked ? m_selection.color(row.entry.scheme) : QColor();
    case MarkRole:
      return static_cast<int>(m_selection.mark(row.entry.scheme));
    case CurrentRole:
      return m_selection.currentScheme() == row.entry.scheme;
    case BitsRole:
      return row.size && row.size->quantized > 0 ? QLocale().toString(row.size->bitsPerWeight, 'f', 2) : QString();
    case SizeRole:
      return row.size && row.size->quantized > 0 ? text::bytes(row.size->bytes) : QString();
    default:
      return {};
  }
}

bool SchemeListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid() || role != Qt::CheckStateRole) return false;
  const core::quant::Scheme changed = scheme(index.row());
  m_selection.setChecked(changed, value.toInt() == Qt::Checked);
  return true;
}

Qt::ItemFlags SchemeListModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable;
}

}  // namespace app
