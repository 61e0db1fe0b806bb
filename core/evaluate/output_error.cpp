#include "core/evaluate/output_error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/calibrate/section_stream.h"
#include "core/evaluate/changed_inputs.h"
#include "core/evaluate/expert_output_error.h"
#include "core/evaluate/product_errors.h"
#include "core/model/ops/matmul.h"
#include "core/quant/methods/output_error.h"
#include "core/quant/quantizer.h"

namespace core::evaluate {

namespace {

using quant::QuantizedTensor;

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
  error.weights = relativeNorm(weights, m_power);
  error.activations = relativeNorm(activations, m_power);
  error.total = quantized.input ? relativeNorm(total, m_power) : error.weights;
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
             const bool isProduct = op.kind() == model::OpKind::MatMul || op.kind() == model::OpKind::ExpertMatMul;
             return isProduct && (*op.weight())->name == name;
           })->weight();
}

/// The inputs of a section's products that are to be measured.
class SectionInputs {
 public:
  SectionInputs(const calibrate::Section& section, const std::set<std::string>& tensors) : m_section(section) {
    for (const calibrate::LinearInput& input : section.inputs)
      for (const std::string& weight : input.weights) {
        if (!tensors.contains(weight)) continue;
        const model::ValueId value = ownInput(section.graph, input.value);
        m_places.emplace(weight, value);
        m_rows.try_emplace(value);
      }
    for (const calibrate::ExpertInput& input : section.experts)
      for (const std::string& stack : input.weights) addExperts(input, stack, tensors);
  }

  void read(calibrate::SectionStream& stream, const JobContext& job) {
    std::vector<model::ValueId> watched;
    for (const auto& [value, rows] : m_rows) watched.push_back(value);
    if (watched.empty()) return;
    stream.run(
        std::move(watched),
        [this](const model::Observation& seen) {
          auto& known = m_rows.at(seen.value);
          known.insert(known.end(), seen.data.begin(), seen.data.end());
        },
        job);
  }

  /// Calls visit(weight, function from a quantized tensor to its error) for one weight after the other.
  template <typename Visit>
  void forEach(const model::Graph& reference, std::size_t context, const JobContext& job, const Visit& visit) const {
    for (const auto& [weight, value] : m_places) {
      const LayerInputs inputs{m_rows.at(value), m_section.graph.values[value].width, context};
      const OutputMeter meter(weightNamed(reference, weight), inputs, job);
      visit(weight, [&](const QuantizedTensor& made) { return meter.errorOf(made, job); });
    }
    for (const auto& [weight, place] : m_experts) {
      const calibrate::ExpertInput& input = *place.input;
      const ExpertInputs inputs{m_rows.at(input.value), m_rows.at(input.routes),
                                m_section.graph.values[input.value].width, input.used, context};
      const QuantizedTensor& stack = weightNamed(reference, place.stack);
      std::vector<float> values;
      const QuantizedTensor original = place.expert ? matrixOf(stack, *place.expert, values) : stack;
      const ExpertOutputMeter meter(original, inputs, job, place.expert);
      if (!meter.isRead()) continue;
      visit(weight, [&](const QuantizedTensor& made) { return meter.errorOf(made, job); });
    }
  }

 private:
  /// A stack, or one of its matrices that a folder has as a tensor of its own.
  struct ExpertPlace {
    const calibrate::ExpertInput* input;
    std::string stack;
    std::optional<std::size_t> expert;
  };

  void addExperts(const calibrate::ExpertInput& input, const std::string& stack, const std::set<std::string>& tensors) {
    const std::size_t before = m_experts.size(), star = stack.find('*');
    if (tensors.contains(stack)) m_experts.emplace(stack, ExpertPlace{&input, stack, std::nullopt});
    for (std::size_t expert = 0; star != std::string::npos && expert < input.experts; ++expert) {
      const std::string own = stack.substr(0, star) + std::to_string(expert) + stack.substr(star + 1);
      if (tensors.contains(own)) m_experts.emplace(own, ExpertPlace{&input, stack, expert});
    }
    if (m_experts.size() == before) return;
    m_rows.try_emplace(input.value);
    m_rows.try_emplace(input.routes);
  }

  static QuantizedTensor matrixOf(const QuantizedTensor& stack, std::size_t expert, std::vector<float>& values) {
    const std::uint64_t rows = stack.shape[1];
    values.resize(rows * stack.rowValues());
    quant::dequantizeRows(stack, expert * rows, rows, values.data());
    return asMatrix(values, {rows, stack.rowValues()});
  }

  const calibrate::Section& m_section;
  std::map<std::string, model::ValueId> m_places;
  std::map<std::string, ExpertPlace> m_experts;
  std::map<model::ValueId, std::vector<float>> m_rows;
};

}  // namespace

void measureOutputErrors(const model::Graph& reference, const calibrate::TokenWindows& windows,
                         const std::vector<std::string>& tensors, const CandidatesOf& candidatesOf,
                         const OutputErrorVisitor& visitor, const JobContext& job) {
  const std::vector<calibrate::Section> sections = calibrate::cutIntoSections(reference);
  calibrate::SectionStream stream(sections, windows);
  const std::set<std::string> wanted(tensors.begin(), tensors.end());
  const auto steps = static_cast<double>(sections.size());
  for (std::size_t s = 0; s < sections.size(); ++s) {
    const JobContext part = job.part(static_cast<double>(s) / steps, static_cast<double>(s + 1) / steps);
    SectionInputs inputs(sections[s], wanted);
    inputs.read(stream, part.part(0.0, 0.2));
    inputs.forEach(reference, windows.context, part.part(0.2, 1.0),
                   [&](const std::string& weight, const auto& errorOf) {
                     const auto candidates = candidatesOf(weight);
                     for (std::size_t i = 0; i < candidates.size(); ++i)
                       if (candidates[i]) visitor(weight, i, errorOf(*candidates[i]));
                   });
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
