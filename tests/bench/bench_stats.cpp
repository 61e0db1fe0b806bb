// Statistics and histogram of a large F16 tensor in a mapped file.
//   bench_stats FOLDER [GIGABYTES]    default 2.2; the file is removed afterwards
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/metrics/tensor_stats.h"
#include "core/numeric/half.h"
#include "support/cpu_seconds.h"
#include "tool_arguments.h"

namespace {

using Clock = std::chrono::steady_clock;

/// Gaussian weights, σ 0.02, with a few outliers, in pieces of 8 MiB that differ by their start.
void writeWeights(const std::filesystem::path& path, std::uint64_t values) {
  constexpr std::size_t kPool = 1U << 24;
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  std::vector<std::uint16_t> pool(kPool);
  for (auto& code : pool) code = core::numeric::floatToHalf(normal(random) * (random() % 100000 == 0 ? 30.0F : 1.0F));
  std::ofstream file(path, std::ios::binary);
  constexpr std::uint64_t kPiece = 1U << 22;
  for (std::uint64_t done = 0; done < values && file;) {
    const std::uint64_t count = std::min(kPiece, values - done);
    const std::size_t start = random() % (kPool - kPiece);
    file.write(reinterpret_cast<const char*>(pool.data() + start), static_cast<std::streamsize>(count * 2));
    done += count;
  }
  if (!file) throw std::runtime_error("Cannot write " + path.string());
}

/// A line of /proc/self/status in KiB.
long statusKib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return std::strtol(line.c_str() + key.size(), nullptr, 10);
  return 0;
}

double secondsOf(const core::tensor::TensorView& view) {
  const auto start = Clock::now();
  const auto summary = core::metrics::summarize(view, 256);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (summary.stats.count != view.shape.count()) std::abort();
  return seconds;
}

void run(const std::filesystem::path& path, std::uint64_t values) {
  const std::size_t bytes = values * 2;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  void* mapping = file < 0 ? MAP_FAILED : mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
  if (mapping == MAP_FAILED) throw std::runtime_error("Cannot map " + path.string());
  core::tensor::TensorView view{"weights",
                                core::tensor::DType::F16,
                                core::tensor::Shape{values},
                                {static_cast<const std::byte*>(mapping), bytes},
                                nullptr};
  const long before = statusKib("RssAnon:");
  const double first = secondsOf(view);
  double best = first;
  const double cpuBefore = support::cpuSeconds();
  for (int i = 0; i < 5; ++i) best = std::min(best, secondsOf(view));
  const double cpu = (support::cpuSeconds() - cpuBefore) / 5;
  const double gigabytes = static_cast<double>(bytes) / 1e9;
  std::printf("F16 statistics + histogram of %.2f GB on %u threads\n", gigabytes, std::thread::hardware_concurrency());
  std::printf("  first pass (maps the cached pages)  %6.2f GB/s\n", gigabytes / first);
  std::printf("  best of the next five               %6.2f GB/s\n", gigabytes / best);
  std::printf("  per CPU second, mean of these       %6.2f GB\n", gigabytes / cpu);
  std::printf("  resident beyond mapped pages        %6.1f MB (before: %.1f MB)\n",
              static_cast<double>(statusKib("RssAnon:")) / 1024, static_cast<double>(before) / 1024);
  munmap(mapping, bytes);
  close(file);
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder;
  double gigabytes = 2.2;
  CLI::App tool("Statistics and histogram of a large F16 tensor in a mapped file.", "bench_stats");
  tool.add_option("FOLDER", folder, "Where the file is made, and removed afterwards")->required();
  tool.add_option("GIGABYTES", gigabytes, "Its size")->capture_default_str()->check(CLI::Range(0.01, 1000.0));
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  const std::filesystem::path path = std::filesystem::path(folder) / "bench_stats.f16";
  if (std::filesystem::exists(path)) {
    std::fprintf(stderr, "%s is there already; remove it first.\n", path.c_str());
    return 1;
  }
  try {
    const auto values = static_cast<std::uint64_t>(gigabytes * 5e8);
    writeWeights(path, values);
    run(path, values);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::filesystem::remove(path);
    return 1;
  }
  std::filesystem::remove(path);
  return 0;
}
