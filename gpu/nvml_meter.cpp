#include "gpu/nvml_meter.h"

#include <dlfcn.h>

#include "gpu/device_impl.h"
#include "gpu/vk/pci_address.h"

namespace gpu {

/// The functions of NVML that are needed, by their documented signatures: nvmlReturn_t is an int that is 0 for success,
/// nvmlDevice_t a pointer.
class NvmlMeter::Library {
 public:
  static std::shared_ptr<const Library> open(const std::string& name) {
    const std::shared_ptr<Library> library(new Library);
    library->m_handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library->m_handle == nullptr) return nullptr;
    const bool isWhole = library->find("nvmlInit_v2", library->m_init) &&
                         library->find("nvmlShutdown", library->m_shutdown) &&
                         library->find("nvmlDeviceGetCount_v2", library->m_count) &&
                         library->find("nvmlDeviceGetHandleByIndex_v2", library->m_byIndex) &&
                         library->find("nvmlDeviceGetHandleByPciBusId_v2", library->m_byAddress) &&
                         library->find("nvmlDeviceGetTotalEnergyConsumption", library->m_energy);
    if (!isWhole || library->m_init() != 0) return nullptr;
    library->m_isInitialized = true;
    return library;
  }
  ~Library() {
    if (m_isInitialized) m_shutdown();
    if (m_handle != nullptr) dlclose(m_handle);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// Null where there is none, or more than one without an address.
  void* device(const std::string& pciAddress) const {
    void* device = nullptr;
    if (!pciAddress.empty()) return m_byAddress(pciAddress.c_str(), &device) == 0 ? device : nullptr;
    unsigned count = 0;
    return m_count(&count) == 0 && count == 1 && m_byIndex(0, &device) == 0 ? device : nullptr;
  }

  std::optional<std::uint64_t> millijoules(void* device) const {
    unsigned long long used = 0;
    return m_energy(device, &used) == 0 ? std::optional<std::uint64_t>(used) : std::nullopt;
  }

 private:
  Library() = default;

  template <typename Function>
  bool find(const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(dlsym(m_handle, name));
    return function != nullptr;
  }

  void* m_handle = nullptr;
  bool m_isInitialized = false;
  int (*m_init)() = nullptr;
  int (*m_shutdown)() = nullptr;
  int (*m_count)(unsigned*) = nullptr;
  int (*m_byIndex)(unsigned, void**) = nullptr;
  int (*m_byAddress)(const char*, void**) = nullptr;
  int (*m_energy)(void*, unsigned long long*) = nullptr;
};

std::optional<NvmlMeter> NvmlMeter::open(const std::string& pciAddress, const std::string& library) {
  NvmlMeter meter;
  meter.m_library = Library::open(library);
  if (!meter.m_library) return std::nullopt;
  meter.m_device = meter.m_library->device(pciAddress);
  if (meter.m_device == nullptr) return std::nullopt;
  const auto used = meter.m_library->millijoules(meter.m_device);
  if (!used) return std::nullopt;
  meter.m_last = *used;
  return meter;
}

std::optional<NvmlMeter> NvmlMeter::open(const VulkanDevice& device) {
  constexpr std::uint32_t kNvidia = 0x10de;
  VkPhysicalDeviceProperties properties{};
  vkGetPhysicalDeviceProperties(device.device()->physical(), &properties);
  return properties.vendorID == kNvidia ? open(vk::pciAddressOf(device.device()->physical())) : std::nullopt;
}

std::optional<double> NvmlMeter::takeJoules() {
  constexpr double kMilli = 1e-3;
  const auto now = m_library->millijoules(m_device);
  if (!now || *now < m_last) return std::nullopt;  // the driver was loaded anew, and counts from 0
  const double joules = static_cast<double>(*now - m_last) * kMilli;
  m_last = *now;
  return joules;
}

}  // namespace gpu
