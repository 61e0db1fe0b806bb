#include "app/workspaces/chat/chat_choices.h"

#ifdef QS_HAS_GPU
#include "app/text/tr.h"
#include "gpu/vulkan_device.h"
#endif

namespace app {

using text::tr;

QStringList suggestions(const OpenModel& model) {
  if (model.isDemo())
    return {tr("What is NF4?"), tr("What is 47 + 38?"), tr("Why are outliers a problem?"),
            tr("Tell me a story about a fox.")};
  return {tr("What is 47 + 38?"), tr("What is the capital of France?"), tr("Explain floating point in two sentences.")};
}

DeviceList findDevices() {
  DeviceList devices{{QStringLiteral("auto"), tr("Automatic")}};
#ifdef QS_HAS_GPU
  for (const auto& device : gpu::enumerateDevices()) {
    if (device.unusable.empty())
      devices.emplace_back(QStringLiteral("vulkan:%1").arg(device.index), QString::fromStdString(device.name));
  }
#endif
  devices.emplace_back(QStringLiteral("cpu"), tr("CPU"));
  return devices;
}

}  // namespace app
