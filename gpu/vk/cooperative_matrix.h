#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "gpu/vk/api.h"

namespace gpu::vk {

/// A product of matrices that a subgroup computes at once: [rows × depth] · [depth × columns], FP16 in and FP32 out.
struct MatrixShape {
  std::uint32_t rows = 0, columns = 0, depth = 0;
  bool operator==(const MatrixShape&) const = default;
};

/// The shapes that a device lists (VK_KHR_cooperative_matrix, whose features and those that its shaders need besides it
/// has), in its order. None where the Vulkan headers of the build do not know the extension.
/// @param device which has VK_KHR_cooperative_matrix, VK_KHR_vulkan_memory_model and VK_KHR_shader_float16_int8
std::vector<MatrixShape> readMatrixShapes(VkPhysicalDevice device);

struct MatrixStructures;
/// The extensions that kernels with such products need, and their features, to be chained into VkDeviceCreateInfo.
class MatrixFeatures {
 public:
  MatrixFeatures();
  ~MatrixFeatures();
  MatrixFeatures(const MatrixFeatures&) = delete;
  MatrixFeatures& operator=(const MatrixFeatures&) = delete;
  static const std::vector<const char*>& extensions();
  /// Puts the features in front of the chain.
  void chainInto(VkDeviceCreateInfo& info);

 private:
  std::unique_ptr<MatrixStructures> m_structures;
};

}  // namespace gpu::vk
