#include <algorithm>
#include <memory>
#include <vector>

#include "app/cli/bench_output.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/benchmark.h"

namespace app::cli {

namespace bench_verb {

struct Options {
  std::string model, device = "auto";
  RecipeOptions weights;
  std::string kvType = "f16";
  std::vector<std::uint32_t> promptTokens{128};
  std::uint32_t generatedTokens = 32, repetitions = 3, sequences = 1;
  bool areStepsTimed = false;
  Output output = Output::ForPeople;
};

/// "stored" stands for the weights as they are, first.
std::vector<core::model::Recipe> recipesOf(RecipeOptions weights) {
  const bool withStored = std::erase(weights.schemes, "stored") > 0;
  if (!withStored && !weights.isGiven()) return {core::model::Recipe()};
  std::vector<core::model::Recipe> recipes;
  if (withStored) recipes.emplace_back();
  if (weights.isGiven())
    for (auto& recipe : weights.parseAll()) recipes.push_back(std::move(recipe));
  return recipes;
}

void run(const Options& options) {
  const auto model = OpenModel::open(options.model);
  BenchSettings settings;
  settings.recipes = recipesOf(options.weights);
  settings.devices = options.device == "all" ? allDevices() : std::vector{DeviceChoice::parse(options.device)};
  settings.promptTokens = options.promptTokens;
  settings.speed = {.generatedTokens = options.generatedTokens,
                    .repetitions = options.repetitions,
                    .kv = core::model::kvTypeOf(options.kvType),
                    .areStepsTimed = options.areStepsTimed,
                    .sequences = options.sequences};
  options.weights.calibrate(*model, interruptibleJob());
  const bool isTable = options.device == "all" || settings.recipes.size() > 1;
  const bool forPeople = options.output == Output::ForPeople;
  std::vector<Benchmark> all;
  const auto done = [&](const Benchmark& benchmark) {
    all.push_back(benchmark);
    if (forPeople && (!isTable || options.areStepsTimed))
      printBenchmark(benchmark, options.generatedTokens, options.areStepsTimed);
  };
  measureAll(*model, settings, done, interruptibleJob());
  if (forPeople) return isTable ? printTable(all) : void();
  if (!isTable) return print(benchmarkJson(all.front(), options.kvType, options.areStepsTimed, options.sequences));
  Json benchmarks = Json::array();
  for (const Benchmark& benchmark : all)
    benchmarks.push_back(benchmarkJson(benchmark, options.kvType, options.areStepsTimed, options.sequences));
  print(Json{{"benchmarks", std::move(benchmarks)}});
}

}  // namespace bench_verb

void addBench(CLI::App& program) {
  auto options = std::make_shared<bench_verb::Options>();
  CLI::App* command = program.add_subcommand("bench", "Prefill and decode speed, and what limits them");
  addModel(*command, options->model);
  addRecipe(*command, options->weights, "Quantize the block matrices first; stored: not (repeatable)", Takes::Any);
  command->add_option("--device", options->device, "auto, cpu, vulkan, vulkan:N, or all: a table of every device")
      ->capture_default_str();
  addKvType(*command, options->kvType);
  command->add_option("-p", options->promptTokens, "Tokens of the prompt; several lengths: 128,1024,4096")
      ->capture_default_str()
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("-n", options->generatedTokens, "Tokens to decode")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command
      ->add_option("--sequences", options->sequences,
                   "Sequences that are decoded together; tokens/s are those of all of them")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->add_option("-r", options->repetitions, "Repetitions; medians are reported")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  command->add_flag("--steps", options->areStepsTimed, "Say what each kind of step takes, too");
  addJsonFlag(*command, options->output);
  command->callback([options] { bench_verb::run(*options); });
}

}  // namespace app::cli
