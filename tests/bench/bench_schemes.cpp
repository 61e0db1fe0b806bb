// What schemes cost the built-in model's answers on text that none of them has seen, and how fast it runs under them:
// bench_schemes [--device D …] [--scheme S …]
// The first half of the built-in conversations calibrates; the second half, and the second half of the prose, are held
// out. KL divergence of the next token from the stored model's, and the share of tokens where both name the same word
// first, over 4096 tokens of each; speeds are medians of runs in turn with the stored model. Prints Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "app/session/calibrate_model.h"
#include "app/session/engine.h"
#include "core/calibrate/token_windows.h"
#include "held_out.h"
#include "tool_arguments.h"

namespace {

using app::OpenModel;
using core::calibrate::TokenWindows;
using core::model::Executor;
using core::model::LogitsWanted;

constexpr std::uint32_t kTokens = 4096, kPrompt = 256, kAnswer = 48;
constexpr int kRuns = 5;

TokenWindows windowsOf(const OpenModel& model, const char* text, Half half) {
  core::calibrate::CalibrationSettings settings;
  settings.tokens = kTokens;
  const core::calibrate::TextReader reader{*model.tokenizer(), model.chatTemplate().get(),
                                           model.config().contextLength};
  return cutIntoWindows(halfOf(app::openText(text), half), reader, settings);
}

/// log p of every token at every position, [tokens, vocabulary].
std::vector<float> logProbabilities(Executor& executor, const TokenWindows& windows) {
  const std::size_t vocabulary = executor.graph().vocabulary(), size = windows.context * vocabulary;
  std::vector<float> all(windows.count() * size);
  for (std::size_t w = 0; w < windows.count(); ++w) {
    const std::span<float> logits = std::span(all).subspan(w * size, size);
    const auto cache = executor.createKvCache(windows.context, core::model::KvType::F16);
    executor.forward(windows.window(w), *cache, LogitsWanted::AllTokens, logits);
    for (std::size_t at = 0; at < size; at += vocabulary) {
      const auto row = logits.subspan(at, vocabulary);
      const double most = *std::max_element(row.begin(), row.end());
      double sum = 0.0;
      for (const float x : row) sum += std::exp(static_cast<double>(x) - most);
      for (float& x : row) x = static_cast<float>(static_cast<double>(x) - most - std::log(sum));
    }
  }
  return all;
}

struct Distance {
  double divergence = 0.0, agreement = 0.0;
};

/// Mean KL(reference ‖ other) in nats per token, and how often both name the same token first.
Distance distance(const std::vector<float>& reference, const std::vector<float>& other, std::size_t vocabulary) {
  Distance sum;
  for (std::size_t at = 0; at < reference.size(); at += vocabulary) {
    const float *const p = reference.data() + at, *const q = other.data() + at;
    for (std::size_t i = 0; i < vocabulary; ++i)
      sum.divergence += std::exp(static_cast<double>(p[i])) * (static_cast<double>(p[i]) - static_cast<double>(q[i]));
    sum.agreement += std::max_element(p, p + vocabulary) - p == std::max_element(q, q + vocabulary) - q ? 1.0 : 0.0;
  }
  const auto tokens = static_cast<double>(reference.size() / vocabulary);
  return {sum.divergence / tokens, sum.agreement / tokens};
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

struct Speed {
  double prefill = 0.0, decode = 0.0;  ///< tokens per second
};

Speed speedOf(Executor& executor, std::span<const core::text::TokenId> tokens) {
  const auto cache = executor.createKvCache(kPrompt + kAnswer, core::model::KvType::F16);
  std::vector<float> logits(executor.graph().vocabulary());
  const auto seconds = [&](std::size_t first, std::size_t count, std::size_t atOnce) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = first; at < first + count; at += atOnce)
      executor.forward(tokens.subspan(at, atOnce), *cache, LogitsWanted::LastToken, logits);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double prefill = seconds(0, kPrompt, kPrompt), decode = seconds(kPrompt, kAnswer, 1);
  return {kPrompt / prefill, kAnswer / decode};
}

class Table {
 public:
  explicit Table(const std::vector<std::string>& devices) : m_model(OpenModel::open("demo")) {
    for (const std::string& device : devices) m_devices.push_back(app::DeviceChoice::parse(device));
    core::calibrate::CalibrationSettings settings;
    settings.tokens = kTokens;
    const auto text = halfOf(app::openText("demo"), Half::First);
    m_model->calibration().set({"demo", kTokens, {}}, calibrationOf(*m_model, text, settings, {}));
    for (const char* name : {"demo", "prose"}) {
      m_heldOut.push_back(windowsOf(*m_model, name, Half::Second));
      m_expected.push_back(logProbabilities(*executor({}, app::DeviceChoice::parse("cpu")), m_heldOut.back()));
    }
    for (const auto& device : m_devices) m_stored.push_back(executor({}, device));
  }

  void printHead() const {
    fmt::print("| scheme | model, MB | KL, conversations | same word | KL, prose | same word | made in, s |");
    for (const auto& device : m_devices) fmt::print(" {0}: prefill, × stored | {0}: decode, × |", device.toString());
    fmt::print("\n|---|---|---|---|---|---|---|");
    for (std::size_t i = 0; i < m_devices.size(); ++i) fmt::print("---|---|");
    fmt::print("\n");
  }

  void printRow(const std::string& text) {
    const core::model::Recipe recipe = core::quant::Scheme::parse(text);
    const auto start = std::chrono::steady_clock::now();
    const auto made = executor(recipe, app::DeviceChoice::parse("cpu"));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print("| `{}` | {:.2f} |", text, static_cast<double>(made->memory().weightBytes) / 1e6);
    for (std::size_t i = 0; i < m_heldOut.size(); ++i) {
      const auto found = logProbabilities(*made, m_heldOut[i]);
      const Distance far = distance(m_expected[i], found, made->graph().vocabulary());
      fmt::print(" {:.2g} | {:.1f} % |", far.divergence, 100 * far.agreement);
    }
    fmt::print(" {:.2f} |", seconds);
    for (std::size_t d = 0; d < m_devices.size(); ++d) printSpeed(*executor(recipe, m_devices[d]), *m_stored[d]);
    fmt::print("\n");
    std::fflush(stdout);
  }

 private:
  std::unique_ptr<Executor> executor(const core::model::Recipe& recipe, const app::DeviceChoice& device) {
    app::Engine::SessionOptions options;
    options.recipe = recipe;
    options.device = device;
    return m_engine.createExecutor(*m_model, options);
  }

  void printSpeed(Executor& executor, Executor& stored) const {
    std::vector<double> prefill, decode;
    for (int run = 0; run < kRuns; ++run) {
      const auto& tokens = m_heldOut.front().tokens;
      const Speed ours = speedOf(executor, tokens), theirs = speedOf(stored, tokens);
      prefill.push_back(ours.prefill / theirs.prefill), decode.push_back(ours.decode / theirs.decode);
    }
    fmt::print(" {:.2f} | {:.2f} |", median(prefill), median(decode));
  }

  std::shared_ptr<OpenModel> m_model;
  app::Engine m_engine;
  std::vector<app::DeviceChoice> m_devices;
  std::vector<TokenWindows> m_heldOut;
  std::vector<std::vector<float>> m_expected;  ///< log p of the stored model
  std::vector<std::unique_ptr<Executor>> m_stored;
};

const std::vector<std::string> kUsual = {"int8",
                                         "int4:group=64,range=minmax",
                                         "int4:group=64,range=mse,zero=on",
                                         "int4:group=64,range=mse,zero=on,method=imatrix",
                                         "int4:group=64,range=minmax,method=gptq",
                                         "int4:group=64,range=minmax,method=gptq,act_order=on",
                                         "int4:group=64,range=minmax,method=awq",
                                         "int4:group=64,range=minmax,method=hqq",
                                         "int8:activations=int8_dynamic",
                                         "int8:activations=int8_static",
                                         "int8:activations=int8_static,input_range=percentile",
                                         "int8:activations=int8_static,input_range=entropy",
                                         "int8:method=smooth,activations=int8_dynamic",
                                         "int8:method=smooth,activations=int8_static",
                                         "llm_int8",
                                         "fp8_e4m3:scale=row",
                                         "fp8_e4m3:scale=row,activations=fp8_dynamic",
                                         "fp8_e4m3:scale=tensor,activations=fp8_static"};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> schemes = kUsual, devices = {"cpu"};
  CLI::App tool("What schemes cost the built-in model's answers, and its speed under them.", "bench_schemes");
  tool.add_option("--scheme", schemes, "in place of the usual ones");
  tool.add_option("--device", devices, "cpu, vulkan (repeatable)");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    Table table(devices);
    table.printHead();
    for (const std::string& scheme : schemes) table.printRow(scheme);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
