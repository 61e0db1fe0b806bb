#include "app/session/train_memory.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "app/session/calibrate_model.h"
#include "app/session/demo_model.h"
#include "app/session/known_shapes.h"
#include "app/session/memory_plan.h"
#include "app/session/recipe_file.h"
#include "app/session/train_defaults.h"
#include "app/session/train_source.h"
#include "core/evaluate/logit_stream.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/cpu_executor.h"
#include "core/model/planned_weights.h"
#include "core/model/visit_weights.h"
#include "core/quant/hollow_tensors.h"
#include "core/quant/stored_size.h"
#include "core/text/word_cache.h"
#include "core/train/adam_w.h"
#include "core/train/reverse_pass.h"
#include "core/train/trainer.h"

namespace app {

namespace {

using core::model::Graph;
using core::model::Recipe;
using core::train::AdamW;
using core::train::ReversePass;
using core::train::StateKind;

constexpr std::uint64_t kFloat = sizeof(float);
constexpr std::uint64_t kThreads = std::uint64_t{6}
                                   << 20U;  // panels of decoded weights and what threads have of their own
constexpr const char* kShapes[] = {"tinyllama-1.1b", "llama-2-7b", "llama-2-13b", "llama-3.1-70b"};

/// What is read at once.
struct Reading {
  std::uint64_t rows = 0;  ///< tokens that go through the model together
  bool isMarked = false;   ///< whether states are marked by an executor beside it
};

/// "blk.0.attn_q.weight" → "attn_q"
std::string kindOf(const std::string& tensor) {
  std::string name = core::model::canonicalName(tensor);
  if (name.starts_with("blk.")) name.erase(0, name.find('.', 4) + 1);
  return name.substr(0, name.rfind(".weight"));
}

/// Values that a forward keeps, or where they are too many the residuals between sections and the values of the largest
/// section; what the backward pass holds beside them; three times the logits (values, derivatives, their copy).
std::uint64_t activationBytes(const Graph& graph, const Reading& reading, std::uint64_t mostKept) {
  const ReversePass<float> pass(graph);
  std::uint64_t kept = pass.keptBytes(reading.rows);
  const std::uint64_t width = graph.values.front().width, sections = 2 * graph.kv.size() + 1;
  if (kept > mostKept) kept = reading.rows * width * kFloat * sections + 2 * kept / sections;
  std::uint64_t widest = 0;
  for (std::size_t i = 0; i + 1 < graph.values.size(); ++i)
    if (i != graph.ops.back().out) widest = std::max<std::uint64_t>(widest, graph.values[i].width);
  const std::uint64_t logits = reading.rows * graph.vocabulary() * kFloat;
  // Of a feed-forward block: the gradients of gate, up and their product, and of the residual around it.
  const std::uint64_t gradients = reading.rows * (3 * widest + 2 * width) * kFloat;
  std::uint64_t bytes = kept + 2 * logits + std::max(logits, gradients) + kThreads;
  if (reading.isMarked) {
    const auto executor = core::model::CpuExecutor::plannedMemory(graph);
    bytes += executor.residentBytes - std::min(executor.residentBytes, executor.weightBytes);
    bytes += 2 * core::evaluate::LogitStreamOptions().batchTokens * graph.vocabulary() * kFloat;
  }
  return bytes;
}

/// Where weights are that QAT does not train: in memory, with 16 bits, or in a mapped file.
enum class Frozen : std::uint8_t { InMemory, Mapped };

/// Full training and QAT: every matrix, and norms.
TrainMemory trainedWhole(const Graph& graph, const Reading& reading, const Recipe* quantized,
                         const std::map<std::string, core::quant::Scheme>& schemes, StateKind state,
                         Frozen frozen = Frozen::InMemory) {
  TrainMemory memory;
  std::uint64_t trained = 0;
  for (const auto& weight : core::train::weightsOf(graph)) {
    const auto scheme = schemes.find(weight.name);
    const bool isNorm = weight.rows == 1;
    if (quantized != nullptr && !isNorm && scheme == schemes.end()) {
      if (frozen == Frozen::InMemory) memory.weights += 2 * weight.count();
      continue;
    }
    trained += weight.count();
    memory.weights += kFloat * weight.count();
    if (quantized == nullptr) continue;
    // What the latent values are stored as, and what that decodes to.
    memory.weights += kFloat * weight.count();
    memory.weights += scheme == schemes.end()
                          ? kFloat * weight.count()
                          : core::quant::storedSize(scheme->second, {weight.rows, weight.width}).bytes();
  }
  memory.gradients = kFloat * trained;
  memory.optimizer = AdamW::predictedBytes(trained, state);
  memory.activations = activationBytes(graph, reading, core::train::TrainerSettings().mostKeptBytes);
  return memory;
}

TrainMemory withAdapters(const Graph& graph, const Reading& reading, const core::train::LoraSettings& adapter,
                         StateKind state) {
  const std::set<std::string> targets(adapter.targets.begin(), adapter.targets.end());
  TrainMemory memory;
  memory.weights = core::model::plannedWeightBytes(graph);
  std::uint64_t trained = 0, dropped = 0;
  for (const auto& weight : core::train::weightsOf(graph)) {
    if (!targets.contains(kindOf(weight.name))) continue;
    trained += adapter.rank * (weight.rows + weight.width);
    if (adapter.dropout > 0.0) dropped += reading.rows * weight.width * kFloat;  // what A reads is a copy
  }
  memory.adapters = 2 * kFloat * trained;  // moved by the optimizer, and as they are computed with
  memory.gradients = kFloat * trained;
  memory.optimizer = AdamW::predictedBytes(trained, state);
  memory.activations = activationBytes(graph, reading, kAdapterKeptBytes) +
                       reading.rows * adapter.rank * kFloat * graph.kv.size() + dropped;
  return memory;
}

std::map<std::string, core::quant::Scheme> schemesOf(const Recipe& recipe, const OpenModel& model) {
  std::map<std::string, core::quant::Scheme> schemes;
  const auto plan = core::model::planRecipe(recipe, model.checkpoint());
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    if (plan.tensors[i].scheme) schemes.emplace(model.checkpoint().tensors()[i].name, *plan.tensors[i].scheme);
  return schemes;
}

std::map<std::string, core::quant::Scheme> schemesOf(const Recipe& recipe, const LlamaShape& shape) {
  std::map<std::string, core::quant::Scheme> schemes;
  const auto tensors = shape.tensors();
  const auto plan = core::model::planRecipe(recipe, shape.mixtureModel(), tensors, core::io::FileFormat::Gguf);
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    if (plan.tensors[i].scheme) schemes.emplace(tensors[i].name, *plan.tensors[i].scheme);
  return schemes;
}

Graph graphOf(OpenModel& model, const Recipe& recipe) {
  return core::model::buildGraph(model.config(), core::model::planWeights(model.weights(), model.config(), recipe));
}

/// Of the weights as a recipe makes them those that are read where the file is mapped.
std::uint64_t mappedBytes(OpenModel& model, const Recipe& recipe) {
  std::set<const core::quant::QuantizedTensor*> seen;
  std::uint64_t bytes = 0;
  const auto weights = core::model::planWeights(model.weights(), model.config(), recipe);
  core::model::visitWeights(weights, [&](const core::quant::QuantizedTensorPtr& tensor) {
    if (!tensor || core::quant::isHollow(*tensor) || !seen.insert(tensor.get()).second) return;
    const auto found = model.checkpoint().find(tensor->name);
    if (found && model.checkpoint().tensors()[*found].assembly == core::io::Assembly::None) bytes += tensor->bytes();
  });
  return bytes;
}

/// What the model takes as it is stored, which is marked beside the trained one: packed weights are put together.
std::uint64_t besideBytes(OpenModel& model) {
  return core::model::plannedWeightBytes(graphOf(model, {})) - mappedBytes(model, {});
}

/// The text as documents, as examples and as rows: about five times its bytes; and the words that the tokenizer
/// remembers, in two threads that read.
std::uint64_t textBytes(const std::string& data) {
  if (data.empty()) return 0;
  std::error_code error;
  const auto text = std::filesystem::file_size(
      data == kDemoText ? builtInTextPath("training_text/conversations.jsonl") : std::filesystem::path(data), error);
  return error ? 0 : 5 * text + 2 * core::text::WordCache::bytes();
}

/// Tokens of a step's largest minibatch.
std::uint64_t rowsOf(const OpenModel& model, const QloraLabSettings& settings) {
  std::uint64_t rows = settings.replay ? std::uint64_t{settings.replayRows} * settings.length : 0;
  if (settings.facts.empty()) return std::max<std::uint64_t>(rows, std::uint64_t{settings.batch} * 32);
  QloraLabSettings alone = settings;
  alone.replay = false;
  for (const auto& batch : sourceOf(model, alone, {}).batches->batches(0))
    rows = std::max<std::uint64_t>(rows, batch.tokens.size());
  return rows;
}

TrainMemoryRow rowOf(const KnownShape& known, const QloraLabSettings& settings) {
  const Recipe base = openRecipe(settings.base);
  const Reading reading{settings.length};
  const auto stored = planShape(known.shape, known.kv(), {}).graph,
             quantized = planShape(known.shape, known.kv(), base).graph;
  TrainMemoryRow row{std::string(known.id), std::string(known.title), known.shape.parameters(), {}};
  row.methods[0] = trainedWhole(*stored, reading, nullptr, {}, settings.optimizerState);
  row.methods[1] = withAdapters(*stored, reading, settings.adapter, settings.optimizerState);
  row.methods[2] = withAdapters(*quantized, reading, settings.adapter, settings.optimizerState);
  row.methods[3] = trainedWhole(*stored, reading, &base, schemesOf(base, known.shape), settings.optimizerState);
  return row;
}

TrainMemoryRow rowOf(OpenModel& model, const QloraLabSettings& settings) {
  const Recipe base = openRecipe(settings.base);
  const Reading reading{rowsOf(model, settings), true};
  const Graph stored = graphOf(model, {});
  TrainMemoryRow row{model.source(),
                     core::io::printable(model.checkpoint().name()),
                     static_cast<double>(model.checkpoint().parameters()),
                     {}};
  row.methods[0] = trainedWhole(stored, reading, nullptr, {}, settings.optimizerState);
  row.methods[1] = withAdapters(stored, reading, settings.adapter, settings.optimizerState);
  row.methods[2] = withAdapters(graphOf(model, base), reading, settings.adapter, settings.optimizerState);
  row.methods[3] = trainedWhole(stored, reading, &base, schemesOf(base, model), settings.optimizerState);
  return row;
}

}  // namespace

std::string_view nameOf(TrainMethod method) {
  constexpr std::string_view kNames[kTrainMethods] = {"full", "lora", "qlora", "qat"};
  return kNames[static_cast<std::size_t>(method)];
}

TrainMemory predictMemory(OpenModel& model, const QatLabSettings& settings) {
  const Recipe recipe = openRecipe(settings.scheme);
  constexpr std::uint64_t kMostRows = std::uint64_t{1} << 36U;  // far more than any memory has; products stay counts
  const std::uint64_t rows = std::min(std::uint64_t{settings.batch} * settings.length, kMostRows);
  const Reading reading{rows, settings.isEvaluated};
  auto memory =
      trainedWhole(graphOf(model, {}), reading, &recipe, schemesOf(recipe, model), StateKind::Fp32, Frozen::Mapped);
  memory.weights += besideBytes(model) + textBytes(settings.data);
  return memory;
}

TrainMemory predictMemory(OpenModel& model, const QloraLabSettings& settings) {
  const Recipe base = openRecipe(settings.base);
  const Reading reading{rowsOf(model, settings), settings.isEvaluated};
  auto memory = withAdapters(graphOf(model, base), reading, settings.adapter, settings.optimizerState);
  memory.weights -= std::min(memory.weights, mappedBytes(model, base));
  memory.weights += besideBytes(model) + textBytes(settings.replay ? settings.data : std::string());
  return memory;
}

std::vector<TrainMemoryRow> trainMemoryTable(OpenModel* open, const QloraLabSettings& settings) {
  std::vector<TrainMemoryRow> rows;
  if (open != nullptr) rows.push_back(rowOf(*open, settings));
  for (const char* const id : kShapes) rows.push_back(rowOf(knownShape(id), settings));
  return rows;
}

}  // namespace app
