#include "app/remote/model_fit.h"

#include <fmt/format.h>

#include <limits>

#include "app/remote/hub_variants.h"
#include "app/session/hugging_face_store.h"
#include "app/session/memory_plan.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/available_memory.h"

namespace app::remote {

namespace {

std::uint64_t freeBytesAt(std::filesystem::path folder) {
  std::error_code error;
  while (!folder.empty() && !std::filesystem::exists(folder, error)) {
    if (!folder.has_relative_path()) return 0;
    folder = folder.parent_path();
  }
  const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
  return error ? 0 : space.available;
}

}  // namespace

Fit fitOf(const RemoteVariant& variant, double parameters, const std::filesystem::path& store,
          std::uint64_t missingBytes) {
  const auto bytes = static_cast<double>(variant.weightBytes);
  const double bits = variant.name == "safetensors" ? 16 : bitsInName(quantizationInName(variant.name).value_or(""));
  if (parameters <= 0) parameters = std::max(1.0, 8 * bytes / (bits > 0 ? bits : 4.5));
  PlannedModel plan = planParameters(parameters, std::nullopt, core::model::Recipe());
  plan.weightBytes = bytes;
  const std::uint64_t memory = core::model::availableMemory();
  const PlannedDevice host{.name = "memory", .kind = PlannedDevice::Kind::Host, .bytes = memory};
  return {.neededBytes = partsOn(plan, host, MemoryQuestion{}).total(),
          .memoryBytes = memory == std::numeric_limits<std::uint64_t>::max() ? 0 : memory,
          .missingBytes = missingBytes,
          .diskBytes = freeBytesAt(store)};
}

void requireRoom(const std::filesystem::path& store, std::uint64_t missingBytes) {
  const std::uint64_t room = freeBytesAt(store);
  if (room == 0 || missingBytes <= room) return;
  throw core::Error(
      core::ErrorCode::Io,
      fmt::format("{} more are needed in {}, but only {} are free there.", bytesText(static_cast<double>(missingBytes)),
                  core::io::inQuotes(store.string()), bytesText(static_cast<double>(room))));
}

}  // namespace app::remote
