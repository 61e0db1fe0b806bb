// Matrix products on Vulkan by storage layout:
//   bench_gpu_layouts [LAYOUT …] [--rows 8192] [--width 2048] [--tokens 1] [--runs 15] [--device 0]
// A layout is a GGUF block type or a scheme. All of them take turns, run by run; printed are the median, the ratio of
// their speed to Q4_0's, and the bytes on the device. On software devices the time is the process's CPU time, which
// other programs disturb less than the clock.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "core/model/executor.h"
#include "core/quant/quantizer.h"
#include "gpu/vulkan_device.h"
#include "support/moderate_blocks.h"
#include "tool_arguments.h"

namespace {

using core::quant::QuantizedTensorPtr;
using core::tensor::DType;

constexpr double kWarmSeconds = 1;  // a GPU that idled has come up to its clock by then

struct Options {
  std::vector<std::string> layouts;
  std::uint32_t rows = 8192, width = 2048, tokens = 1, runs = 15, device = 0;
};

struct Layout {
  std::string name;
  QuantizedTensorPtr weight;
  std::unique_ptr<core::model::Executor> executor;
  std::unique_ptr<core::model::KvCache> cache;
  std::vector<double> seconds;
  double median() {
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2];
  }
};

core::tensor::TensorView viewOf(DType type, const Options& options, std::vector<std::uint8_t> bytes) {
  const auto owner = std::make_shared<std::vector<std::uint8_t>>(std::move(bytes));
  return {"weight", type, core::tensor::Shape{options.rows, options.width}, std::as_bytes(std::span(*owner)), owner};
}

QuantizedTensorPtr weightOf(const std::string& layout, const Options& options) {
  const std::uint64_t values = std::uint64_t{options.rows} * options.width;
  const auto type = core::tensor::fromName(layout);
  if (type && core::tensor::info(*type).blockValues > 1) {
    return core::quant::wrapStored(viewOf(*type, options, support::moderateBlocks(*type, values)));
  }
  const auto source = viewOf(DType::Q8_0, options, support::moderateBlocks(DType::Q8_0, values));
  return core::quant::quantize(core::quant::Scheme::parse(layout), source);
}

/// logits = W · W[token].
core::model::Graph graphOf(const QuantizedTensorPtr& weight) {
  core::model::Graph graph;
  const auto rows = static_cast<std::uint32_t>(weight->rows()), width = static_cast<std::uint32_t>(weight->rowValues());
  graph.values = {{"row", width}, {"logits", rows}};
  graph.ops = {{.parameters = core::model::Embed{weight}, .out = 0},
               {.parameters = core::model::MatMul{weight}, .inputs = {0}, .out = 1}};
  graph.weightBytes = weight->bytes();
  return graph;
}

double now(bool ofProcess) {
  if (ofProcess) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App tool("Matrix products on Vulkan by storage layout.", "bench_gpu_layouts");
  tool.add_option("LAYOUT", options.layouts, "GGUF block types and schemes; default: all block types, NF4 and FP4");
  const auto number = [&tool](const char* name, std::uint32_t& value) {
    tool.add_option(name, value)->capture_default_str()->check(CLI::Range(0U, 1U << 24));
  };
  number("--rows", options.rows), number("--width", options.width), number("--tokens", options.tokens);
  number("--runs", options.runs), number("--device", options.device);
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  if (options.layouts.empty()) {
    for (const DType type : support::blockTypes()) options.layouts.emplace_back(core::tensor::name(type));
    options.layouts.insert(options.layouts.end(), {"nf4", "fp4", "int2:group=32", "int3:group=32", "fp8_e4m3"});
  }
  std::erase(options.layouts, "q4_0");
  options.layouts.insert(options.layouts.begin(), "q4_0");
  const auto device = gpu::openDevice(options.device);
  const bool ofProcess = gpu::info(*device).type == "cpu";
  std::vector<Layout> layouts;
  for (const std::string& name : options.layouts) {
    Layout& layout = layouts.emplace_back();
    layout.name = name;
    layout.weight = weightOf(name, options);
    layout.executor = gpu::createVulkanExecutor(device, graphOf(layout.weight));
    layout.cache = layout.executor->createKvCache(options.tokens, core::model::KvType::F16);
  }
  std::vector<core::model::TokenId> tokens(options.tokens);
  for (std::uint32_t i = 0; i < options.tokens; ++i) tokens[i] = (i * 7919 + 11) % options.rows;
  std::vector<float> logits(options.rows);
  const auto runAll = [&](bool isMeasured) {
    for (Layout& layout : layouts) {
      layout.cache->truncate(0);
      const double start = now(ofProcess);
      layout.executor->forward(tokens, *layout.cache, core::model::LogitsWanted::LastToken, logits);
      if (isMeasured) layout.seconds.push_back(now(ofProcess) - start);
    }
  };
  runAll(false);  // compiles
  for (const double begin = now(false); now(false) - begin < kWarmSeconds;) runAll(false);
  for (std::uint32_t run = 0; run < options.runs; ++run) runAll(true);
  const double reference = layouts[0].median();
  for (Layout& layout : layouts) {
    std::printf("%-20s %8.3f ms  %5.2f of q4_0  %6.3f bits per weight on the device, %6.3f stored\n",
                layout.name.c_str(), layout.median() * 1e3, reference / layout.median(),
                8.0 * static_cast<double>(layout.executor->memory().residentBytes) / options.rows / options.width,
                layout.weight->bitsPerWeight());
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
