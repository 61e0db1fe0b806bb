// What it takes to attribute a change of a logit difference to weights, and how near the quadrature comes:
// bench_attribution [MODEL.gguf] [--scheme S …] [--question Q …] [--tokens N] [--points N …]
// The word behind a question (or behind N made-up tokens) that the stored model would say, against the one that the
// scheme's would say most of the others. Prints Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "core/model/weights.h"
#include "core/text/chat_template.h"
#include "core/trace/attribution.h"
#include "core/trace/parting_search.h"
#include "tool_arguments.h"

namespace {

using namespace core;
using model::Graph;
using Tokens = std::vector<model::TokenId>;

struct Case {
  std::string name;
  Tokens tokens;
  trace::Objective objective;
};

double seconds(const std::chrono::steady_clock::time_point& since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

std::size_t mostProbable(std::span<const float> logits, std::size_t butFor) {
  std::size_t best = butFor == 0 ? 1 : 0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (i != butFor && logits[i] > logits[best]) best = i;
  return best;
}

std::vector<float> logitsOf(const Graph& graph, const Tokens& tokens) {
  const auto executor = model::createCpuExecutor(graph);
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), model::KvType::F32);
  std::vector<float> logits(graph.vocabulary());
  executor->forward(tokens, *cache, model::LogitsWanted::LastToken, logits);
  return logits;
}

Case madeUp(const Graph& reference, std::size_t count) {
  Case made{fmt::format("{} made-up tokens", count), Tokens(count), {}};
  for (std::size_t i = 0; i < count; ++i)
    made.tokens[i] = static_cast<model::TokenId>((i * 2654435761U + 17) % reference.vocabulary());
  const std::vector<float> logits = logitsOf(reference, made.tokens);
  const std::size_t word = mostProbable(logits, logits.size());
  made.objective = trace::Objective::difference(static_cast<model::TokenId>(word),
                                                static_cast<model::TokenId>(mostProbable(logits, word)));
  return made;
}

class Bench {
 public:
  explicit Bench(const std::string& path)
      : m_checkpoint(io::openCheckpoint(path)),
        m_config(model::ModelConfig::fromCheckpoint(*m_checkpoint)),
        m_library(m_checkpoint),
        m_reference(graph("")) {}

  Graph graph(const std::string& scheme) {
    model::Recipe recipe;
    if (!scheme.empty()) recipe = model::Recipe(quant::Scheme::parse(scheme));
    return model::buildGraph(m_config, m_library.load(m_config, recipe));
  }

  std::optional<Case> asked(const std::string& question, const Graph& compared) {
    const auto tokenizer = text::Tokenizer::fromCheckpoint(*m_checkpoint);
    const auto chat = text::ChatTemplate::fromCheckpoint(*m_checkpoint, tokenizer.get());
    const text::ChatMessage message{"user", question};
    const Tokens prompt = tokenizer->encode(chat->render(std::span(&message, 1)), text::SpecialTokens::Parse);
    const auto ours = model::createCpuExecutor(m_reference), theirs = model::createCpuExecutor(compared);
    const auto search = trace::findParting(*ours, *theirs, prompt,
                                           {.referenceKv = model::KvType::F32, .comparedKv = model::KvType::F32});
    if (!search.found) return std::nullopt;
    const trace::Parting& parting = search.found->parting;
    return Case{question, parting.tokens, trace::Objective::difference(parting.reference, parting.compared)};
  }

  void run(const Case& item, const std::string& scheme, const Graph& compared, const std::vector<std::size_t>& points) {
    for (const std::size_t count : points) {
      const auto begin = std::chrono::steady_clock::now();
      const trace::AttributionSettings settings{.firstPoints = count, .mostPoints = count};
      const trace::Attribution made = trace::attribute(m_reference, compared, item.tokens, item.objective, settings);
      const double change = made.reference - made.compared;
      fmt::print("| {} | {} | {} | {:.3f} → {:.3f} | {} | {:.4f} % | {:.2f} |\n", scheme, item.name, item.tokens.size(),
                 made.reference, made.compared, count, 100 * made.remainder / change, seconds(begin));
    }
  }

  const Graph& reference() const { return m_reference; }

 private:
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  model::ModelConfig m_config;
  model::WeightLibrary m_library;
  Graph m_reference;
};

}  // namespace

int main(int argc, char** argv) {
  std::string path = "resources/models/demo.gguf";
  std::vector<std::string> schemes = {"int3", "int4:group=64", "nf4"}, questions;
  std::vector<std::size_t> points = {5};
  std::size_t tokens = 50;
  CLI::App tool("Attribution of a logit difference: time and remainder.", "bench_attribution");
  tool.add_option("MODEL", path, "A GGUF file")->capture_default_str();
  tool.add_option("--scheme", schemes, "What the compared model is quantized by")->capture_default_str();
  tool.add_option("--question", questions, "Where the answers part; else made-up tokens");
  tool.add_option("--tokens", tokens, "So many made-up ones")->capture_default_str();
  tool.add_option("--points", points, "Of the quadrature")->capture_default_str();
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    Bench bench(path);
    fmt::print(
        "| scheme | text | tokens | reference → compared | points | remainder | seconds "
        "|\n|---|---|--:|---|--:|--:|--:|\n");
    for (const std::string& scheme : schemes) {
      const Graph compared = bench.graph(scheme);
      if (questions.empty()) bench.run(madeUp(bench.reference(), tokens), scheme, compared, points);
      for (const std::string& question : questions)
        if (const auto item = bench.asked(question, compared)) bench.run(*item, scheme, compared, points);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
