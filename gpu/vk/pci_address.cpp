#include "gpu/vk/pci_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace gpu::vk {

namespace {

bool saysPciAddress(VkPhysicalDevice device) {
  std::uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> all(count);
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, all.data());
  return std::ranges::any_of(all, [](const VkExtensionProperties& extension) {
    return std::string_view(extension.extensionName) == VK_EXT_PCI_BUS_INFO_EXTENSION_NAME;
  });
}

}  // namespace

std::string pciAddressOf(VkPhysicalDevice device) {
  if (!saysPciAddress(device)) return {};
  VkPhysicalDevicePCIBusInfoPropertiesEXT bus{};
  bus.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &bus;
  vkGetPhysicalDeviceProperties2(device, &properties);
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", bus.pciDomain, bus.pciBus, bus.pciDevice, bus.pciFunction);
}

}  // namespace gpu::vk
