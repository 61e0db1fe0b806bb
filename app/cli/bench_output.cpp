#include "app/cli/bench_output.h"

#include <fmt/core.h>

#include <algorithm>

#include "app/session/host_weights.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::model::StepTime;
using core::model::StepTimes;

constexpr const char* kNotMeasurable = "not measurable here";

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

Json known(double figure) { return figure > 0 ? Json(figure) : Json(nullptr); }

Json runJson(const BenchRun& run, bool areStepsTimed) {
  const Speed& speed = run.speed;
  Json json = {{"prompt_tokens", run.promptTokens},
               {"prefill_tokens_per_s", speed.prefill},
               {"decode_tokens_per_s", speed.decode},
               {"bytes_per_token", speed.work.bytes()},
               {"kv_bytes_per_token", speed.work.kvBytes},
               {"operations_per_token", speed.work.operations},
               {"operations_of_prompt", speed.promptOperations},
               {"memory_bandwidth_share", finite(run.decodeBandwidthShare())},
               {"arithmetic_share", finite(run.decodeArithmeticShare())},
               {"prefill_memory_bandwidth_share", finite(run.prefillBandwidthShare())},
               {"prefill_arithmetic_share", finite(run.prefillArithmeticShare())},
               {"joules_per_token", finite(speed.joules)},
               {"card_joules_per_token", finite(speed.cardJoules)},
               {"submissions_per_token", speed.submissions},
               {"dispatches_per_token", speed.dispatches},
               {"barriers_per_token", speed.barriers},
               {"returned_bytes_per_token", speed.returnedBytes}};
  if (areStepsTimed)
    json["steps"] = {{"prefill", stepsJson(speed.prefillSteps)}, {"decode", stepsJson(speed.decodeSteps)}};
  return json;
}

std::string shareText(const std::optional<double>& share) {
  if (!share) return "-";
  return fmt::format("{:.{}f} %", 100 * *share, *share < 0.1 ? 1 : 0);
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

void printEnergy(const Speed& speed) {
  if (!speed.joules && !speed.cardJoules) return fmt::print("energy: {}.\n", kNotMeasurable);
  fmt::print("energy: ");
  if (speed.joules) fmt::print("{:.3g} J of the processors{}", *speed.joules, speed.cardJoules ? ", " : ".\n");
  if (speed.cardJoules) fmt::print("{:.3g} J of the card.\n", *speed.cardJoules);
}

void printLimits(const BenchRun& run) {
  const Speed& speed = run.speed;
  fmt::print("A decoded token reads {:.1f} MB", static_cast<double>(speed.work.bytes()) / 1e6);
  if (const auto share = run.decodeBandwidthShare())
    fmt::print(", {} of what the memory gives ({:.1f} GB/s)", shareText(share), run.limits.bytesPerSecond / 1e9);
  fmt::print(", and computes {:.0f} million operations", static_cast<double>(speed.work.operations) / 1e6);
  if (const auto share = run.decodeArithmeticShare())
    fmt::print(", {} of what the arithmetic gives ({:.0f} GFLOP/s)", shareText(share),
               run.limits.operationsPerSecond / 1e9);
  fmt::print("; ");
  if (speed.submissions > 0)
    fmt::print("{:.1f} submissions, {:.0f} dispatches, {:.0f} barriers, {:.1f} kB returned; ", speed.submissions,
               speed.dispatches, speed.barriers, speed.returnedBytes / 1e3);
  printEnergy(speed);
  fmt::print("Reading the prompt: {} of the arithmetic", shareText(run.prefillArithmeticShare()));
  if (const auto share = run.prefillBandwidthShare()) fmt::print(", {} of the memory", shareText(share));
  fmt::print(".\n");
}

/// Energy of a token: of the card it runs on, or of the processors.
std::string joulesText(const Speed& speed) {
  if (speed.cardJoules) return fmt::format("{:.3g}", *speed.cardJoules);
  return speed.joules ? fmt::format("{:.3g}", *speed.joules) : "-";
}

}  // namespace

Json benchmarkJson(const Benchmark& benchmark, const std::string& kvType, bool areStepsTimed, std::uint32_t sequences) {
  Json result = {{"device", benchmark.device}, {"scheme", benchmark.scheme}, {"sequences", sequences}};
  if (!benchmark.problem.empty()) {
    result["problem"] = benchmark.problem;
    return result;
  }
  result.update({{"weight_bytes", benchmark.weightBytes},
                 {"host_weight_bytes", benchmark.hostWeightBytes},
                 {"weight_bytes_per_token", benchmark.runs.front().speed.work.weightBytes},
                 {"kv_type", kvType},
                 {"bytes_per_s_of_memory", known(benchmark.limits.bytesPerSecond)},
                 {"operations_per_s", known(benchmark.limits.operationsPerSecond)}});
  if (benchmark.runs.size() == 1) {
    result.update(runJson(benchmark.runs.front(), areStepsTimed));
  } else {
    result["runs"] = Json::array();
    for (const BenchRun& run : benchmark.runs) result["runs"].push_back(runJson(run, areStepsTimed));
  }
  return result;
}

void printBenchmark(const Benchmark& benchmark, std::uint32_t generatedTokens, bool areStepsTimed) {
  for (const BenchRun& run : benchmark.runs) {
    const Speed& speed = run.speed;
    fmt::print("{}: prefill {:.1f} tokens/s ({} tokens), decode {:.1f} tokens/s ({} tokens)\n", benchmark.device,
               speed.prefill, run.promptTokens, speed.decode, generatedTokens);
    if (!areStepsTimed) continue;
    printLimits(run);
    printSteps("The prompt", speed.prefillSteps);
    printSteps("A decoded token", speed.decodeSteps);
  }
  if (benchmark.hostWeightBytes != 0)
    fmt::print("{}\n", hostWeightsSentence(static_cast<double>(benchmark.hostWeightBytes), benchmark.hostParts));
}

void printTable(const std::vector<Benchmark>& benchmarks) {
  const std::string* device = nullptr;
  for (const Benchmark& benchmark : benchmarks) {
    if (device == nullptr || *device != benchmark.device) {
      fmt::print("{}{}\n", device == nullptr ? "" : "\n", core::io::printable(benchmark.device));
      if (benchmark.problem.empty())
        fmt::print("  memory {:.1f} GB/s, arithmetic {:.0f} GFLOP/s\n", benchmark.limits.bytesPerSecond / 1e9,
                   benchmark.limits.operationsPerSecond / 1e9);
      fmt::print("  {:<24}{:>7}{:>11}{:>8}{:>11}{:>10}{:>8}{:>8}{:>9}\n", "scheme", "prompt", "prefill/s", "arithm.",
                 "decode/s", "MB/token", "memory", "arithm.", "J/token");
    }
    device = &benchmark.device;
    const std::string scheme = core::io::printable(benchmark.scheme.empty() ? "as stored" : benchmark.scheme);
    if (!benchmark.problem.empty()) fmt::print("  {:<24} {}\n", scheme, core::io::printable(benchmark.problem));
    for (const BenchRun& run : benchmark.runs) {
      const Speed& speed = run.speed;
      fmt::print("  {:<24}{:>7}{:>11.1f}{:>8}{:>11.1f}{:>10.1f}{:>8}{:>8}{:>9}\n", scheme, run.promptTokens,
                 speed.prefill, shareText(run.prefillArithmeticShare()), speed.decode,
                 static_cast<double>(speed.work.bytes()) / 1e6, shareText(run.decodeBandwidthShare()),
                 shareText(run.decodeArithmeticShare()), joulesText(speed));
    }
  }
  const bool anyEnergy = std::ranges::any_of(benchmarks, [](const Benchmark& benchmark) {
    return std::ranges::any_of(benchmark.runs,
                               [](const BenchRun& run) { return run.speed.joules || run.speed.cardJoules; });
  });
  if (!anyEnergy) fmt::print("\nEnergy is {}.\n", kNotMeasurable);
}

}  // namespace app::cli
