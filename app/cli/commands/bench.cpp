#include <fmt/core.h>

#include <memory>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/engine.h"
#include "app/session/speed.h"
#include "core/base/error.h"
#include "core/model/planned_weights.h"

namespace app::cli {

namespace bench_verb {

struct Options {
  std::string model, device = "auto";
  RecipeOptions weights;
  std::string kvType = "f16";
  std::uint32_t promptTokens = 128, generatedTokens = 32, repetitions = 3;
  Output output = Output::ForPeople;
};

void run(const Options& options) {
  const auto model = OpenModel::open(options.model);
  Engine engine;
  Engine::SessionOptions session;
  session.recipe = options.weights.parse();
  session.device = DeviceChoice::parse(options.device);
  options.weights.calibrate(*model, interruptibleJob());
  const auto executor = engine.createExecutor(*model, session, interruptibleJob());
  if (options.promptTokens + options.generatedTokens > model->config().contextLength) {
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        fmt::format("-p plus -n must not exceed the model's context of {} tokens.", model->config().contextLength));
  }
  const Speed speed = measureSpeed(
      *executor,
      {options.promptTokens, options.generatedTokens, options.repetitions, core::model::kvTypeOf(options.kvType)},
      interruptibleJob());
  // Weights are read once per decoded token, of experts those that are used: the device's read bandwidth limits
  // decoding.
  const auto bytes = core::model::weightBytesPerToken(executor->graph());
  const double bandwidth = executor->measureReadBandwidth();
  const double share = speed.decode * static_cast<double>(bytes) / bandwidth;
  const Json result = {{"device", executor->deviceName()},
                       {"scheme", session.recipe.toString()},
                       {"prefill_tokens_per_s", speed.prefill},
                       {"decode_tokens_per_s", speed.decode},
                       {"weight_bytes", executor->memory().weightBytes},
                       {"bytes_per_token", bytes},
                       {"kv_type", options.kvType},
                       {"memory_bandwidth_share", bandwidth > 0 ? Json(share) : Json(nullptr)}};
  if (options.output == Output::ForPrograms) return print(result);
  fmt::print("{}: prefill {:.1f} tokens/s ({} tokens), decode {:.1f} tokens/s ({} tokens)\n", executor->deviceName(),
             speed.prefill, options.promptTokens, speed.decode, options.generatedTokens);
}

}  // namespace bench_verb

void addBench(CLI::App& program) {
  auto options = std::make_shared<bench_verb::Options>();
  CLI::App* command = program.add_subcommand("bench", "Prefill and decode speed");
  addModel(*command, options->model);
  addRecipe(*command, options->weights, "Quantize the block matrices first");
  addDevice(*command, options->device);
  addKvType(*command, options->kvType);
  command->add_option("-p", options->promptTokens, "Tokens of the prompt")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("-n", options->generatedTokens, "Tokens to decode")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("-r", options->repetitions, "Repetitions; medians are reported")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  addJsonFlag(*command, options->output);
  command->callback([options] { bench_verb::run(*options); });
}

}  // namespace app::cli
