#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace core {

/// What the processors of this machine have used, by the counters of Linux's power capping framework (RAPL of Intel and
/// AMD: folders intel-rapl:N with name, energy_uj in microjoules and max_energy_range_uj, where the counter begins
/// anew).
class EnergyMeter {
 public:
  /// Nothing where there are no counters of whole packages or they may not be read, as most users may not.
  static std::optional<EnergyMeter> open(const std::filesystem::path& folder = "/sys/class/powercap");

  /// Joules that all packages used since the last call, or since open(); nothing once a counter cannot be read. Right
  /// when no counter passed its range more than once in between (at 100 W: within 40 minutes).
  std::optional<double> takeJoules();

 private:
  struct Package {
    std::filesystem::path counter;
    std::uint64_t range, last;
  };
  std::vector<Package> m_packages;
};

}  // namespace core
