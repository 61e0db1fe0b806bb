#include "app/shell/device_label.h"

#include <QCoreApplication>
#include <thread>

#include "app/text/numbers.h"
#ifdef QS_HAS_GPU
#include "gpu/vulkan_device.h"
#endif

namespace app {

QString describeDevice() {
#ifdef QS_HAS_GPU
  for (const gpu::DeviceInfo& device : gpu::enumerateDevices()) {
    if (!device.unusable.empty()) continue;
    const QString version = QString::fromStdString(device.apiVersion).section(u'.', 0, 1);
    const bool software = device.type == "cpu";
    return QCoreApplication::translate("device", "%1: %2 · Vulkan %3 · %4")
        .arg(software ? QCoreApplication::translate("device", "Software GPU")
                      : QCoreApplication::translate("device", "GPU"),
             QString::fromStdString(device.name).section(QStringLiteral(" ("), 0, 0), version,
             text::bytes(device.deviceMemoryBytes));
  }
#endif
  return QCoreApplication::translate("device", "CPU · %n thread(s)", nullptr,
                                     static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace app
