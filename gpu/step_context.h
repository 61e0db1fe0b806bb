#pragma once
#include "gpu/vulkan_executor.h"

namespace gpu {

/// One batch being recorded.
struct VulkanExecutor::StepContext {
  Workspace& workspace;
  const VulkanKvCache& cache;
  Recorder& recorder;
  std::uint32_t positions;  ///< of the cache when the batch is through
  std::uint32_t firstRow;   ///< of the rows worked on in the batch: not 0 behind TakeRows of the last token

  /// Values behind TakeRows keep the row they had in the batch.
  Place place(core::model::ValueId value) const {
    Place place = workspace.place(value);
    place.offset += firstRow * place.stride;
    return place;
  }
  /// @param from first float in the arena  @param to and in the buffer for results  @param floats how many
  void copyToHost(std::uint64_t from, std::uint64_t to, std::uint64_t floats) const {
    recorder.commands().copy(workspace.arena(), from * sizeof(float), workspace.readback(), to * sizeof(float),
                             floats * sizeof(float));
  }
};

}  // namespace gpu
