#include "app/workspaces/chat/pane_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/session/recipe_size.h"
#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace app {

namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

/// What is free on a device; nothing where that is not known.
std::optional<std::uint64_t> freeOn(const DeviceChoice& device, const Engine& engine) {
  if (device.kind == DeviceChoice::Kind::Cpu) return core::model::availableMemory();
  const auto memory = engine.memory(device);
  if (!memory || memory->budgetBytes == 0) return std::nullopt;
  return memory->budgetBytes - std::min(memory->usedBytes, memory->budgetBytes) + memory->hostAvailableBytes;
}

bool sharesWeights(const Variant& a, const Variant& b) { return a.device == b.device && a.recipe == b.recipe; }

}  // namespace

std::uint64_t kvBytesPerToken(const core::model::ModelConfig& config, core::model::KvType type) {
  std::uint64_t bytes = 0;
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    if (!config.keepsKeysAt(layer)) continue;
    const auto kept = config.keptOf(layer);
    bytes += kept.heads * (core::model::kvHeadBytes(type.keys, kept.keySize) +
                           core::model::kvHeadBytes(type.values, kept.valueSize));
  }
  return bytes;
}

void requireRoom(const OpenModel& model, std::span<const Variant> loaded, std::span<const Variant> wanted,
                 std::uint32_t contextLength, const Engine& engine) {
  std::vector<Variant> there(loaded.begin(), loaded.end());
  std::vector<std::pair<DeviceChoice, std::uint64_t>> needs;
  for (const Variant& variant : wanted) {
    std::uint64_t bytes = contextLength * kvBytesPerToken(model.config(), variant.kv);
    const bool isOnDisk = variant.recipe.keepsEverything() && variant.device.kind == DeviceChoice::Kind::Cpu;
    const bool isThere =
        std::any_of(there.begin(), there.end(), [&](const Variant& v) { return sharesWeights(v, variant); });
    if (!isOnDisk && !isThere) bytes += sizeUnder(model.checkpoint(), variant.recipe).bytes;
    there.push_back(variant);
    const auto found =
        std::find_if(needs.begin(), needs.end(), [&](const auto& need) { return need.first == variant.device; });
    if (found == needs.end())
      needs.emplace_back(variant.device, bytes);
    else
      found->second += bytes;
  }
  for (const auto& [device, bytes] : needs) {
    const auto free = freeOn(device, engine);
    if (!free || bytes <= *free) continue;
    throw core::Error(
        core::ErrorCode::OutOfMemory,
        fmt::format("The panes need {:.1f} GiB more, but {:.1f} GiB are free: take a pane away, or choose "
                    "a smaller scheme, a shorter context or another device.",
                    static_cast<double>(bytes) / kGiB, static_cast<double>(*free) / kGiB));
  }
}

}  // namespace app
