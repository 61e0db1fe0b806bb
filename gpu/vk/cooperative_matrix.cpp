#include "gpu/vk/cooperative_matrix.h"

namespace gpu::vk {

namespace {

/// An extension of 2023: builds with older headers do without.
#ifdef VK_KHR_cooperative_matrix
constexpr const char* kMatrixExtension = VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME;

/// Asked for by name, as the loader of functions may be older than the headers.
std::vector<VkCooperativeMatrixPropertiesKHR> propertiesOf(VkPhysicalDevice device) {
  const auto read = reinterpret_cast<PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR>(
      vkGetInstanceProcAddr(volkGetLoadedInstance(), "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
  std::uint32_t count = 0;
  if (read == nullptr || read(device, &count, nullptr) != VK_SUCCESS) return {};
  VkCooperativeMatrixPropertiesKHR empty{};
  empty.sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
  std::vector<VkCooperativeMatrixPropertiesKHR> list(count, empty);
  if (read(device, &count, list.data()) < VK_SUCCESS) return {};
  list.resize(count);
  return list;
}
#else
constexpr const char* kMatrixExtension = "VK_KHR_cooperative_matrix";
#endif

}  // namespace

struct MatrixStructures {
  VkPhysicalDeviceShaderFloat16Int8Features float16{};
  VkPhysicalDeviceVulkanMemoryModelFeatures memoryModel{};
#ifdef VK_KHR_cooperative_matrix
  VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrices{};
#endif
  /// @param next what comes behind them in the chain
  void* chain(void* next) {
    float16.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES;
    memoryModel.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES;
    float16.pNext = &memoryModel;
    memoryModel.pNext = next;
#ifdef VK_KHR_cooperative_matrix
    matrices.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR;
    matrices.pNext = next;
    memoryModel.pNext = &matrices;
#endif
    return &float16;
  }
  bool isAll() const {
    bool all = float16.shaderFloat16 == VK_TRUE && memoryModel.vulkanMemoryModel == VK_TRUE;
#ifdef VK_KHR_cooperative_matrix
    all = all && matrices.cooperativeMatrix == VK_TRUE;
#endif
    return all;
  }
};

MatrixFeatures::MatrixFeatures() : m_structures(std::make_unique<MatrixStructures>()) {
  m_structures->float16.shaderFloat16 = VK_TRUE;
  m_structures->memoryModel.vulkanMemoryModel = VK_TRUE;
#ifdef VK_KHR_cooperative_matrix
  m_structures->matrices.cooperativeMatrix = VK_TRUE;
#endif
}

MatrixFeatures::~MatrixFeatures() = default;

const std::vector<const char*>& MatrixFeatures::extensions() {
  static const std::vector<const char*> list{VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME,
                                             VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME, kMatrixExtension};
  return list;
}

void MatrixFeatures::chainInto(VkDeviceCreateInfo& info) {
  info.pNext = m_structures->chain(const_cast<void*>(info.pNext));
}

std::vector<MatrixShape> readMatrixShapes([[maybe_unused]] VkPhysicalDevice device) {
  std::vector<MatrixShape> shapes;
#ifdef VK_KHR_cooperative_matrix
  MatrixStructures has;
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  features.pNext = has.chain(nullptr);
  vkGetPhysicalDeviceFeatures2(device, &features);
  if (!has.isAll()) return shapes;
  for (const VkCooperativeMatrixPropertiesKHR& p : propertiesOf(device)) {
    const bool isHalves = p.AType == VK_COMPONENT_TYPE_FLOAT16_KHR && p.BType == VK_COMPONENT_TYPE_FLOAT16_KHR;
    const bool isFloats = p.CType == VK_COMPONENT_TYPE_FLOAT32_KHR && p.ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR;
    if (isHalves && isFloats && p.scope == VK_SCOPE_SUBGROUP_KHR) shapes.push_back({p.MSize, p.NSize, p.KSize});
  }
#endif
  return shapes;
}

}  // namespace gpu::vk
