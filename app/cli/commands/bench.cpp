#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/engine.h"
#include "app/session/host_weights.h"
#include "app/session/speed.h"
#include "core/base/error.h"
#include "core/model/planned_weights.h"

namespace app::cli {

namespace bench_verb {

using core::model::StepTime;
using core::model::StepTimes;

struct Options {
  std::string model, device = "auto";
  RecipeOptions weights;
  std::string kvType = "f16";
  std::vector<std::uint32_t> promptTokens{128};
  std::uint32_t generatedTokens = 32, repetitions = 3;
  bool areStepsTimed = false;
  Output output = Output::ForPeople;
};

/// One prompt length.
struct Run {
  std::uint32_t promptTokens;
  Speed speed;
};

Json stepsJson(const StepTimes& times) {
  Json steps = Json::array();
  for (const StepTime& step : times.steps())
    steps.push_back({{"kind", nameOf(step.kind)},
                     {"part", step.part},
                     {"count", step.count},
                     {"seconds", step.seconds},
                     {"share", step.seconds / times.total()}});
  return steps;
}

/// What limits decoding: weights are read once per token, of experts those that are used, and keys and values.
struct Memory {
  std::uint64_t weightBytes;  ///< of a token
  double bandwidth;           ///< bytes per second, 0: not known
};

Json runJson(const Run& run, const Options& options, const Memory& memory) {
  const Speed& speed = run.speed;
  const std::uint64_t bytes = memory.weightBytes + speed.kvBytes;
  const double share = memory.bandwidth > 0 ? speed.decode * static_cast<double>(bytes) / memory.bandwidth : 0.0;
  Json json = {{"prompt_tokens", run.promptTokens},
               {"prefill_tokens_per_s", speed.prefill},
               {"decode_tokens_per_s", speed.decode},
               {"bytes_per_token", bytes},
               {"kv_bytes_per_token", speed.kvBytes},
               {"memory_bandwidth_share", memory.bandwidth > 0 ? Json(share) : Json(nullptr)},
               {"joules_per_token", speed.joules ? Json(*speed.joules) : Json(nullptr)},
               {"submissions_per_token", speed.submissions},
               {"dispatches_per_token", speed.dispatches},
               {"barriers_per_token", speed.barriers}};
  if (options.areStepsTimed)
    json["steps"] = {{"prefill", stepsJson(speed.prefillSteps)}, {"decode", stepsJson(speed.decodeSteps)}};
  return json;
}

void printSteps(const char* of, const StepTimes& times) {
  if (times.steps().empty()) return fmt::print("{}: this device does not tell what its steps take.\n", of);
  fmt::print("{}: {:.2f} ms in steps\n", of, times.total() * 1e3);
  std::vector<StepTime> steps = times.steps();
  std::ranges::stable_sort(steps, std::ranges::greater(), &StepTime::seconds);
  for (const StepTime& step : steps)
    fmt::print("{:8.2f} ms {:5.1f} % {:5} × {} {}\n", step.seconds * 1e3, 100 * step.seconds / times.total(),
               step.count, nameOf(step.kind), step.part);
}

void printRun(const Run& run, const Options& options, const Memory& memory, const std::string& device) {
  const Speed& speed = run.speed;
  fmt::print("{}: prefill {:.1f} tokens/s ({} tokens), decode {:.1f} tokens/s ({} tokens)\n", device, speed.prefill,
             run.promptTokens, speed.decode, options.generatedTokens);
  if (!options.areStepsTimed) return;
  const double bytes = static_cast<double>(memory.weightBytes + speed.kvBytes);
  fmt::print("A decoded token reads {:.1f} MB", bytes / 1e6);
  if (memory.bandwidth > 0)
    fmt::print(", {:.0f} % of what the memory gives ({:.1f} GB/s)", 100 * speed.decode * bytes / memory.bandwidth,
               memory.bandwidth / 1e9);
  fmt::print("; ");
  if (speed.submissions > 0)
    fmt::print("{:.1f} submissions, {:.0f} dispatches, {:.0f} barriers; ", speed.submissions, speed.dispatches,
               speed.barriers);
  if (speed.joules)
    fmt::print("{:.3g} J of the processors.\n", *speed.joules);
  else
    fmt::print("energy is not measurable here.\n");
  printSteps("The prompt", speed.prefillSteps);
  printSteps("A decoded token", speed.decodeSteps);
}

void run(const Options& options) {
  const auto model = OpenModel::open(options.model);
  Engine engine;
  Engine::SessionOptions session;
  session.recipe = options.weights.parse();
  session.device = DeviceChoice::parse(options.device);
  options.weights.calibrate(*model, interruptibleJob());
  const auto executor = engine.createExecutor(*model, session, interruptibleJob());
  if (std::ranges::max(options.promptTokens) + options.generatedTokens > model->config().contextLength) {
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        fmt::format("-p plus -n must not exceed the model's context of {} tokens.", model->config().contextLength));
  }
  const Memory memory{core::model::weightBytesPerToken(executor->graph()), executor->measureReadBandwidth()};
  std::vector<Run> runs;
  for (const std::uint32_t tokens : options.promptTokens) {
    const SpeedSettings settings{tokens, options.generatedTokens, options.repetitions,
                                 core::model::kvTypeOf(options.kvType), options.areStepsTimed};
    runs.push_back({tokens, measureSpeed(*executor, settings, interruptibleJob())});
    if (options.output == Output::ForPeople) printRun(runs.back(), options, memory, executor->deviceName());
  }
  const core::model::MemoryUse use = executor->memory();
  if (options.output == Output::ForPeople && use.hostBytes != 0)
    printText(hostWeightsSentence(static_cast<double>(use.hostBytes), use.hostParts) + "\n");
  if (options.output == Output::ForPeople) return;
  Json result = {{"device", executor->deviceName()},
                 {"scheme", session.recipe.toString()},
                 {"weight_bytes", executor->memory().weightBytes},
                 {"weight_bytes_per_token", memory.weightBytes},
                 {"host_weight_bytes", executor->memory().hostBytes},
                 {"kv_type", options.kvType},
                 {"bytes_per_s_of_memory", memory.bandwidth > 0 ? Json(memory.bandwidth) : Json(nullptr)}};
  if (runs.size() == 1) {
    result.update(runJson(runs.front(), options, memory));
  } else {
    result["runs"] = Json::array();
    for (const Run& run : runs) result["runs"].push_back(runJson(run, options, memory));
  }
  print(result);
}

}  // namespace bench_verb

void addBench(CLI::App& program) {
  auto options = std::make_shared<bench_verb::Options>();
  CLI::App* command = program.add_subcommand("bench", "Prefill and decode speed, and what limits them");
  addModel(*command, options->model);
  addRecipe(*command, options->weights, "Quantize the block matrices first");
  addDevice(*command, options->device);
  addKvType(*command, options->kvType);
  command->add_option("-p", options->promptTokens, "Tokens of the prompt; several lengths: 128,1024,4096")
      ->capture_default_str()
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("-n", options->generatedTokens, "Tokens to decode")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("-r", options->repetitions, "Repetitions; medians are reported")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  command->add_flag("--steps", options->areStepsTimed, "Say what each kind of step takes, too");
  addJsonFlag(*command, options->output);
  command->callback([options] { bench_verb::run(*options); });
}

}  // namespace app::cli
