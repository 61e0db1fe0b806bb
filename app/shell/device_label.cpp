#include "app/shell/device_label.h"

#include <QCoreApplication>
#include <thread>

#include "app/session/engine.h"
#include "app/text/numbers.h"
#ifdef QS_HAS_GPU
#include "gpu/vulkan_device.h"
#endif

namespace app {

QString describeDevice() {
#ifdef QS_HAS_GPU
  const auto used = Engine::automaticGpu();
  for (const gpu::DeviceInfo& device : used ? gpu::enumerateDevices() : std::vector<gpu::DeviceInfo>()) {
    if (device.index != *used) continue;
    const QString version = QString::fromStdString(device.apiVersion).section(u'.', 0, 1);
    return QCoreApplication::translate("device", "GPU: %1 · Vulkan %2 · %3")
        .arg(QString::fromStdString(device.name).section(QStringLiteral(" ("), 0, 0), version,
             text::bytes(device.deviceMemoryBytes));
  }
#endif
  const unsigned threads = std::thread::hardware_concurrency();
  return threads == 1 ? QCoreApplication::translate("device", "CPU · 1 thread")
                      : QCoreApplication::translate("device", "CPU · %1 threads").arg(threads);
}

}  // namespace app
