#include "app/shell/scheme_list_model.h"

#include <QLocale>
#include <QTimer>
#include <algorithm>
#include <chrono>
#include <limits>

#include "app/selection/calibration_text.h"
#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "core/quant/registry.h"

namespace app {

SchemeListModel::SchemeListModel(Selection& selection, JobRunner& jobs, QObject* parent)
    : QAbstractListModel(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_unfolded{kChecked, kAll},
      m_sizesTag(QStringLiteral("schemes.sizes.%1").arg(reinterpret_cast<quintptr>(this))) {
  reset();
  connect(&selection, &Selection::schemesRestored, this, &SchemeListModel::reset);
  connect(&selection, &Selection::schemesChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::tensorChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::calibrationChanged, this, &SchemeListModel::refresh);
  auto* minute = new QTimer(this);  // the calibration's age
  connect(minute, &QTimer::timeout, this, [this] {
    if (m_selection.calibrationState() && rowCount() > 0) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
  });
  minute->start(std::chrono::minutes(1));
  connect(&selection, &Selection::modelChanged, this, [this] {
    for (Entry& entry : m_entries) entry.size.reset();
    refresh();
    measure();
  });
}

void SchemeListModel::reset() {
  beginResetModel();
  m_entries.clear();
  for (const SchemeEntry& entry : m_selection.schemes())
    m_entries.push_back({entry, entry.isOwn ? SchemeGroup::Own : groupOf(entry.recipe), std::nullopt});
  m_rows = rowsNow();
  endResetModel();
  measure();
}

// What is added comes last in the selection, so that the entries known already keep their places.
void SchemeListModel::refresh() {
  const auto& schemes = m_selection.schemes();
  const bool isSame = schemes.size() >= m_entries.size() &&
                      std::equal(m_entries.begin(), m_entries.end(), schemes.begin(),
                                 [](const Entry& a, const SchemeEntry& b) { return a.scheme.recipe == b.recipe; });
  if (!isSame) return reset();
  const std::size_t known = m_entries.size();
  for (std::size_t i = 0; i < known; ++i) m_entries[i].scheme = schemes[i];
  for (std::size_t i = known; i < schemes.size(); ++i)
    m_entries.push_back({schemes[i], schemes[i].isOwn ? SchemeGroup::Own : groupOf(schemes[i].recipe), std::nullopt});
  arrange();
  if (known < schemes.size()) measure();
}

// Arithmetic over shapes, but a model may have many tensors.
void SchemeListModel::measure() {
  m_jobs.cancelTag(m_sizesTag);
  if (!m_selection.model()) return;
  std::vector<core::model::Recipe> recipes;
  for (const Entry& entry : m_entries)
    if (!entry.size) recipes.push_back(entry.scheme.recipe);
  m_jobs.run(
      this, {m_sizesTag, {}},
      [checkpoint = m_selection.model()->sharedCheckpoint(), recipes](const core::JobContext& job) {
        return sizesUnder(*checkpoint, recipes, job);
      },
      [this](const std::vector<SchemeSize>& sizes) {
        for (const SchemeSize& size : sizes)
          if (const int entry = entryOf(size.recipe); entry >= 0)
            m_entries[static_cast<std::size_t>(entry)].size = size;
        arrange();
      });
}

int SchemeListModel::entryOf(const core::model::Recipe& recipe) const {
  const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                  [&](const Entry& entry) { return entry.scheme.recipe == recipe; });
  return found == m_entries.end() ? -1 : static_cast<int>(found - m_entries.begin());
}

bool SchemeListModel::isUnfolded(int section) const { return !m_filter.isEmpty() || m_unfolded.contains(section); }

std::vector<int> SchemeListModel::matches(int section) const {
  std::vector<int> found;
  for (int i = 0; i < static_cast<int>(m_entries.size()); ++i) {
    const Entry& entry = m_entries[static_cast<std::size_t>(i)];
    const bool belongs = section == kAll       ? true
                         : section == kChecked ? entry.scheme.checked
                                               : static_cast<int>(entry.group) == section;
    if (belongs && m_filter.matches(entry.scheme, titleOf(entry.group))) found.push_back(i);
  }
  if (m_order == SchemeOrder::BySize) {
    // What cannot hold this model, or is not measured yet, comes last.
    const auto bits = [this](int i) {
      const auto& size = m_entries[static_cast<std::size_t>(i)].size;
      return size && size->quantized > 0 ? size->bitsPerWeight : std::numeric_limits<double>::infinity();
    };
    std::stable_sort(found.begin(), found.end(), [&](int a, int b) { return bits(a) < bits(b); });
  }
  return found;
}

std::vector<SchemeListModel::Row> SchemeListModel::rowsNow() const {
  std::vector<int> sections;
  if (m_filter.isEmpty()) sections.push_back(kChecked);
  if (m_order == SchemeOrder::BySize)
    sections.push_back(kAll);
  else
    for (int group = 0; group < kSchemeGroups; ++group) sections.push_back(group);
  std::vector<Row> rows;
  for (const int section : sections) {
    const auto found = matches(section);
    if (found.empty()) continue;
    rows.push_back({section, kHeading});
    if (!isUnfolded(section)) continue;
    const bool looksAtData =
        section == static_cast<int>(SchemeGroup::Calibrated) || section == static_cast<int>(SchemeGroup::Activations);
    if (looksAtData && m_filter.isEmpty() && m_selection.model()) rows.push_back({section, kCalibration});
    for (const int entry : found) rows.push_back({section, entry});
  }
  return rows;
}

// Views keep their place where rows stay: only what differs is taken out and put in.
void SchemeListModel::arrange() {
  const std::vector<Row> next = rowsNow();
  const auto [oldEnd, newEnd] = std::mismatch(m_rows.begin(), m_rows.end(), next.begin(), next.end());
  const auto prefix = static_cast<int>(oldEnd - m_rows.begin());
  int suffix = 0;
  const int most = static_cast<int>(std::min(m_rows.size(), next.size())) - prefix;
  while (suffix < most && m_rows[m_rows.size() - 1 - static_cast<std::size_t>(suffix)] ==
                              next[next.size() - 1 - static_cast<std::size_t>(suffix)])
    ++suffix;
  const int removed = static_cast<int>(m_rows.size()) - prefix - suffix;
  const int added = static_cast<int>(next.size()) - prefix - suffix;
  if (removed > 0) {
    beginRemoveRows({}, prefix, prefix + removed - 1);
    m_rows.erase(m_rows.begin() + prefix, m_rows.begin() + prefix + removed);
    endRemoveRows();
  }
  if (added > 0) {
    beginInsertRows({}, prefix, prefix + added - 1);
    m_rows.insert(m_rows.begin() + prefix, next.begin() + prefix, next.begin() + prefix + added);
    endInsertRows();
  }
  if (!m_rows.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

const core::model::Recipe* SchemeListModel::recipe(int row) const {
  if (row < 0 || row >= rowCount()) return nullptr;
  const int entry = m_rows[static_cast<std::size_t>(row)].entry;
  return entry < 0 ? nullptr : &m_entries[static_cast<std::size_t>(entry)].scheme.recipe;
}

int SchemeListModel::rowOf(const core::model::Recipe& wanted) const {
  int found = -1;
  for (int row = 0; row < rowCount(); ++row) {
    const auto* here = recipe(row);
    if (here != nullptr && *here == wanted) found = row;
  }
  return found;
}

void SchemeListModel::setFilter(const QString& words) {
  m_filter = SchemeFilter(words);
  arrange();
}

void SchemeListModel::setOrder(SchemeOrder order) {
  m_order = order;
  arrange();
}

void SchemeListModel::toggleHeading(int row) {
  if (row < 0 || row >= rowCount() || m_rows[static_cast<std::size_t>(row)].entry != kHeading) return;
  const int section = m_rows[static_cast<std::size_t>(row)].section;
  if (!m_unfolded.remove(section)) m_unfolded.insert(section);
  arrange();
}

void SchemeListModel::reveal(const core::model::Recipe& wanted) {
  const int entry = entryOf(wanted);
  if (entry < 0) return;
  const Entry& found = m_entries[static_cast<std::size_t>(entry)];
  const int section = found.scheme.checked && m_filter.isEmpty() ? kChecked : static_cast<int>(found.group);
  m_unfolded.insert(section);
  arrange();
}

void SchemeListModel::setCurrent(const std::optional<core::model::Recipe>& recipe) {
  m_current = recipe;
  if (!m_rows.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1), {CurrentRole});
}

int SchemeListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QString SchemeListModel::toolTip(const Entry& entry) const {
  const core::model::Recipe& recipe = entry.scheme.recipe;
  QStringList lines{entry.scheme.title, entry.scheme.description};
  if (const QString text = QString::fromStdString(recipe.toString()); !entry.scheme.isOwn && text != entry.scheme.title)
    lines << tr("Text form: %1").arg(text);
  if (entry.size && entry.size->quantized > 0)
    lines << tr("The whole model: %1, %2. %3 of it stay as stored.")
                 .arg(text::bytes(entry.size->bytes), text::bitsPerWeight(entry.size->bitsPerWeight),
                      text::bytes(entry.size->keptBytes));
  else if (entry.size)
    lines << tr("No matrix of this model can be stored this way.");
  if (const core::io::TensorInfo* info = m_selection.tensorInfo()) {
    const QString name = QString::fromStdString(info->name);
    const auto scheme = m_selection.schemeFor(recipe, *m_selection.tensor());
    std::string why;
    const auto other = m_selection.otherFor(recipe, *m_selection.tensor());
    if (other && other->adapted)
      lines << tr("%1: with the adapter, %2").arg(name, text::bytes(other->bytes));
    else if (other)
      lines << tr("%1: %2, %3 there").arg(name, typeText(other->info()), text::bytes(other->bytes));
    else if (m_selection.replacementFor(recipe, *m_selection.tensor()))
      lines << tr("%1: changed by hand").arg(name);
    else if (!scheme)
      lines << tr("%1: stays as stored").arg(name);
    else if (!core::quant::accepts(*scheme, info->shape, &why))
      lines << tr("%1: %2").arg(name, QString::fromStdString(why));
    else
      lines << tr("%1: %2, %3")
                   .arg(name, QString::fromStdString(scheme->displayName()),
                        text::bitsPerWeight(core::quant::bitsPerWeight(*scheme, info->shape)));
  }
  return lines.join(u'\n');
}

QVariant SchemeListModel::heading(int section, int role) const {
  switch (role) {
    case Qt::DisplayRole:
      return section == kChecked ? tr("Compared")
             : section == kAll   ? tr("All, smallest first")
                                 : titleOf(static_cast<SchemeGroup>(section));
    case HeadingRole:
      return true;
    case UnfoldedRole:
      return isUnfolded(section);
    case CountRole:
      return static_cast<int>(matches(section).size());
    case Qt::AccessibleDescriptionRole:
      return isUnfolded(section) ? tr("group, unfolded") : tr("group, folded");
    default:
      return {};
  }
}

QVariant SchemeListModel::calibration(int role) const {
  const auto state = m_selection.calibrationState();
  const bool isRead = state && state->made;
  switch (role) {
    case Qt::DisplayRole:
      return m_selection.isCalibrating() ? tr("reading…") : calibrationText(state);
    case ActionRole:
      return m_selection.isCalibrating() ? tr("Stop") : isRead ? tr("Change…") : tr("Calibrate…");
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
      return tr(
          "What these schemes are calibrated with: a text that the model reads, or an importance matrix. Click to "
          "choose.");
    case CalibrationRole:
      return true;
    case HeadingRole:
      return false;
    default:
      return {};
  }
}

QVariant SchemeListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const Row& row = m_rows[static_cast<std::size_t>(index.row())];
  if (row.entry == kHeading) return heading(row.section, role);
  if (row.entry == kCalibration) return calibration(role);
  const Entry& entry = m_entries[static_cast<std::size_t>(row.entry)];
  const bool isSized = entry.size && entry.size->quantized > 0;
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
      return entry.scheme.title;
    case Qt::ToolTipRole:
      return toolTip(entry);
    case Qt::AccessibleDescriptionRole:
      return toolTip(entry).replace(u'\n', u' ');
    case Qt::CheckStateRole:
      return entry.scheme.checked ? Qt::Checked : Qt::Unchecked;
    case HeadingRole:
      return false;
    case ColorRole:
      return entry.scheme.checked ? m_selection.color(entry.scheme.recipe) : QColor();
    case MarkRole:
      return static_cast<int>(m_selection.mark(entry.scheme.recipe));
    case CurrentRole:
      return m_current == entry.scheme.recipe;
    case BitsRole:
      return isSized ? QLocale().toString(entry.size->bitsPerWeight, 'f', 2) : QString();
    case SizeRole:
      return isSized ? text::bytes(entry.size->bytes) : QString();
    case OwnRole:
      return entry.scheme.isOwn;
    default:
      return {};
  }
}

bool SchemeListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const auto* changed = index.isValid() ? recipe(index.row()) : nullptr;
  if (changed == nullptr) return false;
  const core::model::Recipe copy = *changed;  // the selection's signal changes the rows
  if (role == Qt::CheckStateRole)
    m_selection.setChecked(copy, value.toInt() == Qt::Checked);
  else if (role == Qt::EditRole)
    m_selection.renameOwn(copy, value.toString().simplified());
  else
    return false;
  return true;
}

Qt::ItemFlags SchemeListModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  if (recipe(index.row()) == nullptr) return Qt::ItemIsEnabled | Qt::ItemIsSelectable;
  const auto flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable;
  return index.data(OwnRole).toBool() ? flags | Qt::ItemIsEditable : flags;
}

}  // namespace app
