#include "app/session/device_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/model/available_memory.h"
#ifdef QS_HAS_GPU
#include "gpu/vulkan_device.h"
#endif

namespace app {

namespace {

using core::Error;
using core::ErrorCode;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
/// What a driver's context, its queues and a desktop take of a card, about; NVIDIA's alone is some 300 to 500 MiB.
constexpr std::uint64_t kDriverBytes = std::uint64_t{400} << 20;

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr Unit kUnits[] = {{"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
                           {"KB", 1e3},     {"MB", 1e6},        {"GB", 1e9},           {"TB", 1e12},
                           {"B", 1.0},      {"", 1.0}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

PlannedDevice parseOne(std::string_view text) {
  PlannedDevice device;
  device.overheadBytes = kDriverBytes;
  std::string_view size = text;
  if (const std::size_t equals = text.rfind('='); equals != std::string_view::npos) {
    device.name = trimmed(text.substr(0, equals));
    size = text.substr(equals + 1);
  }
  if (const std::size_t star = size.find('*'); star != std::string_view::npos) {
    const std::string_view share = trimmed(size.substr(star + 1));
    const auto [end, error] = std::from_chars(share.data(), share.data() + share.size(), device.share);
    if (error != std::errc() || end != share.data() + share.size() || !(device.share > 0) || device.share > 1)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("The share of a memory should be over 0 and at most 1, not \"{}\".", share));
    size = size.substr(0, star);
    device.overheadBytes = 0;  // the share leaves room for the system
  }
  device.bytes = parseBytes(size);
  if (device.name.empty()) device.name = bytesText(static_cast<double>(device.bytes));
  return device;
}

PlannedDevice card(const char* name, std::uint64_t gibibytes) {
  return {.name = name, .bytes = gibibytes * kGiB, .overheadBytes = kDriverBytes};
}
PlannedDevice shared(const char* name, std::uint64_t gibibytes, double share) {
  return {.name = name, .bytes = gibibytes * kGiB, .share = share};
}

}  // namespace

std::uint64_t PlannedDevice::usable() const {
  const auto room = static_cast<std::uint64_t>(static_cast<double>(bytes) * share);
  return room > overheadBytes ? room - overheadBytes : 0;
}

std::string PlannedDevice::toString() const {
  std::string text = fmt::format("{}={}", name, bytes);
  if (share < 1.0) text += fmt::format("*{}", share);
  return text;
}

std::uint64_t parseBytes(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit =
      trimmed(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
  for (const Unit& known : kUnits) {
    const double bytes = value * known.bytes;
    if (error == std::errc() && unit == known.name && bytes >= 1 && bytes < 1e18)
      return static_cast<std::uint64_t>(std::llround(bytes));
  }
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("A size of memory is written like 24GiB, 80GB or 512MiB, not \"{}\".", text));
}

std::string bytesText(double bytes) {
  constexpr double kMebi = 1048576.0, kGibi = 1073741824.0;
  if (bytes < 1000 * kMebi) return fmt::format("{:.3g} MiB", bytes / kMebi);
  const double gibibytes = bytes / kGibi;
  return gibibytes == std::floor(gibibytes) ? fmt::format("{:.0f} GiB", gibibytes)
                                            : fmt::format("{:.2f} GiB", gibibytes);
}

std::vector<PlannedDevice> devicesHere() {
  std::vector<PlannedDevice> devices;
  const std::uint64_t available = core::model::availableMemory();
  if (available != std::numeric_limits<std::uint64_t>::max())
    devices.push_back({.name = "This computer's memory", .kind = PlannedDevice::Kind::Host, .bytes = available});
#ifdef QS_HAS_GPU
  for (const auto& device : gpu::enumerateDevices()) {
    if (!device.unusable.empty()) continue;
    // Of a software device, whose memory the computer's is, the driver lets have what is free this moment.
    const bool isOwn = device.type != "cpu";
    devices.push_back({.name = device.name,
                       .kind = PlannedDevice::Kind::Vulkan,
                       .bytes = device.deviceMemoryBytes,
                       .overheadBytes = device.deviceMemoryBytes -
                                        std::min(device.deviceMemoryBytes,
                                                 isOwn ? device.memoryBudgetBytes : device.deviceMemoryBytes),
                       .index = device.index,
                       .hostBytes = std::min(device.hostMemoryBytes, available)});
  }
#endif
  return devices;
}

// Apple's shares are what Metal recommends as a working set: two thirds of a small memory, three quarters of a large
// one. Those of phones and boards leave room for the system.
const std::vector<PlannedDevice>& usualDevices() {
  static const std::vector<PlannedDevice> devices{
      card("80 GB card", 80),
      card("2 × 24 GB cards", 48),
      card("RTX 4090", 24),
      card("RTX 3080", 10),
      card("6 GB card", 6),
      shared("Apple 64 GB", 64, 0.75),
      shared("Apple 16 GB", 16, 0.67),
      shared("Phone 8 GB", 8, 0.5),
      shared("Edge board 4 GB", 4, 0.75),
  };
  return devices;
}

std::vector<PlannedDevice> parseDevices(std::string_view text) {
  std::vector<PlannedDevice> devices;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = trimmed(text.substr(0, comma));
    if (part == "here") {
      for (auto& device : devicesHere()) devices.push_back(std::move(device));
    } else if (part == "usual") {
      devices.insert(devices.end(), usualDevices().begin(), usualDevices().end());
    } else {
      devices.push_back(parseOne(part));
    }
    if (comma == std::string_view::npos) return devices;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace app
