#include "gpu/kernels/candidates_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gpu {

namespace {

/// Vulkan lets exp(x) be off by 3 + 2 |x| units in the last place, and x is rounded on its way; beyond e^-20 nothing
/// weighs that much. At most 264 terms are added one after the other.
constexpr double kDeviceSumError = 4e-5;

}  // namespace

std::uint32_t candidateFloats(std::uint32_t vocabulary) {
  return CandidateSearch{vocabulary, kMostCandidates}.floats();
}

void recordCandidates(Recorder& recorder, VkDescriptorSet set, const CandidateSearch& search, Place logits,
                      std::uint32_t result) {
  const CandidatesPush push{.inQuad = logits.quad(),
                            .vocabulary = search.vocabulary,
                            .result = result,
                            .count = search.count,
                            .sequence = recorder.sequence()};
  const CandidatesConstants constants{.workgroup =
                                          recorder.choice().isLanes() ? recorder.choice().lanes : kCandidatesWorkgroup};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("candidates", constants.values(), sets, push, {search.slices(), 1}, 32.0 * logits.stride);
}

std::optional<core::model::Candidates> readCandidates(const CandidateSearch& search, const std::uint32_t* words,
                                                      const core::model::CandidatesWanted& wanted) {
  core::model::Candidates found;
  found.known = wanted.known;
  found.error = kDeviceSumError;
  const std::uint32_t stride = candidateStride(search.count), slots = candidateSlots(search.count);
  const auto number = [](std::uint32_t word) { return static_cast<double>(std::bit_cast<float>(word)); };
  bool isWhole = true;
  for (std::uint32_t slice = 0; slice < search.slices(); ++slice) {
    const std::uint32_t* const head = words + std::size_t{slice} * stride;
    found.areNumbers = found.areNumbers && head[kCandidatesOdd] == 0;
    isWhole = isWhole && head[kCandidatesFound] <= slots;
    for (std::uint32_t i = 0; i < std::min(head[kCandidatesFound], slots); ++i) {
      found.best.push_back({std::bit_cast<float>(head[kCandidatesHead + i]),
                            static_cast<core::model::TokenId>(head[kCandidatesHead + slots + i])});
    }
  }
  if (!found.areNumbers) return found;
  if (!isWhole) return std::nullopt;
  const auto middle = found.best.begin() + std::min<std::ptrdiff_t>(wanted.count, std::ssize(found.best));
  std::partial_sort(found.best.begin(), middle, found.best.end(), core::model::isBetter);
  found.best.erase(middle, found.best.end());
  const double largest = found.best.front().logit;
  double sum = 0, weighted = 0;
  for (std::uint32_t slice = 0; slice * kCandidateSlice < wanted.known; ++slice) {
    const std::uint32_t* const head = words + std::size_t{slice} * stride;
    const double below = number(head[kCandidatesLargest]) - largest, factor = std::exp(below);
    const double own = number(head[kCandidatesSum]);
    sum += factor * own;
    if (factor > 0) weighted += factor * (number(head[kCandidatesWeighted]) + below * own);
    found.weightSum += std::exp(below / static_cast<double>(wanted.temperature)) * number(head[kCandidatesCooled]);
  }
  found.logSum = largest + std::log(sum);
  found.entropy = std::max(std::log(sum) - weighted / sum, 0.0);
  return found;
}

}  // namespace gpu
