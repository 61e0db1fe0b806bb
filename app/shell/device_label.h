#pragma once
#include <QString>

namespace app {

/// The device models run on unless another one is chosen, for the status line: "GPU: NVIDIA H200 · Vulkan 1.3 · 139
/// GiB" or "CPU · 16 threads". Asks the Vulkan loader: on the inference lane only.
QString describeDevice();

}  // namespace app
