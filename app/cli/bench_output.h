#pragma once
#include <vector>

#include "app/cli/command.h"
#include "app/session/benchmark.h"

namespace app::cli {

/// One recipe on one device: its figures, or "runs" of them where there are several lengths.
Json benchmarkJson(const Benchmark& benchmark, const std::string& kvType, bool areStepsTimed, std::uint32_t sequences);

/// A line for each length, and with its steps what they take.
void printBenchmark(const Benchmark& benchmark, std::uint32_t generatedTokens, bool areStepsTimed);
/// A line for each length of each of several.
void printTable(const std::vector<Benchmark>& benchmarks);

}  // namespace app::cli
