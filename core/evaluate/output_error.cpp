#include "core/evaluate/output_error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "core/calibrate/section_stream.h"
#include "core/evaluate/changed_inputs.h"
#include "core/model/ops/matmul.h"
#include "core/quant/methods/output_error.h"
#include "core/quant/quantizer.h"

namespace core::evaluate {

namespace {

using quant::QuantizedTensor;

/// Tokens that are computed together, as executors have them from the first of a window on.
constexpr std::size_t kBatchTokens = 128;

/// Floats as a matrix; has to be outlived by them.
QuantizedTensor asMatrix(std::span<const float> values, const tensor::Shape& shape) {
  QuantizedTensor matrix;
  matrix.shape = shape;
  matrix.layout = quant::Elements{tensor::DType::F32};
  matrix.payload = std::as_bytes(values);
  return matrix;
}

double squares(std::span<const float> values) {
  double sum = 0.0;
  for (const float x : values) sum += static_cast<double>(x) * static_cast<double>(x);
  return sum;
}

/// Calls body(window, rows of a batch) for all of a text.
template <typename Body>
void forEachBatch(const LayerInputs& inputs, const JobContext& job, const Body& body) {
  const std::size_t tokens = inputs.rows.size() / inputs.width;
  for (std::size_t first = 0, window = 0; first < tokens; first += inputs.context, ++window) {
    const std::size_t end = std::min(first + inputs.context, tokens);
    for (std::size_t at = first; at < end; at += kBatchTokens) {
      job.throwIfCancelled();
      const std::size_t count = std::min(kBatchTokens, end - at);
      body(window, inputs.rows.subspan(at * inputs.width, count * inputs.width), count);
    }
  }
}

std::vector<double> powers(std::span<const float> weights, const tensor::Shape& shape, const LayerInputs& inputs,
                           const JobContext& job) {
  const QuantizedTensor matrix = asMatrix(weights, shape);
  const std::size_t tokens = inputs.rows.size() / inputs.width;
  std::vector<double> power((tokens + inputs.context - 1) / inputs.context, 0.0);
  std::vector<float> products(kBatchTokens * shape.rows());
  forEachBatch(inputs, job, [&](std::size_t window, std::span<const float> rows, std::size_t count) {
    model::ops::matMul(matrix, {}, rows.data(), count, products.data());
    power[window] += squares({products.data(), count * shape.rows()});
  });
  return power;
}

Estimate relative(const std::vector<double>& errors, const std::vector<double>& powers) {
  if (std::ranges::all_of(errors, [](double error) { return error == 0.0; })) return {0.0, 0.0};
  BlockRatio ratio;
  for (std::size_t i = 0; i < errors.size(); ++i) ratio.add(errors[i], powers[i]);
  return ratio.root();
}

}  // namespace

OutputMeter::OutputMeter(const QuantizedTensor& original, const LayerInputs& inputs, const JobContext& job)
    : m_inputs(inputs), m_weights(quant::dequantize(original, job)) {
  m_power = powers(m_weights, original.shape, inputs, job);
}

OutputError OutputMeter::errorOf(const QuantizedTensor& quantized, const JobContext& job) const {
  std::vector<float> difference = quant::dequantize(quantized, job);
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= m_weights[i];
  const QuantizedTensor errors = asMatrix(difference, quantized.shape);
  QuantizedTensor made = quantized;
  made.scheme.reset();  // what products are rounded to is another matter
  const std::size_t out = quantized.rows();
  std::vector<float> ofWeights(kBatchTokens * out), ofInputs(ofWeights.size());
  std::vector<double> weights(m_power.size(), 0.0), activations(weights), total(weights);
  forEachBatch(m_inputs, job, [&](std::size_t window, std::span<const float> rows, std::size_t count) {
    const std::size_t values = count * out;
    model::ops::matMul(errors, {}, rows.data(), count, ofWeights.data());
    weights[window] += squares({ofWeights.data(), values});
    if (!quantized.input) return;
    const ChangedInputs changed = inputChangeOf(quantized, rows, count);
    model::ops::matMul(made, {}, changed.difference.data(), count, ofInputs.data(), changed.columns);
    activations[window] += squares({ofInputs.data(), values});
    for (std::size_t i = 0; i < values; ++i) ofInputs[i] += ofWeights[i];
    total[window] += squares({ofInputs.data(), values});
  });
  OutputError error;
  error.tokens = m_inputs.rows.size() / m_inputs.width;
  error.weights = relative(weights, m_power);
  error.activations = relative(activations, m_power);
  error.total = quantized.input ? relative(total, m_power) : error.weights;
  return error;
}

namespace {

/// The value that a product's input was made of: in the order of the weight's own columns, and no codes.
model::ValueId ownInput(const model::Graph& graph, model::ValueId value) {
  for (;;) {
    const model::Op& maker = graph.maker(value);
    if (maker.kind() != model::OpKind::ArrangeColumns && maker.kind() != model::OpKind::QuantizeRows) return value;
    value = maker.inputs[0];
  }
}

const quant::QuantizedTensor& weightNamed(const model::Graph& graph, const std::string& name) {
  return **std::ranges::find_if(graph.ops, [&](const model::Op& op) {
             return op.kind() == model::OpKind::MatMul && op.as<model::MatMul>().weight->name == name;
           })->weight();
}

}  // namespace

void measureOutputErrors(const model::Graph& reference, const calibrate::TokenWindows& windows,
                         const std::vector<std::string>& tensors, const CandidatesOf& candidatesOf,
                         const OutputErrorVisitor& visitor, const JobContext& job) {
  const std::vector<calibrate::Section> sections = calibrate::cutIntoSections(reference);
  calibrate::SectionStream stream(sections, windows);
  const auto steps = static_cast<double>(sections.size());
  for (std::size_t s = 0; s < sections.size(); ++s) {
    const JobContext part = job.part(static_cast<double>(s) / steps, static_cast<double>(s + 1) / steps);
    const calibrate::Section& section = sections[s];
    std::map<std::string, model::ValueId> places;
    std::map<model::ValueId, std::vector<float>> rows;
    std::vector<model::ValueId> watched;
    for (const calibrate::LinearInput& input : section.inputs)
      for (const std::string& weight : input.weights) {
        if (std::ranges::find(tensors, weight) == tensors.end()) continue;
        const model::ValueId value = ownInput(section.graph, input.value);
        places.emplace(weight, value);
        if (rows.try_emplace(value).second) watched.push_back(value);
      }
    if (!watched.empty()) {
      stream.run(
          std::move(watched),
          [&](const model::Observation& seen) {
            auto& known = rows.at(seen.value);
            known.insert(known.end(), seen.data.begin(), seen.data.end());
          },
          part.part(0.0, 0.2));
    }
    for (const auto& [weight, value] : places) {
      const LayerInputs inputs{rows.at(value), section.graph.values[value].width, windows.context};
      const OutputMeter meter(weightNamed(reference, weight), inputs, part.part(0.2, 1.0));
      const auto candidates = candidatesOf(weight);
      for (std::size_t i = 0; i < candidates.size(); ++i)
        if (candidates[i]) visitor(weight, i, meter.errorOf(*candidates[i], part.part(0.2, 1.0)));
    }
    if (s + 1 < sections.size()) stream.advance(part.part(0.9, 1.0));
  }
}

double outputErrorBySecondMoment(const QuantizedTensor& original, const QuantizedTensor& quantized,
                                 std::span<const float> secondMoment, const JobContext& job) {
  const std::vector<float> weights = quant::dequantize(original, job);
  std::vector<float> errors = quant::dequantize(quantized, job);
  std::transform(errors.begin(), errors.end(), weights.begin(), errors.begin(), std::minus<>());
  const double error = quant::outputError(errors, original.shape, secondMoment, job);
  return error == 0.0 ? 0.0 : std::sqrt(error / quant::outputError(weights, original.shape, secondMoment, job));
}

}  // namespace core::evaluate
