#include "app/workspaces/compare/device_table_model.h"

#include <QLocale>
#include <algorithm>

#include "app/widgets/theme.h"
#include "core/base/error.h"

namespace app {

namespace {

const QString kSystem = QStringLiteral("|");  ///< parts a saved line

QString sizeText(std::uint64_t bytes) { return QString::fromStdString(bytesText(static_cast<double>(bytes))); }

}  // namespace

DeviceTableModel::DeviceTableModel(QObject* parent) : QAbstractTableModel(parent) {
  for (const PlannedDevice& device : usualDevices()) m_rows.push_back({device, true});
}

std::vector<PlannedDevice> DeviceTableModel::shown() const {
  std::vector<PlannedDevice> devices;
  for (const Row& row : m_rows)
    if (row.isShown) devices.push_back(row.device);
  return devices;
}

std::vector<PlannedDevice> DeviceTableModel::all() const {
  std::vector<PlannedDevice> devices;
  for (const Row& row : m_rows) devices.push_back(row.device);
  return devices;
}

void DeviceTableModel::setHere(const std::vector<PlannedDevice>& devices) {
  std::vector<PlannedDevice> known;
  for (const Row& row : m_rows)
    if (row.device.isHere()) known.push_back(row.device);
  if (known == devices) return;
  beginResetModel();
  std::erase_if(m_rows, [](const Row& row) { return row.device.isHere(); });
  std::vector<Row> here;
  for (const PlannedDevice& device : devices) here.push_back({device, true});
  m_rows.insert(m_rows.begin(), here.begin(), here.end());
  endResetModel();
  Q_EMIT devicesChanged();
}

int DeviceTableModel::addDevice() {
  const int row = rowCount();
  beginInsertRows({}, row, row);
  m_rows.push_back({parseDevices("16GiB").front(), true});
  m_rows.back().device.name = tr("My device").toStdString();
  endInsertRows();
  Q_EMIT devicesChanged();
  return row;
}

void DeviceTableModel::removeDevice(int row) {
  if (row < 0 || row >= rowCount() || isHere(row)) return;
  beginRemoveRows({}, row, row);
  m_rows.erase(m_rows.begin() + row);
  endRemoveRows();
  Q_EMIT devicesChanged();
}

void DeviceTableModel::reset() {
  beginResetModel();
  std::erase_if(m_rows, [](const Row& row) { return !row.device.isHere(); });
  for (const PlannedDevice& device : usualDevices()) m_rows.push_back({device, true});
  endResetModel();
  Q_EMIT devicesChanged();
}

QStringList DeviceTableModel::save() const {
  QStringList lines;
  for (const Row& row : m_rows)
    if (!row.device.isHere())
      lines << QStringList{row.isShown ? QStringLiteral("1") : QStringLiteral("0"),
                           QString::number(row.device.overheadBytes), QString::fromStdString(row.device.toString())}
                   .join(kSystem);
  return lines;
}

void DeviceTableModel::restore(const QStringList& lines) {
  std::vector<Row> rows;
  for (const QString& line : lines) {
    const QStringList parts = line.split(kSystem);
    if (parts.size() < 3) continue;
    try {
      PlannedDevice device = parseDevices(parts.mid(2).join(kSystem).toStdString()).front();
      device.overheadBytes = parts[1].toULongLong();
      rows.push_back({std::move(device), parts[0] == QStringLiteral("1")});
    } catch (const core::Error&) {
      continue;  // written by another version
    }
  }
  if (rows.empty()) return;
  beginResetModel();
  std::erase_if(m_rows, [](const Row& row) { return !row.device.isHere(); });
  m_rows.insert(m_rows.end(), rows.begin(), rows.end());
  endResetModel();
  Q_EMIT devicesChanged();
}

int DeviceTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}
int DeviceTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant DeviceTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Row& row = m_rows[static_cast<std::size_t>(index.row())];
  if (role == Qt::CheckStateRole && index.column() == Name) return row.isShown ? Qt::Checked : Qt::Unchecked;
  if (role == Qt::TextAlignmentRole && index.column() != Name)
    return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::FontRole && index.column() != Name) return Theme::instance().monoFont(-1);
  if (role == Qt::ForegroundRole && row.device.isHere() && index.column() != Name)
    return Theme::instance().colors().textMuted;
  if (role == Qt::ToolTipRole && row.device.isHere())
    return tr("Of this computer, as the system says it: what is free now");
  if (role != Qt::DisplayRole && role != Qt::EditRole) return {};
  switch (index.column()) {
    case Name:
      return QString::fromStdString(row.device.name);
    case Memory:
      return sizeText(row.device.bytes);
    case Share:
      return QLocale().toString(row.device.share * 100, 'f', 0) + QStringLiteral(" %");
    case Overhead:
      return sizeText(row.device.overheadBytes);
    default:
      return {};
  }
}

bool DeviceTableModel::edit(Row& row, int column, const QString& text) {
  switch (column) {
    case Name: {
      QString name = text.trimmed();
      for (const char sign : {',', '=', '*', '|'}) name.remove(QLatin1Char(sign));  // they part what is saved
      if (name.isEmpty()) return false;
      row.device.name = name.toStdString();
      return true;
    }
    case Memory:
      row.device.bytes = parseBytes(text.toStdString());
      return true;
    case Share: {
      bool isNumber = false;
      const double percent = QLocale().toDouble(QString(text).remove(u'%').trimmed(), &isNumber);
      if (!isNumber || percent <= 0 || percent > 100) {
        Q_EMIT refused(tr("A share is over 0 and at most 100 %."));
        return false;
      }
      row.device.share = percent / 100;
      return true;
    }
    case Overhead:
      row.device.overheadBytes = text.trimmed().startsWith(u'0') ? 0 : parseBytes(text.toStdString());
      return true;
    default:
      return false;
  }
}

bool DeviceTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid()) return false;
  Row& row = m_rows[static_cast<std::size_t>(index.row())];
  if (role == Qt::CheckStateRole) {
    row.isShown = value.toInt() == Qt::Checked;
  } else if (role == Qt::EditRole) {
    try {
      if (!edit(row, index.column(), value.toString())) return false;
    } catch (const core::Error& error) {
      Q_EMIT refused(QString::fromUtf8(error.what()));
      return false;
    }
  } else {
    return false;
  }
  Q_EMIT dataChanged(index, index);
  Q_EMIT devicesChanged();
  return true;
}

Qt::ItemFlags DeviceTableModel::flags(const QModelIndex& index) const {
  Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  if (!index.isValid()) return flags;
  if (index.column() == Name) flags |= Qt::ItemIsUserCheckable;
  if (!isHere(index.row())) flags |= Qt::ItemIsEditable;
  return flags;
}

QVariant DeviceTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  const QString titles[] = {tr("device"), tr("memory"), tr("share for a model"), tr("driver, system")};
  const QString tips[] = {tr("A tick shows it in the picture"), tr("24 GiB, 80 GB, 512 MiB"),
                          tr("Of a memory that is shared with the system and other programs"),
                          tr("What is taken before any model is there")};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue((section == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
  if (role == Qt::ToolTipRole) return tips[section];
  return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

}  // namespace app
