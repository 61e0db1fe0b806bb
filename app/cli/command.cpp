#include "app/cli/command.h"

#include <fmt/core.h>

#include <cmath>
#include <string>

namespace app::cli {

void addJsonFlag(CLI::App& command, Output& output) {
  command.add_flag_callback(
      "--json", [&output] { output = Output::ForPrograms; }, "Answer in JSON");
}

void addModel(CLI::App& command, std::string& model) {
  command.add_option("model", model, "A model file or folder, or 'demo' for the built-in model")->required();
}

void addDevice(CLI::App& command, std::string& device) {
  command.add_option("--device", device, "auto, cpu, vulkan or vulkan:N")->capture_default_str();
}

void print(const Json& json) {
  // Names from files may hold anything a checked UTF-8 string can; "replace" keeps printing total.
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace app::cli
