#include "app/session/device_choice.h"

#include <charconv>

#include "core/base/error.h"

namespace app {

DeviceChoice DeviceChoice::parse(std::string_view text) {
  if (text.empty() || text == "auto") return {};
  if (text == "cpu") return {Kind::Cpu};
  if (text == "vulkan") return {Kind::Vulkan};
  constexpr std::string_view kPrefix = "vulkan:";
  if (text.starts_with(kPrefix)) {
    const std::string_view number = text.substr(kPrefix.size());
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
    if (error == std::errc() && end == number.data() + number.size() && index != kAnyIndex)
      return {Kind::Vulkan, index};
  }
  throw core::Error(core::ErrorCode::InvalidArgument,
                    "The device must be auto, cpu, vulkan or vulkan:N; found '" + std::string(text) + "'.");
}

std::string DeviceChoice::toString() const {
  switch (kind) {
    case Kind::Auto:
      return "auto";
    case Kind::Cpu:
      return "cpu";
    case Kind::Vulkan:
      break;
  }
  return index == kAnyIndex ? "vulkan" : "vulkan:" + std::to_string(index);
}

}  // namespace app
