#include "gpu/vk/instance.h"

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

bool wantsValidation() {
  const char* wish = std::getenv("QS_VULKAN_VALIDATION");
  if (wish == nullptr || std::strcmp(wish, "1") != 0) return false;
  std::uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  for (const auto& layer : layers) {
    if (std::strcmp(layer.layerName, kValidationLayer) == 0) return true;
  }
  return false;
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
  const bool validate = wantsValidation();
  const char* extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  if (validate) {
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &kValidationLayer;
    info.enabledExtensionCount = 1;
    info.ppEnabledExtensionNames = &extension;
  }
  if (vkCreateInstance(&info, nullptr, &m_instance) != VK_SUCCESS) return false;
  volkLoadInstance(m_instance);
  if (validate) {
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
