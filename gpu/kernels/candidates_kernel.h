#pragma once
#include "core/model/candidates.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Most candidates that are looked for on the device.
inline constexpr std::uint32_t kMostCandidates = 128;

/// A row of logits, and where what is found out about it lies: of every slice a head, then logits and ids, unsorted.
struct CandidateSearch {
  std::uint32_t vocabulary = 0;
  std::uint32_t count = 0;  ///< wanted, at most kMostCandidates

  std::uint32_t slices() const { return divideUp(vocabulary, kCandidateSlice); }
  std::uint32_t floats() const { return slices() * candidateStride(count); }
};

/// Floats that the searches of so many logits take at most.
std::uint32_t candidateFloats(std::uint32_t vocabulary);

/// Looks in the first row of `logits` for what the state buffer says is wanted.
/// @param result first float of search.floats()  @param set any block's
void recordCandidates(Recorder& recorder, VkDescriptorSet set, const CandidateSearch& search, Place logits,
                      std::uint32_t result);

/// What the kernel has left, put together: the host sorts, so that whatever order the device works in, the answer is
/// the same.
/// @param words [search.floats()]
/// @return nothing where more than expected are as large as the last one wanted: the row has to be read
std::optional<core::model::Candidates> readCandidates(const CandidateSearch& search, const std::uint32_t* words,
                                                      const core::model::CandidatesWanted& wanted);

}  // namespace gpu
