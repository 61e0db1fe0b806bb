// Speed of the methods that look at data, on all cores: bench_methods [--rows N] [--columns N] [--samples N] [--runs N]
// One matrix of Gaussian weights, inputs whose columns go together; medians of the runs, in seconds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "core/quant/methods/hessian.h"
#include "core/quant/quantizer.h"
#include "tool_arguments.h"

namespace {

using core::quant::Scheme;

struct Layer {
  std::vector<float> weights, inputs;
  core::tensor::Shape shape;
  core::quant::TensorCalibration calibration;

  Layer(std::size_t rows, std::size_t columns, std::size_t samples)
      : weights(rows * columns), inputs(samples * columns), shape{rows, columns} {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (float& weight : weights) weight = 0.02F * normal(random);
    for (std::size_t s = 0; s < samples; ++s) {
      const float common = normal(random);
      for (std::size_t c = 0; c < columns; ++c)
        inputs[s * columns + c] = (normal(random) + 0.5F * common) * (c % 67 == 0 ? 12.0F : 1.0F);
    }
    calibration.meanMagnitude.resize(columns), calibration.maxMagnitude.resize(columns);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const float magnitude = std::abs(inputs[i]);
      calibration.meanMagnitude[i % columns] += magnitude / static_cast<float>(samples);
      calibration.maxMagnitude[i % columns] = std::max(calibration.maxMagnitude[i % columns], magnitude);
    }
  }
  core::tensor::TensorView view() const {
    return {"w", core::tensor::DType::F32, shape, std::as_bytes(std::span(weights)), nullptr};
  }
};

template <typename Run>
double seconds(int runs, const Run& run) {
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<std::size_t>(runs / 2)];
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t rows = 2048, columns = 2048, samples = 4096;
  int runs = 3;
  std::vector<std::string> schemes = {"int4:group=128,range=minmax,method=gptq",
                                      "int4:group=128,range=minmax,method=gptq,act_order=on",
                                      "int4:range=mse,method=gptq",
                                      "nf4:method=gptq",
                                      "int4:group=128,range=minmax,method=awq",
                                      "int4:group=64,range=minmax,method=hqq",
                                      "int8:method=smooth"};
  CLI::App tool("Speed of the methods that look at data.", "bench_methods");
  tool.add_option("--rows", rows, "of the matrix")->check(CLI::PositiveNumber);
  tool.add_option("--columns", columns, "of the matrix")->check(CLI::PositiveNumber);
  tool.add_option("--samples", samples, "inputs")->check(CLI::PositiveNumber);
  tool.add_option("--runs", runs, "of each")->check(CLI::PositiveNumber);
  tool.add_option("--scheme", schemes, "in place of the usual ones");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    Layer layer(rows, columns, samples);
    fmt::print("{} × {}, {} inputs, median of {}\n", rows, columns, samples, runs);
    fmt::print("{:<60} {:>8.3f} s\n", "Hessian", seconds(runs, [&] {
                 core::quant::HessianSum sum(columns);
                 sum.addRows(layer.inputs);
                 layer.calibration.hessian = sum.mean();
               }));
    for (const std::string& text : schemes) {
      const Scheme scheme = Scheme::parse(text);
      fmt::print("{:<60} {:>8.3f} s\n", text, seconds(runs, [&] {
                   core::quant::quantize(scheme, layer.view(), core::JobContext(), &layer.calibration);
                 }));
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
