#include "gpu/vk/instance.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "gpu/vk/check.h"

namespace gpu::vk {

namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";
std::atomic<unsigned> validationCount{0};

VKAPI_ATTR VkBool32 VKAPI_CALL onMessage(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                         const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  ++validationCount;
  std::fprintf(stderr, "Vulkan validation: %s\n", data->pMessage);
  return VK_FALSE;
}

enum class Validation : std::uint8_t { Off, On, WithHazards };

Validation wantedValidation() {
  const char* wish = std::getenv("QS_VULKAN_VALIDATION");
  if (wish == nullptr) return Validation::Off;
  const bool withHazards = std::strcmp(wish, "hazards") == 0;
  if (!withHazards && std::strcmp(wish, "1") != 0) return Validation::Off;
  std::uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  const bool isInstalled = std::ranges::any_of(
      layers, [](const VkLayerProperties& layer) { return std::strcmp(layer.layerName, kValidationLayer) == 0; });
  if (!isInstalled) return Validation::Off;
  return withHazards ? Validation::WithHazards : Validation::On;
}

/// @param layer whose extensions are meant, null: the loader's and the drivers'
bool hasExtension(const char* layer, const char* name) {
  std::uint32_t count = 0;
  vkEnumerateInstanceExtensionProperties(layer, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateInstanceExtensionProperties(layer, &count, extensions.data());
  return std::ranges::any_of(extensions, [name](const VkExtensionProperties& extension) {
    return std::strcmp(extension.extensionName, name) == 0;
  });
}

VkDebugUtilsMessengerCreateInfoEXT messengerInfo() {
  VkDebugUtilsMessengerCreateInfoEXT info{};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  info.pfnUserCallback = onMessage;
  return info;
}

}  // namespace

std::shared_ptr<Instance> Instance::get() {
  static std::mutex mutex;
  static std::weak_ptr<Instance> living;
  const std::lock_guard lock(mutex);
  if (auto instance = living.lock()) return instance;
  std::shared_ptr<Instance> instance(new Instance());
  if (!instance->create()) return nullptr;
  living = instance;
  return instance;
}

bool Instance::create() {
  static const bool hasLoader = volkInitialize() == VK_SUCCESS;
  // A loader of Vulkan 1.0 lacks vkEnumerateInstanceVersion and is too old for us.
  if (!hasLoader || volkGetInstanceVersion() < VK_API_VERSION_1_1) return false;
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "Quantscope";
  application.apiVersion = VK_API_VERSION_1_3;
  const Validation validation = wantedValidation();
  std::vector<const char*> extensions;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  // Devices that are Vulkan but for a few things (MoltenVK) are listed to those only who ask.
  if (hasExtension(nullptr, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
    extensions.push_back(VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME);
    info.flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
  }
  const VkValidationFeatureEnableEXT hazards = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  VkValidationFeaturesEXT features{};
  features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
  features.enabledValidationFeatureCount = 1;
  features.pEnabledValidationFeatures = &hazards;
  if (validation != Validation::Off) {
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &kValidationLayer;
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    if (validation == Validation::WithHazards &&
        hasExtension(kValidationLayer, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME)) {
      extensions.push_back(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
      info.pNext = &features;
    }
  }
  info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  if (vkCreateInstance(&info, nullptr, &m_instance) != VK_SUCCESS) return false;
  volkLoadInstance(m_instance);
  if (validation != Validation::Off) {
    const auto messenger = messengerInfo();
    check(vkCreateDebugUtilsMessengerEXT(m_instance, &messenger, nullptr, &m_messenger),
          "vkCreateDebugUtilsMessengerEXT", "listening to the validation layer");
  }
  return true;
}

Instance::~Instance() {
  if (m_messenger != VK_NULL_HANDLE) vkDestroyDebugUtilsMessengerEXT(m_instance, m_messenger, nullptr);
  if (m_instance != VK_NULL_HANDLE) vkDestroyInstance(m_instance, nullptr);
}

std::vector<VkPhysicalDevice> Instance::physicalDevices() const {
  std::uint32_t count = 0;
  if (vkEnumeratePhysicalDevices(m_instance, &count, nullptr) != VK_SUCCESS) return {};
  std::vector<VkPhysicalDevice> devices(count);
  if (vkEnumeratePhysicalDevices(m_instance, &count, devices.data()) < VK_SUCCESS) return {};
  devices.resize(count);
  return devices;
}

unsigned Instance::validationMessages() { return validationCount; }

}  // namespace gpu::vk
