#include "app/lessons/facts/lesson_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

#include "app/lessons/facts/fact_arguments.h"
#include "app/session/calibrate_model.h"
#include "app/session/demo_model.h"
#include "core/calibrate/token_windows.h"
#include "core/model/executor.h"
#include "core/model/input_changes.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

using core::quant::QuantizedTensorPtr;

core::calibrate::CalibrationText lessonText(const std::string& text) {
  if (text != kDemoText && text != kProseText)
    refuseArgument(fmt::format("The lessons read the texts {} and {}, not {}.", kDemoText, kProseText, text));
  return openText(text);
}

core::model::Graph graphOf(const OpenModel& model, const core::JobContext& job) {
  return core::model::buildGraph(model.config(), model.weights().load(model.config(), {}, job));
}

/// What the weight of this name is multiplied with.
core::model::ValueId inputOf(const core::model::Graph& graph, const std::string& layer) {
  for (const auto& op : graph.ops)
    if (op.kind() == core::model::OpKind::MatMul && op.as<core::model::MatMul>().weight->name == layer)
      return op.inputs.front();
  refuseArgument(fmt::format("The model has no layer {}.", layer));
}

LayerInputs readInputs(const std::string& text, const std::string& layer, const core::JobContext& job) {
  const auto model = lessonDemo(text, job);
  const core::calibrate::TextReader reader{*model->tokenizer(), model->chatTemplate().get(),
                                           model->config().contextLength};
  const auto windows = core::calibrate::cutIntoWindows(lessonText(text), reader, {}, job);
  const auto executor = core::model::createCpuExecutor(graphOf(*model, job));
  const auto value = inputOf(executor->graph(), layer);
  LayerInputs inputs{executor->graph().values[value].width, {}};
  const auto watching = executor->subscribe({value}, [&](const core::model::Observation& seen) {
    inputs.values.insert(inputs.values.end(), seen.data.begin(), seen.data.end());
  });
  const auto cache = executor->createKvCache(windows.context, core::model::KvType::F32);
  std::vector<float> logits(executor->graph().vocabulary());
  for (std::size_t i = 0; i < windows.count(); ++i) {
    cache->truncate(0);
    executor->forward(windows.window(i), *cache, core::model::LogitsWanted::LastToken, logits, job);
  }
  return inputs;
}

/// [tokens, out]: one product and nothing else, as the executor computes it.
std::vector<float> outputsOf(const QuantizedTensorPtr& weight, const LayerInputs& inputs, const core::JobContext& job) {
  using namespace core::model;
  auto table = std::make_shared<core::quant::QuantizedTensor>();
  table->shape = {inputs.tokens(), inputs.width};
  table->layout = core::quant::Elements{core::tensor::DType::F32};
  table->payload = std::as_bytes(std::span(inputs.values));
  Graph graph;
  graph.values = {{"inputs", static_cast<std::uint32_t>(inputs.width)},
                  {"outputs", static_cast<std::uint32_t>(weight->rows())}};
  graph.ops = {{Embed{std::move(table)}, {}, 0}, {MatMul{.weight = weight}, {0}, 1}};
  const auto executor = createCpuExecutor(applyInputChanges(std::move(graph)));
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(inputs.tokens()), KvType::F32);
  std::vector<core::text::TokenId> rows(inputs.tokens());
  std::iota(rows.begin(), rows.end(), core::text::TokenId{0});
  std::vector<float> outputs(rows.size() * weight->rows());
  executor->forward(rows, *cache, LogitsWanted::AllTokens, outputs, job);
  return outputs;
}

}  // namespace

std::shared_ptr<OpenModel> lessonDemo(const std::string& text, const core::JobContext& job) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<OpenModel>> opened;
  const auto read = lessonText(text);
  const std::lock_guard lock(mutex);
  auto& model = opened[text];
  if (model) return model;
  auto fresh = OpenModel::open(std::string(kDemoName), job);
  fresh->calibration().set({read.title, 0, {}}, calibrationOf(*fresh, read, {}, {}, job));
  return model = std::move(fresh);
}

core::quant::TensorCalibrationPtr inputsShown(const std::string& text, const std::string& layer,
                                              core::quant::CalibrationNeed need, const core::JobContext& job) {
  const auto shown = lessonDemo(text, job)->calibration().current()->of(layer, need, job);
  if (!shown) refuseArgument(fmt::format("The model has no layer {}.", layer));
  return shown;
}

float LayerInputs::largest(std::size_t token) const {
  float largest = 0.0F;
  for (const float x : std::span(values).subspan(token * width, width)) largest = std::max(largest, std::fabs(x));
  return largest;
}

std::shared_ptr<const LayerInputs> layerInputs(const std::string& text, const std::string& layer,
                                               const core::JobContext& job) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, std::shared_ptr<const LayerInputs>> known;
  const std::pair key{text, layer};
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  auto inputs = std::make_shared<const LayerInputs>(readInputs(text, layer, job));
  const std::lock_guard lock(mutex);
  return known.insert_or_assign(key, std::move(inputs)).first->second;
}

double layerError(const std::string& scheme, const std::string& layer, const std::string& calibrated,
                  const std::string& read, const core::JobContext& job) {
  const auto parsed = core::quant::Scheme::parse(scheme);
  const auto weight = core::quant::loadTensor(lessonDemo(read, job)->checkpoint(), layer);
  const auto need = core::quant::calibrationNeed(parsed);
  const auto shown = need == core::quant::CalibrationNeed::None ? nullptr : inputsShown(calibrated, layer, need, job);
  const auto inputs = layerInputs(read, layer, job);
  const std::vector<float> exact = outputsOf(weight, *inputs, job);
  const std::vector<float> seen = outputsOf(core::quant::quantize(parsed, *weight, job, shown.get()), *inputs, job);
  double errors = 0, squares = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto is = static_cast<double>(exact[i]);
    errors += (is - static_cast<double>(seen[i])) * (is - static_cast<double>(seen[i]));
    squares += is * is;
  }
  return std::sqrt(errors / squares);
}

}  // namespace app
