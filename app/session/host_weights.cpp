#include "app/session/host_weights.h"

#include <fmt/format.h>

#include "app/session/device_list.h"

namespace app {

std::string hostWeightsSentence(double bytes, const std::string& parts) {
  return fmt::format("{} of weights ({}) lie in the computer's memory, which this device reads more slowly.",
                     bytesText(bytes), parts);
}

}  // namespace app
