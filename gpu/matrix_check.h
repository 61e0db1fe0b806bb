#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace gpu {

class VulkanDevice;

/// Products of many tokens by the kernels that this device uses for them (its matrices, where it has such), of known
/// numbers against sums of doubles: magnitudes that differ from row to row and inside one, values that fill FP32's
/// significand, a row and a token that are no numbers.
/// @param seen is shown the results before they are judged, and may change them: for tests
/// @return empty: all are right; otherwise what is wrong, in one sentence, be it what a driver said
std::string faultOfProducts(const std::shared_ptr<VulkanDevice>& device,
                            const std::function<void(std::span<float>)>& seen = nullptr);

}  // namespace gpu
