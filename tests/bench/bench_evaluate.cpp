// What an evaluation costs beside what its models cost: bench_evaluate MODEL [--scheme S …] [--device D]
// The reference and all schemes read the same windows in step, every prediction scored; then each of them reads the
// same windows alone, in the same batches, without logits of any token but the last of a batch: its prefill. Both in
// turn, three times; medians of processor time on the CPU (others may run beside), of time elsewhere. Prints one line:
// evaluation of N tokens by all models, their prefills, the ratio, and the values of the largest buffer of logits.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "app/session/calibrate_model.h"
#include "app/session/engine.h"
#include "core/evaluate/step_scorer.h"
#include "tool_arguments.h"

namespace {

using core::evaluate::LogitStream;

constexpr std::uint32_t kWindows = 8, kContext = 512, kBatch = 256;
constexpr int kRuns = 3;

double processorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Arbitrary but valid tokens: cost does not depend on which.
core::evaluate::Passage window(std::uint32_t index, std::uint32_t context, std::size_t known) {
  core::evaluate::Passage passage;
  for (std::uint32_t i = 0; i < context; ++i)
    passage.tokens.push_back(static_cast<core::model::TokenId>((i * 7919U + index * 104729U + 1U) % known));
  passage.answers = {{0, context - 1}};
  return passage;
}

struct Options {
  std::string model = "demo", device = "cpu";
  std::vector<std::string> schemes{"q4_0", "q8_0"};
};

void run(const Options& options) {
  const auto model = app::OpenModel::open(options.model);
  app::Engine engine;
  const auto device = app::DeviceChoice::parse(options.device);
  const std::uint32_t context = std::min(kContext, model->config().contextLength);
  std::vector<std::unique_ptr<core::model::Executor>> executors;
  executors.push_back(engine.createExecutor(*model, app::Variant{{}, device}));
  for (const std::string& scheme : options.schemes)
    executors.push_back(engine.createExecutor(*model, app::Variant{core::quant::Scheme::parse(scheme), device}));
  std::vector<std::unique_ptr<LogitStream>> streams;
  std::vector<LogitStream*> compared;
  for (const auto& executor : executors)
    streams.push_back(std::make_unique<LogitStream>(
        *executor, core::evaluate::LogitStreamOptions{.capacity = context, .batchTokens = kBatch}));
  for (std::size_t i = 1; i < streams.size(); ++i) compared.push_back(streams[i].get());
  core::evaluate::StepScorer scorer(*streams[0], compared);
  std::vector<core::evaluate::Passage> windows;
  for (std::uint32_t i = 0; i < kWindows; ++i) windows.push_back(window(i, context, streams[0]->vocabulary()));

  const bool isCpu = device.kind == app::DeviceChoice::Kind::Cpu;
  const auto now = [&] { return isCpu ? processorSeconds() : wallSeconds(); };
  std::vector<double> evaluation, prefill;
  scorer.score(windows[0]);  // pages in weights, compiles pipelines
  for (int repetition = 0; repetition < kRuns; ++repetition) {
    double begin = now();
    for (const auto& passage : windows) scorer.score(passage);
    evaluation.push_back(now() - begin);
    begin = now();
    for (const auto& stream : streams) {
      for (const auto& passage : windows) {
        stream->restart();
        stream->skip(std::span(passage.tokens).first(context - 1));
      }
    }
    prefill.push_back(now() - begin);
  }
  const double inStep = median(evaluation), alone = median(prefill);
  fmt::print(
      "{} models, {} tokens each: evaluated in {:.3f} s, prefilled one by one in {:.3f} s of {}: {:.1f} %; {} values\n",
      streams.size(), kWindows * (context - 1), inStep, alone, isCpu ? "processor time" : "time", 100 * alone / inStep,
      scorer.largestBuffer());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("What an evaluation costs beside what its models cost");
  Options options;
  program.add_option("model", options.model)->capture_default_str();
  program.add_option("--scheme", options.schemes)->capture_default_str();
  program.add_option("--device", options.device)->capture_default_str();
  if (const auto code = readArguments(program, argc, argv)) return *code;
  run(options);
  return 0;
}
