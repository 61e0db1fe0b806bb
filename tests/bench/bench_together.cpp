// Panes that are written together beside the same panes in turn:
//   bench_together MODEL [--scheme S]... [--device auto|cpu|vulkan|vulkan:N] [--prompt N] [--tokens N] [--runs N]
// A pane for each scheme ("stored": as stored); those of equal schemes share an executor when they are together. Prints
// the medians of tokens/s of all panes, both ways measured alternately in one run, and what a token of each sends.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "app/session/engine.h"
#include "core/model/together.h"
#include "tool_arguments.h"

namespace {

using Clock = std::chrono::steady_clock;
using core::model::Executor;
using core::model::TokenId;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Options {
  std::string model, device = "auto";
  std::vector<std::string> schemes{"stored", "stored"};
  std::uint32_t prompt = 32, tokens = 32, runs = 5;
};

struct Pane {
  std::shared_ptr<Executor> executor;
  std::unique_ptr<core::model::KvCache> cache;
};

struct Measured {
  std::vector<double> speeds;
  double submissions = 0, barriers = 0;  ///< of a token of every pane
};

core::model::CandidatesWanted wantedOf(const Executor& executor) {
  const std::uint32_t vocabulary = executor.graph().vocabulary();
  return {.count = std::min(40U, vocabulary), .known = vocabulary};
}

Executor::Traffic trafficOf(const std::vector<Pane>& panes) {
  std::map<const Executor*, Executor::Traffic> each;
  for (const Pane& pane : panes) each[pane.executor.get()] = pane.executor->traffic();
  Executor::Traffic all;
  for (const auto& [executor, traffic] : each) {
    all.submissions += traffic.submissions;
    all.barriers += traffic.barriers;
  }
  return all;
}

void run(std::vector<Pane>& panes, const Options& options, bool areTogether, Measured& measured) {
  for (Pane& pane : panes) {
    std::vector<TokenId> prompt(options.prompt);
    for (std::size_t i = 0; i < prompt.size(); ++i)
      prompt[i] = static_cast<TokenId>((i * 7919 + 11) % pane.executor->graph().vocabulary());
    pane.cache->truncate(0);
    static_cast<void>(pane.executor->candidates(prompt, *pane.cache, wantedOf(*pane.executor)));
  }
  const auto before = trafficOf(panes);
  const auto start = Clock::now();
  for (std::uint32_t i = 0; i < options.tokens; ++i) {
    const auto token = static_cast<TokenId>(i);
    std::vector<core::model::StepAsked> asked;
    for (Pane& pane : panes) {
      if (areTogether)
        asked.push_back({pane.executor.get(), {token, pane.cache.get(), wantedOf(*pane.executor)}});
      else
        static_cast<void>(pane.executor->candidates(std::span(&token, 1), *pane.cache, wantedOf(*pane.executor)));
    }
    for (const auto& found : core::model::computeTogether(asked))
      if (found.failure) std::rethrow_exception(found.failure);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const auto after = trafficOf(panes);
  measured.speeds.push_back(static_cast<double>(options.tokens * panes.size()) / seconds);
  measured.submissions = static_cast<double>(after.submissions - before.submissions) / options.tokens;
  measured.barriers = static_cast<double>(after.barriers - before.barriers) / options.tokens;
}

std::vector<Pane> panesOf(app::Engine& engine, app::OpenModel& model, const Options& options, bool shareExecutors) {
  std::vector<Pane> panes;
  std::map<std::string, std::shared_ptr<Executor>> made;
  for (const std::string& scheme : options.schemes) {
    std::shared_ptr<Executor> executor = shareExecutors ? made[scheme] : nullptr;
    if (!executor)
      executor = made[scheme] = engine.createExecutor(
          model, app::Variant::parse(options.device == "auto" ? scheme : scheme + "@" + options.device));
    panes.push_back({executor, executor->createKvCache(options.prompt + options.tokens, core::model::KvType::F16)});
  }
  return panes;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App tool("Panes that are written together, beside the same in turn.", "bench_together");
  tool.add_option("MODEL", options.model, "A model, or demo")->required();
  tool.add_option("--scheme", options.schemes, "A pane for each; stored: the weights as they are");
  tool.add_option("--device", options.device, "auto, cpu, vulkan, vulkan:N")->capture_default_str();
  tool.add_option("--prompt", options.prompt, "Tokens before")->capture_default_str()->check(CLI::Range(1, 1 << 20));
  tool.add_option("--tokens", options.tokens, "Tokens of each")->capture_default_str()->check(CLI::Range(1, 1 << 20));
  tool.add_option("--runs", options.runs, "Repetitions")->capture_default_str()->check(CLI::Range(1, 1000));
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  app::Engine engine;
  const auto model = app::OpenModel::open(options.model);
  std::vector<Pane> own = panesOf(engine, *model, options, false), shared = panesOf(engine, *model, options, true);
  Measured warm, inTurn, together;
  run(own, options, false, warm);
  run(shared, options, true, warm);
  for (std::uint32_t i = 0; i < options.runs; ++i) {
    run(own, options, false, inTurn);
    run(shared, options, true, together);
  }
  const double before = median(inTurn.speeds), now = median(together.speeds);
  std::printf(
      "%s, %zu panes: in turn %.2f tokens/s, together %.2f tokens/s, ratio %.2f; submissions %.0f and %.0f, barriers "
      "%.0f "
      "and %.0f for a token of each\n",
      own[0].executor->deviceName().c_str(), own.size(), before, now, now / before, inTurn.submissions,
      together.submissions, inTurn.barriers, together.barriers);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
