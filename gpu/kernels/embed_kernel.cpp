#include "gpu/kernels/embed_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kUnitsPerGroup = 8;
}  // namespace

void recordEmbed(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf,
                 const DeviceTensor& weight, std::uint32_t table, Place out,
                 const core::model::EmbedPositions* positions) {
  const PackedFormat& format = weight.format;
  const vk::Specialization constants = withLayout(
      EmbedConstants{.workgroup = kUnitsPerGroup, .byPosition = positions != nullptr ? 1U : 0U}.values(), format);
  for (const auto& part : weight.parts) {
    const EmbedPush push{.base = static_cast<std::uint32_t>(part.range->offset() / 16),
                         .units = format.units,
                         .groups = format.groups,
                         .unitsPerGroup = format.unitsPerGroup,
                         .table = table,
                         .row = part.firstRow,
                         .rows = part.tiles * kTileRows,
                         .width = static_cast<std::uint32_t>(format.rowValues),
                         .result = out.offset,
                         .stride = out.stride,
                         .first = positions != nullptr ? positions->first : 0,
                         .step = positions != nullptr ? positions->step : 0,
                         .sequence = recorder.sequence()};
    const VkDescriptorSet sets[] = {setOf(*part.range->block())};
    recorder.dispatch("embed." + format.kernel, constants, sets, push,
                      {divideUp(format.units, kUnitsPerGroup), recorder.tokens()},
                      static_cast<double>(format.rowValues) * recorder.tokens());
  }
}

}  // namespace gpu
