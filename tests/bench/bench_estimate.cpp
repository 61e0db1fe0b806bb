// How well gradients tell which tensor's quantization costs most, against swapping each and measuring:
// bench_estimate [MODEL.gguf] [--scheme S …] [--windows N] [--draws N]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/calibrate/token_windows.h"
#include "core/evaluate/rank_correlation.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/text/chat_template.h"
#include "core/train/divergence_estimate.h"
#include "core/train/plain_graph.h"
#include "core/train/reverse_pass.h"
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

/// Σ g·Δw of every matrix, mean over the tokens: g at `from`, Δw = `to` − `from`.
/// @param slope turns the logits of a token at `from` into the gradient of what is measured there
std::map<std::string, double> firstOrder(const Graph& from, const Graph& to, const calibrate::TokenWindows& windows,
                                         const std::function<void(std::size_t token, std::span<float>)>& slope) {
  train::ReversePass<float> pass(train::plainGraph(from).graph,
                                 train::weightsBetween(train::plainGraph(from).graph, train::plainGraph(to).graph),
                                 {train::Rounding::None, model::KvType::F32});
  train::Wanted<float> wanted;
  for (train::WeightId id = 0; id < pass.weights().size(); ++id)
    if (pass.weights()[id].target && pass.weights()[id].name.starts_with("blk")) wanted.slopes.push_back(id);
  std::map<std::string, double> sums;
  wanted.visitSlopes = [&](train::WeightId id, std::span<const float> slopes) {
    for (const float x : slopes)
      sums[pass.weights()[id].name] += static_cast<double>(x) / static_cast<double>(windows.tokens.size());
  };
  const std::size_t vocabulary = from.vocabulary();
  for (std::size_t first = 0; first < windows.tokens.size(); first += windows.context) {
    const auto logits = pass.forward({std::span(windows.tokens).subspan(first, windows.context), windows.context},
                                     model::LogitsWanted::AllTokens);
    std::vector<float> seeds(logits.begin(), logits.end());
    for (std::size_t at = 0; at < windows.context; ++at)
      slope(first + at, std::span(seeds).subspan(at * vocabulary, vocabulary));
    pass.backward(seeds, wanted);
  }
  return sums;
}

/// Of −log p(next word of the text).
std::map<std::string, double> ofTheText(const Graph& reference, const Graph& compared,
                                        const calibrate::TokenWindows& windows) {
  return firstOrder(reference, compared, windows, [&](std::size_t token, std::span<float> logits) {
    const auto p = softmax(logits);
    const bool isLast = (token + 1) % windows.context == 0;  // of a window: nothing follows
    for (std::size_t i = 0; i < p.size(); ++i) logits[i] = isLast ? 0.0F : static_cast<float>(p[i]);
    if (!isLast) logits[static_cast<std::size_t>(windows.tokens[token + 1])] -= 1.0F;
  });
}

/// Of KL(reference ‖ compared), whose gradient is zero at the reference: at the compared model, towards the reference.
std::map<std::string, double> ofTheDivergence(const Graph& reference, const Graph& compared,
                                              const calibrate::TokenWindows& windows, const std::vector<float>& exact) {
  const std::size_t vocabulary = reference.vocabulary();
  return firstOrder(compared, reference, windows, [&](std::size_t token, std::span<float> logits) {
    const auto p = softmax(std::span(exact).subspan(token * vocabulary, vocabulary)), q = softmax(logits);
    for (std::size_t i = 0; i < q.size(); ++i) logits[i] = static_cast<float>(q[i] - p[i]);
  });
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
  const auto reportFirst = [&](const char* what, const std::map<std::string, double>& sums, double sign) {
    std::vector<double> x, y;
    for (const auto& [name, sum] : sums) {
      x.push_back(sign == 0 ? std::abs(sum) : sign * sum);
      y.push_back(measured.at(name));
    }
    const auto rho = evaluate::rankCorrelation(x, y);
    fmt::print("| {} | | {} | {:.2f} ({:.2f} … {:.2f}) | | |\n", scheme, what, rho.rho, rho.low, rho.high);
  };
  const auto text = ofTheText(reference, compared, bench.windows);
  reportFirst("|Σ g·Δw|, g of the text's loss at the reference", text, 0);
  reportFirst("Σ g·Δw, the same with its sign", text, 1);
  reportFirst("−Σ g·Δw, g of the divergence at the quantized model, Δw towards the reference",
              ofTheDivergence(reference, compared, bench.windows, exact), -1);
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
