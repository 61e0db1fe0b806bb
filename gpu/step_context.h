#pragma once
#include "gpu/vulkan_executor.h"

namespace gpu {

/// One batch being recorded.
struct VulkanExecutor::StepContext {
  Workspace& workspace;
  Recorder& recorder;
  std::span<const SequenceRows> sequences;
  std::uint32_t firstRow;  ///< of the rows worked on in the batch: not 0 behind TakeRows of the last token

  /// Values behind TakeRows keep the row they had in the batch.
  Place place(core::model::ValueId value) const {
    Place place = workspace.place(value);
    place.offset += firstRow * place.stride;
    return place;
  }
  /// What works on the rows of a sequence, with its cache: for each of them, in a context of that alone.
  template <typename Record>
  void ofEach(const Record& record) const {
    const std::uint32_t all = recorder.tokens();
    for (const SequenceRows& rows : sequences) {
      recorder.setTokens(rows.rows, rows.index);
      record(StepContext{workspace, recorder, std::span(&rows, 1), firstRow + rows.firstRow});
    }
    recorder.setTokens(all);
  }
  const VulkanKvCache& cache() const { return *sequences.front().cache; }
  /// @param from first float in the arena  @param to and in the buffer for results  @param floats how many
  void copyToHost(std::uint64_t from, std::uint64_t to, std::uint64_t floats) const {
    recorder.copy(workspace.arena(), from * sizeof(float), workspace.readback(), to * sizeof(float),
                  floats * sizeof(float));
  }
};

}  // namespace gpu
