// How well gradients tell which tensor's quantization costs most, against swapping each and measuring:
// bench_estimate [MODEL.gguf] [--scheme S …] [--windows N] [--draws N]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/calibrate/token_windows.h"
#include "core/evaluate/rank_correlation.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/text/chat_template.h"
#include "core/train/divergence_estimate.h"
#include "tool_arguments.h"

namespace {

using namespace core;
using model::Graph;

double seconds(const std::chrono::steady_clock::time_point& since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

std::vector<double> softmax(std::span<const float> logits) {
  std::vector<double> p(logits.begin(), logits.end());
  const double most = *std::ranges::max_element(p);
  double sum = 0.0;
  for (double& x : p) sum += x = std::exp(x - most);
  for (double& x : p) x /= sum;
  return p;
}

struct Bench {
  std::shared_ptr<const io::Checkpoint> checkpoint;
  model::ModelConfig config;
  model::WeightLibrary library;
  calibrate::TokenWindows windows;

  Bench(const std::string& path, const std::string& text, std::uint32_t count)
      : checkpoint(io::openCheckpoint(path)),
        config(model::ModelConfig::fromCheckpoint(*checkpoint)),
        library(checkpoint) {
    const auto tokenizer = text::Tokenizer::fromCheckpoint(*checkpoint);
    const auto chat = text::ChatTemplate::fromCheckpoint(*checkpoint, tokenizer.get());
    windows =
        calibrate::cutIntoWindows(calibrate::openCalibrationText(text), {*tokenizer, chat.get(), config.contextLength},
                                  {.tokens = 200 * count, .context = 200, .seed = 3});
  }

  Graph graph(const model::Recipe& recipe) { return model::buildGraph(config, library.load(config, recipe)); }

  std::vector<float> logits(const Graph& graph, std::size_t first, std::size_t count) const {
    const auto executor = model::createCpuExecutor(graph);
    std::vector<float> all(windows.context * count * graph.vocabulary());
    for (std::size_t w = 0; w < count; ++w) {
      const auto cache = executor->createKvCache(windows.context, model::KvType::F32);
      executor->forward(
          windows.window(first + w), *cache, model::LogitsWanted::AllTokens,
          std::span(all).subspan(w * windows.context * graph.vocabulary(), windows.context * graph.vocabulary()));
    }
    return all;
  }
};

double divergence(const std::vector<float>& reference, const std::vector<float>& other, std::size_t vocabulary) {
  double sum = 0.0;
  for (std::size_t at = 0; at < reference.size(); at += vocabulary) {
    const auto p = softmax(std::span(reference).subspan(at, vocabulary)),
               q = softmax(std::span(other).subspan(at, vocabulary));
    for (std::size_t i = 0; i < vocabulary; ++i)
      if (p[i] > 0) sum += p[i] * std::log(p[i] / q[i]);
  }
  return sum / static_cast<double>(reference.size() / vocabulary);
}

void compare(Bench& bench, const std::string& scheme, std::size_t windows, std::size_t draws) {
  const Graph reference = bench.graph({}), compared = bench.graph(model::Recipe(quant::Scheme::parse(scheme)));
  const auto exact = bench.logits(reference, 0, windows);
  std::map<std::string, quant::QuantizedTensorPtr> tensors;
  for (const model::Op& op : compared.ops)
    if (op.kind() == model::OpKind::MatMul && op.as<model::MatMul>().weight->name.starts_with("blk"))
      tensors[op.as<model::MatMul>().weight->name] = op.as<model::MatMul>().weight;
  std::map<std::string, double> measured;
  for (const auto& [name, tensor] : tensors) {
    model::Recipe recipe;
    recipe.replacements[name] = tensor;
    measured[name] = divergence(exact, bench.logits(bench.graph(recipe), 0, windows), reference.vocabulary());
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto made =
      train::estimateDivergences(reference, compared, bench.windows.tokens, bench.windows.context, {.draws = draws});
  const double took = seconds(begin);
  const auto report = [&](const char* what, double train::DivergenceEstimate::*field) {
    std::vector<double> x, y, ratios;
    for (const train::DivergenceEstimate& estimate : made) {
      x.push_back(estimate.*field);
      y.push_back(measured.at(estimate.tensor));
      ratios.push_back(x.back() / y.back());
    }
    std::ranges::sort(ratios);
    const auto rho = evaluate::rankCorrelation(x, y);
    fmt::print("| {} | {} | {} | {:.2f} ({:.2f} … {:.2f}) | {:.2f} ({:.2f} … {:.2f}) | {:.1f} |\n", scheme, draws, what,
               rho.rho, rho.low, rho.high, ratios[ratios.size() / 2], ratios[ratios.size() / 10],
               ratios[ratios.size() * 9 / 10], took);
  };
  report("both", &train::DivergenceEstimate::divergence);
  report("by sequence", &train::DivergenceEstimate::bySequence);
  report("by position", &train::DivergenceEstimate::byPosition);
}

}  // namespace

int main(int argc, char** argv) {
  std::string path = "resources/models/demo.gguf", text = "resources/models/evaluation/conversations.jsonl";
  std::vector<std::string> schemes = {"int4:group=32"};
  std::uint32_t windows = 6;
  std::size_t draws = 4;
  CLI::App tool("Estimates of what each tensor costs, against measured ones.", "bench_estimate");
  tool.add_option("MODEL", path, "A GGUF file")->capture_default_str();
  tool.add_option("--text", text, "What is read")->capture_default_str();
  tool.add_option("--scheme", schemes, "What tensors are quantized by")->capture_default_str();
  tool.add_option("--windows", windows, "Of 200 tokens")->capture_default_str();
  tool.add_option("--draws", draws, "Of words")->capture_default_str();
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    Bench bench(path, text, windows);
    fmt::print(
        "| scheme | draws | estimate | rank correlation | estimate / measured: median, 10 … 90 % | seconds "
        "|\n|---|--:|---|---|---|--:|\n");
    for (const std::string& scheme : schemes) compare(bench, scheme, windows, draws);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
