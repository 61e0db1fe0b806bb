#pragma once
#include <QString>
#include <QStringList>
#include <utility>
#include <vector>

#include "app/session/open_model.h"

namespace app {

/// Prompts worth a try with this model.
QStringList suggestions(const OpenModel& model);

/// Text of a device choice → name for people.
using DeviceList = std::vector<std::pair<QString, QString>>;
/// The devices a chat can run on. Asks the drivers: on the inference lane only.
DeviceList findDevices();

}  // namespace app
