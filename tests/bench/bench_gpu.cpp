// Prefill and decode speed of the Vulkan executor:
//   bench_gpu MODEL.gguf [--prompt N] [--tokens N] [--runs N] [--device N] [--panes N] [--scheme S]
//     [--family lanes|workgroups] [--json]
// Prints the medians of the runs. With --panes 2 two sessions decode in turn, as the chat's panes do; the speed is of
// each. peer_llama_cpp.mjs measures the peer (llama.cpp); with --ours it runs both alternately.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/executor.h"
#include "core/quant/scheme.h"
#include "gpu/device_impl.h"
#include "tool_arguments.h"

namespace {

constexpr double kWarmSeconds = 1;  // a GPU that idled has come up to its clock by then
using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Options {
  std::map<std::string, int> numbers = {
      {"--prompt", 32}, {"--tokens", 8}, {"--runs", 3}, {"--device", 0}, {"--panes", 1}};
  std::string model, scheme, family;
  bool json = false;
  int operator[](const char* name) const { return numbers.at(name); }
};

struct Pane {
  std::unique_ptr<core::model::Executor> executor;
  std::unique_ptr<core::model::KvCache> cache;
};

struct Speeds {
  std::vector<double> prefill, decode;
};

void runOnce(std::vector<Pane>& panes, const Options& options, Speeds& speeds) {
  const std::uint32_t vocabulary = panes[0].executor->graph().vocabulary();
  std::vector<core::model::TokenId> prompt(static_cast<std::size_t>(options["--prompt"]));
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    prompt[i] = static_cast<core::model::TokenId>((i * 7919 + 11) % vocabulary);
  }
  std::vector<float> logits(vocabulary);
  const auto start = Clock::now();
  for (Pane& pane : panes) {
    pane.cache->truncate(0);
    pane.executor->forward(prompt, *pane.cache, core::model::LogitsWanted::LastToken, logits);
  }
  speeds.prefill.push_back(static_cast<double>(prompt.size() * panes.size()) / secondsSince(start));
  const auto decodeStart = Clock::now();
  for (int i = 0; i < options["--tokens"]; ++i) {
    const core::model::TokenId token[] = {static_cast<core::model::TokenId>(i)};
    for (Pane& pane : panes) {
      pane.executor->forward(token, *pane.cache, core::model::LogitsWanted::LastToken, logits);
    }
  }
  speeds.decode.push_back(options["--tokens"] / secondsSince(decodeStart));
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App tool("Prefill and decode speed of the Vulkan executor.", "bench_gpu");
  tool.add_option("MODEL.gguf", options.model, "A GGUF file")->required();
  for (auto& [name, value] : options.numbers) {
    const int least = name == "--device" ? 0 : 1;
    tool.add_option(name, value)->capture_default_str()->check(CLI::Range(least, 1 << 24));
  }
  tool.add_option("--scheme", options.scheme, "Quantize the block matrices first");
  tool.add_option("--family", options.family, "Kernels for CPUs or for GPUs; default: what suits the device")
      ->check(CLI::IsMember({"lanes", "workgroups"}));
  tool.add_flag("--json", options.json, "Answer in JSON");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  const auto checkpoint = core::io::openCheckpoint(options.model);
  const auto config = core::model::ModelConfig::fromCheckpoint(*checkpoint);
  core::model::WeightLibrary library(checkpoint);
  std::optional<core::quant::Scheme> scheme;
  if (!options.scheme.empty()) scheme = core::quant::Scheme::parse(options.scheme);
  gpu::DeviceOptions how;
  using gpu::vk::KernelFamily;
  if (!options.family.empty()) how.family = options.family == "lanes" ? KernelFamily::Lanes : KernelFamily::Workgroups;
  const auto device = gpu::openDevice(static_cast<std::uint32_t>(options["--device"]), how);
  std::vector<Pane> panes(static_cast<std::size_t>(options["--panes"]));
  const auto start = Clock::now();
  for (Pane& pane : panes) {
    pane.executor = gpu::createVulkanExecutor(device, core::model::buildGraph(config, library.load(config, scheme)));
    const auto capacity = static_cast<std::uint32_t>(options["--prompt"] + options["--tokens"]);
    pane.cache = pane.executor->createKvCache(capacity, core::model::KvType::F16);
  }
  const double loadSeconds = secondsSince(start);
  Speeds warm, speeds;
  runOnce(panes, options, warm);  // compiles and records
  const auto warmStart = Clock::now();
  while (secondsSince(warmStart) < kWarmSeconds) runOnce(panes, options, warm);
  for (int run = 0; run < options["--runs"]; ++run) runOnce(panes, options, speeds);
  const auto use = panes[0].executor->memory();
  std::printf(options.json
                  ? "{\"device\": \"%s\", \"prefill_tokens_per_s\": %.3f, \"decode_tokens_per_s\": %.3f, "
                    "\"weight_bytes\": %llu, \"resident_bytes\": %llu, \"load_s\": %.2f}\n"
                  : "%s: prefill %.2f tokens/s, decode %.2f tokens/s, weights %llu bytes, resident %llu bytes, "
                    "loaded in %.2f s\n",
              panes[0].executor->deviceName().c_str(), median(speeds.prefill), median(speeds.decode),
              static_cast<unsigned long long>(use.weightBytes), static_cast<unsigned long long>(use.residentBytes),
              loadSeconds);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
