#pragma once
#include <QAbstractTableModel>
#include <QStringList>
#include <vector>

#include "app/session/device_list.h"

namespace app {

/// The devices that memory is planned for: name, size, share and what the system takes can be edited, a tick shows one.
class DeviceTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Name, Memory, Share, Overhead, Columns };

  explicit DeviceTableModel(QObject* parent = nullptr);

  /// Ticked ones.
  std::vector<PlannedDevice> shown() const;
  std::vector<PlannedDevice> all() const;
  /// The devices of this computer stand first; what they are is not edited.
  void setHere(const std::vector<PlannedDevice>& devices);
  int addDevice();
  void removeDevice(int row);
  bool isHere(int row) const { return m_rows[static_cast<std::size_t>(row)].device.isHere(); }
  void reset();
  /// Of what is not of this computer.
  QStringList save() const;
  void restore(const QStringList& lines);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 Q_SIGNALS:
  void devicesChanged();
  void refused(const QString& sentence);  ///< what was typed is no size

 private:
  struct Row {
    PlannedDevice device;
    bool isShown = true;
  };
  bool edit(Row& row, int column, const QString& text);

  std::vector<Row> m_rows;
};

}  // namespace app
