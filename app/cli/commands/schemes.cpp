#include <fmt/core.h>

#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/session/copy_as.h"
#include "app/session/recipe_file.h"
#include "app/session/recipe_size.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/registry.h"

namespace app::cli {

namespace schemes_verb {

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

struct Options {
  std::string scheme;
  std::optional<std::string> copyAs;  ///< a target; empty: every one
  Output output = Output::ForPeople;
};

std::vector<Copied> copiesOf(const Options& options) {
  const auto recipe = openRecipe(options.scheme);
  if (options.copyAs->empty()) return copyAs(recipe);
  if (const CopyTargetInfo* const target = findCopyTarget(*options.copyAs)) return {copyAs(recipe, target->target)};
  std::string known;
  for (const CopyTargetInfo& target : copyTargets()) known += (known.empty() ? "" : ", ") + std::string(target.id);
  throw core::Error(core::ErrorCode::InvalidArgument,
                    "A scheme can be copied as " + known + "; found " + core::io::inQuotes(*options.copyAs) + ".");
}

/// What cannot be said of the one target that was asked for is the end of it.
void copy(const Options& options) {
  const auto copies = copiesOf(options);
  if (options.output == Output::ForPrograms) {
    Json rows = Json::array();
    for (const Copied& copied : copies)
      rows.push_back({{"target", info(copied.target).id},
                      {"title", info(copied.target).title},
                      {"text", copied.isPossible() ? Json(copied.text) : Json()},
                      {"notes", copied.notes}});
    return print(rows);
  }
  if (!options.copyAs->empty() && !copies.front().isPossible())
    throw core::Error(core::ErrorCode::Unsupported, copies.front().notes.front());
  const bool areAll = options.copyAs->empty();
  for (const Copied& copied : copies) {
    if (areAll) fmt::print("{}{}\n", &copied == &copies.front() ? "" : "\n", info(copied.target).title);
    fmt::print("{}", core::io::printable(copied.withNotes(), core::io::LineBreaks::Keep));
  }
}

void list(Output output) {
  Json rows = Json::array();
  for (const auto& preset : core::quant::presets()) rows.push_back(describe(preset));
  for (const auto& type : core::model::allFileTypes()) rows.push_back(describe(type));
  if (output == Output::ForPrograms) return print(rows);
  for (const auto& row : rows) {
    fmt::print("{:<28} {:>6.2f} bits per weight  {}\n", row["scheme"].get<std::string>(),
               row["bits_per_weight"].get<double>(), row["description"].get<std::string>());
  }
}

}  // namespace schemes_verb

void addSchemes(CLI::App& program) {
  auto options = std::make_shared<schemes_verb::Options>();
  CLI::App* command = program.add_subcommand("schemes", "Every quantization scheme and recipe this program knows");
  auto* const scheme =
      command->add_option("scheme", options->scheme, "The one that --copy-as is about: nf4, Q4_K_M, a recipe file");
  command
      ->add_option("--copy-as", options->copyAs,
                   "What to type elsewhere to get the same: bitsandbytes, gptq, llama-quantize, vllm, …; all of them "
                   "where none is named")
      ->expected(0, 1)
      ->default_str("")
      ->type_name("TARGET")
      ->needs(scheme);
  addJsonFlag(*command, options->output);
  command->callback([options, command] {
    if (command->count("--copy-as") == 0 && options->scheme.empty()) return schemes_verb::list(options->output);
    if (!options->copyAs) options->copyAs.emplace();
    schemes_verb::copy(*options);
  });
}

}  // namespace app::cli
