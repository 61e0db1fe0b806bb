#include "app/text/device_hint.h"

#include "app/text/tr.h"

namespace app::text {

QString deviceHint() {
  return tr(
      "Automatic is the best GPU. Where there is none it is the CPU, which computes several times faster by itself "
      "than through a Vulkan driver that runs on it, as llvmpipe does.");
}

}  // namespace app::text
