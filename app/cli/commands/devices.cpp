#include <fmt/core.h>

#include <memory>
#include <thread>

#include "app/cli/command.h"
#ifdef QS_HAS_GPU
#include "gpu/vulkan_device.h"
#endif

namespace app::cli {

namespace devices_verb {

Json cpu() {
  return {{"device", "cpu"}, {"name", "CPU"}, {"threads", std::thread::hardware_concurrency()}, {"usable", true}};
}

#ifdef QS_HAS_GPU
Json vulkan(const gpu::DeviceInfo& device) {
  Json row = {{"device", fmt::format("vulkan:{}", device.index)},
              {"name", device.name},
              {"usable", device.unusable.empty()},
              {"type", device.type},
              {"driver", device.driver},
              {"api_version", device.apiVersion},
              {"subgroup_size", device.subgroupSize},
              {"min_subgroup_size", device.minSubgroupSize},
              {"max_subgroup_size", device.maxSubgroupSize},
              {"device_memory_bytes", device.deviceMemoryBytes},
              {"memory_budget_bytes", device.memoryBudgetBytes},
              {"host_memory_bytes", device.hostMemoryBytes},
              {"max_storage_buffer_range", device.maxStorageBufferRange},
              {"max_memory_allocation_size", device.maxMemoryAllocationSize},
              {"float16", device.float16},
              {"int8", device.int8},
              {"storage16", device.storage16},
              {"storage8", device.storage8},
              {"integer_dot_product", device.integerDotProduct},
              {"cooperative_matrix", device.cooperativeMatrix}};
  if (!device.matrixShape.empty()) row["prefill_matrices"] = device.matrixShape;
  if (!device.matricesFault.empty()) {
    row["prefill_matrices"] = false;
    row["prefill_matrices_why_not"] = device.matricesFault;
  }
  if (!device.unusable.empty()) row["why_not"] = device.unusable;
  return row;
}
#endif

void run(Output output) {
  Json rows = Json::array({cpu()});
#ifdef QS_HAS_GPU
  for (const auto& device : gpu::enumerateDevices()) rows.push_back(vulkan(gpu::checked(device)));
#endif
  if (output == Output::ForPrograms) return print(rows);
  for (const auto& row : rows) {
    fmt::print("{:<10} {}", row["device"].get<std::string>(), row["name"].get<std::string>());
    if (row.contains("why_not")) fmt::print(" - {}", row["why_not"].get<std::string>());
    fmt::print("\n");
  }
}

}  // namespace devices_verb

void addDevices(CLI::App& program) {
  auto output = std::make_shared<Output>(Output::ForPeople);
  CLI::App* command = program.add_subcommand("devices", "The CPU and the Vulkan devices, with limits and features");
  addJsonFlag(*command, *output);
  command->callback([output] { devices_verb::run(*output); });
}

}  // namespace app::cli
