#include <fmt/core.h>

#include <memory>

#include "app/cli/command.h"
#include "app/session/recipe_size.h"
#include "core/quant/registry.h"

namespace app::cli {

namespace {

/// A matrix of usual size, for bits per weight that depend on the shape (per-row and per-tensor scales).
const core::tensor::Shape kTypicalMatrix{4096, 4096};

std::string familyName(core::quant::Family family) {
  switch (family) {
    case core::quant::Family::Cast:
      return "cast";
    case core::quant::Family::ScaledFloat:
      return "scaled_float";
    case core::quant::Family::Integer:
      return "integer";
    case core::quant::Family::Logarithmic:
      return "logarithmic";
    case core::quant::Family::KMeans:
      return "k_means";
    case core::quant::Family::CodeBook:
      return "code_book";
    case core::quant::Family::Microscaling:
      return "microscaling";
    case core::quant::Family::LlmInt8:
      return "llm_int8";
    case core::quant::Family::GgufBlock:
      return "gguf_block";
  }
  return {};
}

Json runsOn() {
  Json devices = Json::array({"cpu"});
#ifdef QS_HAS_GPU
  devices.push_back("vulkan");
#endif
  return devices;
}

Json describe(const core::quant::Preset& preset) {
  return {{"scheme", preset.scheme.toString()},
          {"family", familyName(core::quant::family(preset.scheme.format.name))},
          {"bits_per_weight", core::quant::bitsPerWeight(preset.scheme, kTypicalMatrix)},
          {"needs_calibration", preset.needsCalibration},
          {"can_encode", true},
          {"runs_on", runsOn()},
          {"title", preset.title},
          {"description", preset.description}};
}

/// A recipe's bits per weight are those of a whole model.
Json describe(const core::model::FileTypeInfo& type) {
  return {{"scheme", type.name},
          {"family", "recipe"},
          {"bits_per_weight", typicalBitsPerWeight(type.type)},
          {"needs_calibration", false},
          {"can_encode", true},
          {"runs_on", runsOn()},
          {"title", type.name},
          {"description", type.description}};
}

void run(Output output) {
  Json rows = Json::array();
  for (const auto& preset : core::quant::presets()) rows.push_back(describe(preset));
  for (const auto& type : core::model::allFileTypes()) rows.push_back(describe(type));
  if (output == Output::ForPrograms) return print(rows);
  for (const auto& row : rows) {
    fmt::print("{:<28} {:>6.2f} bits per weight  {}\n", row["scheme"].get<std::string>(),
               row["bits_per_weight"].get<double>(), row["description"].get<std::string>());
  }
}

}  // namespace

void addSchemes(CLI::App& program) {
  auto output = std::make_shared<Output>(Output::ForPeople);
  CLI::App* command = program.add_subcommand("schemes", "Every quantization scheme and recipe this program knows");
  addJsonFlag(*command, *output);
  command->callback([output] { run(*output); });
}

}  // namespace app::cli
