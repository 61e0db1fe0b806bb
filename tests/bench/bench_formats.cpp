// The table of formats: bench_formats MODEL.gguf
// For every preset of the registry: bits per weight of a 1024 × 4096 matrix, SQNR on a Gaussian and on the model's
// block matrices, speed of a core encoding and decoding (CPU time, so that other work on the machine does not count),
// and whether Vulkan runs it packed. Prints Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/metrics/error_stats.h"
#include "core/model/tensor_roles.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "support/cpu_seconds.h"
#include "tool_arguments.h"
#ifdef QS_HAS_GPU
#include "gpu/packed_format.h"
#endif

namespace {

using core::quant::Preset;
using core::tensor::TensorView;

constexpr std::size_t kRows = 64, kColumns = 4096;
constexpr double kSeconds = 0.3;

/// Million values per second of CPU time: quantize() spreads over threads.
template <class Body>
double speed(std::size_t values, const Body& body) {
  body();  // tables are made once
  std::vector<double> times;
  double total = 0.0;
  while (times.size() < 3 || total < kSeconds) {
    const double start = support::cpuSeconds();
    body();
    times.push_back(support::cpuSeconds() - start);
    total += times.back();
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return static_cast<double>(values) / 1e6 / times[times.size() / 2];
}

std::string decibels(double value) { return std::isinf(value) ? "∞" : fmt::format("{:.1f}", value); }

std::string gaussianSqnr(const Preset& preset, const TensorView& view) {
  return decibels(core::metrics::compare(view, *core::quant::quantize(preset.scheme, view)).sqnrDb());
}

/// Over all values of the block matrices together; a matrix the format cannot hold counts as kept.
std::string modelSqnr(const Preset& preset, const core::io::Checkpoint& model) {
  double signal = 0.0, noise = 0.0;
  std::size_t kept = 0;
  const auto choices = core::model::chooseTensors(model);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].fate != core::model::Fate::Quantize) continue;
    const TensorView view = model.view(i);
    if (!core::quant::accepts(preset.scheme, view.shape)) {
      ++kept;
      continue;
    }
    const auto stats = core::metrics::compare(view, *core::quant::quantize(preset.scheme, view));
    const double relative = stats.relativeError();
    double energy = 0.0;
    std::vector<float> values(view.shape.count());
    core::quant::decode(view, 0, values.size(), values.data());
    for (const float value : values) energy += static_cast<double>(value) * static_cast<double>(value);
    signal += energy;
    noise += energy * relative * relative;
  }
  if (signal == 0.0) return "–";
  const std::string text = decibels(10.0 * std::log10(signal / noise));
  return kept == 0 ? text : fmt::format("{} ({} kept)", text, kept);
}

void row(const Preset& preset, const TensorView& view, const core::io::Checkpoint& model) {
  const auto tensor = core::quant::quantize(preset.scheme, view);
  std::vector<float> decoded(view.shape.count());
  const double encode = speed(decoded.size(), [&] { core::quant::quantize(preset.scheme, view); });
  const double decode =
      speed(decoded.size(), [&] { core::quant::dequantizeRows(*tensor, 0, tensor->rows(), decoded.data()); });
#ifdef QS_HAS_GPU
  const char* packed = gpu::packedFormatOf(*tensor).isDecoded ? "no" : "yes";
#else
  const char* packed = "–";
#endif
  fmt::print("| `{}` | {:.2f} | {} | {} | {:.3g} | {:.3g} | {} |\n", preset.scheme.toString(),
             core::quant::bitsPerWeight(preset.scheme, {1024, kColumns}), gaussianSqnr(preset, view),
             modelSqnr(preset, model), encode, decode, packed);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::string path;
  CLI::App tool("The table of formats.", "bench_formats");
  tool.add_option("MODEL", path, "a model with unquantized weights")->required();
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    const auto model = core::io::openCheckpoint(path);
    std::vector<float> input(kRows * kColumns);
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    for (float& value : input) value = normal(random);
    const TensorView view{"w", core::tensor::DType::F32, {kRows, kColumns}, std::as_bytes(std::span(input)), nullptr};
    fmt::print(
        "| format | bits per weight | SQNR Gaussian, dB | SQNR {}, dB | encode, M values/s | decode, M values/s | "
        "packed on Vulkan |\n|---|---|---|---|---|---|---|\n",
        model->name());
    for (const Preset& preset : core::quant::presets())
      if (!preset.needsCalibration) row(preset, view, *model);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
