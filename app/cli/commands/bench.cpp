#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/engine.h"
#include "core/base/error.h"

namespace app::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string model, device = "auto";
  RecipeOptions weights;
  std::string kvType = "f16";
  std::uint32_t promptTokens = 128, generatedTokens = 32, repetitions = 3;
  Output output = Output::ForPeople;
};

struct Speed {
  double prefill = 0, decode = 0;  ///< tokens/s
};

/// Arbitrary but valid tokens: speed does not depend on which.
std::vector<core::model::TokenId> someTokens(std::uint32_t count, std::uint32_t vocabulary) {
  std::vector<core::model::TokenId> tokens(count);
  for (std::uint32_t i = 0; i < count; ++i)
    tokens[i] = static_cast<core::model::TokenId>((i * 7919U + 1U) % vocabulary);
  return tokens;
}

double seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

Speed measureOnce(core::model::Executor& executor, const Options& options, std::vector<float>& logits) {
  const auto tokens = someTokens(options.promptTokens, executor.graph().vocabulary());
  const auto cache =
      executor.createKvCache(options.promptTokens + options.generatedTokens, core::model::kvTypeOf(options.kvType));
  Speed speed;
  auto start = Clock::now();
  executor.forward(tokens, *cache, core::model::LogitsWanted::LastToken, logits);
  speed.prefill = options.promptTokens / seconds(start);
  start = Clock::now();
  for (std::uint32_t i = 0; i < options.generatedTokens; ++i) {
    executor.forward(std::span(tokens).subspan(i % tokens.size(), 1), *cache, core::model::LogitsWanted::LastToken,
                     logits);
  }
  speed.decode = options.generatedTokens / seconds(start);
  return speed;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

Speed measure(core::model::Executor& executor, const Options& options) {
  std::vector<float> logits(executor.graph().vocabulary());
  static_cast<void>(measureOnce(executor, options, logits));  // warm-up: page in weights, compile pipelines
  std::vector<double> prefill, decode;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    const Speed speed = measureOnce(executor, options, logits);
    prefill.push_back(speed.prefill);
    decode.push_back(speed.decode);
  }
  return {median(prefill), median(decode)};
}

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
  const Speed speed = measure(*executor, options);
  const auto bytes = executor->memory().weightBytes;
  // Every weight is read once per decoded token, so the device's read bandwidth limits decoding.
  const double bandwidth = executor->measureReadBandwidth();
  const double share = speed.decode * static_cast<double>(bytes) / bandwidth;
  const Json result = {{"device", executor->deviceName()},
                       {"scheme", session.recipe.toString()},
                       {"prefill_tokens_per_s", speed.prefill},
                       {"decode_tokens_per_s", speed.decode},
                       {"weight_bytes", bytes},
                       {"bytes_per_token", bytes},
                       {"kv_type", options.kvType},
                       {"memory_bandwidth_share", bandwidth > 0 ? Json(share) : Json(nullptr)}};
  if (options.output == Output::ForPrograms) return print(result);
  fmt::print("{}: prefill {:.1f} tokens/s ({} tokens), decode {:.1f} tokens/s ({} tokens)\n", executor->deviceName(),
             speed.prefill, options.promptTokens, speed.decode, options.generatedTokens);
}

}  // namespace

void addBench(CLI::App& program) {
  auto options = std::make_shared<Options>();
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
  command->callback([options] { run(*options); });
}

}  // namespace app::cli
