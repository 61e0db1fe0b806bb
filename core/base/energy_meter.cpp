#include "core/base/energy_meter.h"

#include <fstream>
#include <string>
#include <system_error>

namespace core {

namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> numberIn(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = 0;
  return stream >> number ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<EnergyMeter> EnergyMeter::open(const fs::path& folder) {
  EnergyMeter meter;
  std::error_code unreadable;
  for (const auto& zone : fs::directory_iterator(folder, unreadable)) {
    std::string name;
    std::ifstream(zone.path() / "name") >> name;
    if (!name.starts_with("package"))
      continue;  // parts of one, and the memory of some, are counted in it or not at all
    const auto last = numberIn(zone.path() / "energy_uj"), range = numberIn(zone.path() / "max_energy_range_uj");
    if (!last || !range || *range == 0) return std::nullopt;
    meter.m_packages.push_back({zone.path() / "energy_uj", *range, *last});
  }
  if (meter.m_packages.empty()) return std::nullopt;
  return meter;
}

std::optional<double> EnergyMeter::takeJoules() {
  double joules = 0;
  for (Package& package : m_packages) {
    const auto now = numberIn(package.counter);
    if (!now) return std::nullopt;
    const std::uint64_t used = *now >= package.last ? *now - package.last : *now + package.range - package.last;
    joules += static_cast<double>(used) * 1e-6;
    package.last = *now;
  }
  return joules;
}

}  // namespace core
