#include "gpu/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "core/base/error.h"

namespace gpu {

namespace {

std::uint32_t roundedUp(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

/// Turns a script's commands into command buffers.
class Cutter {
 public:
  Cutter(std::shared_ptr<vk::Device> device, double mostWork) : m_device(std::move(device)) {
    m_recording.limit = mostWork;
    beginPiece();
  }

  void barrier() {
    commands().barrier();
    ++m_recording.barriers;
  }
  Recording finish() {
    commands().finish();
    return std::move(m_recording);
  }

  void operator()(const Script::Copy& copy) {
    commands().copy(*copy.from, copy.fromOffset, *copy.to, copy.toOffset, copy.bytes);
  }
  void operator()(const Script::Reset& reset) { commands().reset(*reset.stamps); }
  void operator()(const Script::Stamp& stamp) { commands().stamp(*stamp.stamps, stamp.index); }
  void operator()(const Script::Dispatch& kernel) {
    const vk::Grid& grid = kernel.grid;
    const std::uint32_t mostGroups = m_device->caps().maxWorkgroupCount;
    if (grid.x > mostGroups || grid.y > mostGroups)
      throw core::Error(core::ErrorCode::Unsupported,
                        fmt::format("A kernel needs {} × {} workgroups, but {} runs at most {} in each direction.",
                                    grid.x, grid.y, m_device->caps().name, mostGroups));
    // Across x first: of most kernels workgroups of one column read the same weights. Parts of equal size leave no
    // splinter.
    const double perGroup = kernel.work / grid.x / grid.y, most = m_recording.limit;
    const auto partOf = [](std::uint32_t count, double fitting) {
      const auto parts =
          static_cast<std::uint32_t>(std::ceil(count / std::clamp(std::floor(fitting), 1.0, 1.0 * count)));
      return roundedUp(count, parts);
    };
    const std::uint32_t stepX = partOf(grid.x, most / (perGroup * grid.y)),
                        stepY = partOf(grid.y, most / (perGroup * stepX));
    for (std::uint32_t x = 0; x < grid.x; x += stepX)
      for (std::uint32_t y = 0; y < grid.y; y += stepY)
        dispatch(kernel, {std::min(stepX, grid.x - x), std::min(stepY, grid.y - y), x, y}, perGroup);
  }

 private:
  vk::Commands& commands() { return *m_recording.pieces.back().commands; }
  void beginPiece() { m_recording.pieces.push_back({std::make_unique<vk::Commands>(m_device, "computing"), 0.0}); }

  void dispatch(const Script::Dispatch& kernel, const vk::Grid& part, double perGroup) {
    const double work = perGroup * part.x * part.y;
    if (m_recording.pieces.back().work > 0 && m_recording.pieces.back().work + work > m_recording.limit) {
      commands().finish();
      beginPiece();
    }
    commands().dispatch(*kernel.pipeline, std::span(kernel.sets).first(kernel.setCount),
                        std::span(kernel.push).first(kernel.pushBytes), part);
    m_recording.pieces.back().work += work;
    ++m_recording.dispatches;
  }

  std::shared_ptr<vk::Device> m_device;
  Recording m_recording;
};

}  // namespace

Script::Dispatch::Dispatch(const vk::Pipeline& pipelineOf, std::span<const VkDescriptorSet> setsOf,
                           std::span<const std::byte> pushed, const vk::Grid& gridOf, double workOf)
    : pipeline(&pipelineOf),
      setCount(static_cast<std::uint32_t>(setsOf.size())),
      pushBytes(static_cast<std::uint32_t>(pushed.size())),
      grid(gridOf),
      work(workOf) {
  assert(setsOf.size() <= sets.size() && pushed.size() <= push.size());
  std::ranges::copy(setsOf, sets.begin());
  std::memcpy(push.data(), pushed.data(), pushed.size());
}

Recording cutScripts(const std::shared_ptr<vk::Device>& device, std::span<const Script> scripts, double mostWork) {
  Cutter cutter(device, mostWork);
  std::size_t phases = 0;
  for (const Script& script : scripts) phases = std::max(phases, script.phases.size());
  for (std::size_t i = 0; i < phases; ++i) {
    if (i > 0) cutter.barrier();
    for (const Script& script : scripts) {
      if (i >= script.phases.size()) continue;
      for (const Script::Command& command : script.phases[i]) std::visit(cutter, command);
    }
  }
  return cutter.finish();
}

}  // namespace gpu
