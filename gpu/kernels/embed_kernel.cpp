#include "gpu/kernels/embed_kernel.h"

namespace gpu {

namespace {
struct Push {
  std::uint32_t base, units, groups, unitsPerGroup, table, row, rows, width, out, stride;
};
constexpr std::uint32_t kUnitsPerGroup = 8;
}  // namespace

void recordEmbed(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf,
                 const DeviceTensor& weight, std::uint32_t table, Place out) {
  const PackedFormat& format = weight.format;
  std::vector<std::uint32_t> constants = {kUnitsPerGroup, 0, 0};
  constants.insert(constants.end(), format.constants.begin(), format.constants.end());
  for (const auto& part : weight.parts) {
    const Push push{static_cast<std::uint32_t>(part.range->offset() / 16),
                    format.units,
                    format.groups,
                    format.unitsPerGroup,
                    table,
                    part.firstRow,
                    part.tiles * kTileRows,
                    static_cast<std::uint32_t>(format.rowValues),
                    out.offset,
                    out.stride};
    const VkDescriptorSet sets[] = {setOf(*part.range->block())};
    recorder.dispatch("embed." + format.kernel, constants, sets, push,
                      {divideUp(format.units, kUnitsPerGroup), recorder.tokens()},
                      static_cast<double>(format.rowValues) * recorder.tokens());
  }
}

}  // namespace gpu
