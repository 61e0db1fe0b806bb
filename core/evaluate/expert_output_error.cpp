#include "core/evaluate/expert_output_error.h"

#include <algorithm>
#include <cmath>

#include "core/evaluate/changed_inputs.h"
#include "core/evaluate/product_errors.h"
#include "core/model/ops/matmul.h"
#include "core/model/ops/route.h"
#include "core/quant/methods/output_error.h"
#include "core/quant/quantizer.h"

namespace core::evaluate {

using quant::Columns;
using quant::QuantizedTensor;

ExpertOutputMeter::ExpertOutputMeter(const QuantizedTensor& original, const ExpertInputs& inputs, const JobContext& job,
                                     std::optional<std::size_t> expert)
    : m_original(original),
      m_inputs(inputs),
      m_slots(inputs.inWidth == original.rowValues() ? 1 : inputs.used),
      m_out(expert ? original.rows() : original.shape[1]),
      m_width(original.rowValues()),
      m_rows(expert ? 1 : original.shape[0]),
      m_power((tokens() + inputs.context - 1) / inputs.context, 0.0) {
  for (std::size_t t = 0; t < tokens(); ++t)
    for (std::size_t k = 0; k < inputs.used; ++k) {
      const std::size_t chosen = model::ops::expertOf(inputs.routes.data() + t * 2 * inputs.used, k);
      if (expert && chosen != *expert) continue;
      m_rows[expert ? 0 : chosen].push_back(static_cast<std::uint32_t>(m_slots == 1 ? t : t * m_slots + k));
    }
  std::vector<float> products;
  for (std::size_t matrix = 0; matrix < m_rows.size(); ++matrix) {
    if (m_rows[matrix].empty()) continue;
    const std::vector<float> weights = weightsOf(original, matrix, Columns::OfTheWeight);
    forEachBatch(matrix, job, [&](Rows which) {
      multiply(weights, m_inputs.rows.data(), m_inputs.inWidth / m_slots, which, products);
      addSquares(products, which, m_power);
    });
  }
}

bool ExpertOutputMeter::isRead() const {
  return std::ranges::any_of(m_rows, [](const auto& rows) { return !rows.empty(); });
}

OutputError ExpertOutputMeter::errorOf(const QuantizedTensor& quantized, const JobContext& job) const {
  Columns columns = Columns::OfTheWeight;
  const std::vector<float> changes = quantized.input ? inputChanges(quantized, columns) : std::vector<float>();
  std::vector<double> weights(m_power.size(), 0.0), activations(weights), total(weights);
  std::vector<float> ofWeights, ofInputs;
  for (std::size_t expert = 0; expert < m_rows.size(); ++expert) {
    if (m_rows[expert].empty()) continue;
    std::vector<float> made = weightsOf(quantized, expert, Columns::OfTheWeight), difference = made;
    const std::vector<float> exact = weightsOf(m_original, expert, Columns::OfTheWeight);
    for (std::size_t i = 0; i < exact.size(); ++i) difference[i] -= exact[i];
    if (columns != Columns::OfTheWeight) made = weightsOf(quantized, expert, columns);
    forEachBatch(expert, job, [&](Rows which) {
      multiply(difference, m_inputs.rows.data(), m_inputs.inWidth / m_slots, which, ofWeights);
      addSquares(ofWeights, which, weights);
      if (changes.empty()) return;
      multiply(made, changes.data(), m_width, which, ofInputs);
      addSquares(ofInputs, which, activations);
      for (std::size_t i = 0; i < ofInputs.size(); ++i) ofInputs[i] += ofWeights[i];
      addSquares(ofInputs, which, total);
    });
  }
  OutputError error;
  error.tokens = tokens();
  error.weights = relativeNorm(weights, m_power);
  error.activations = relativeNorm(activations, m_power);
  error.total = quantized.input ? relativeNorm(total, m_power) : error.weights;
  return error;
}

/// X̂ − X of all rows [tokens · slots, width], those of a batch together.
std::vector<float> ExpertOutputMeter::inputChanges(const QuantizedTensor& quantized, Columns& columns) const {
  std::vector<float> changes;
  changes.reserve(tokens() * m_slots * m_width);
  const std::size_t stride = m_inputs.inWidth / m_slots;
  for (std::size_t window = 0; window < tokens(); window += m_inputs.context) {
    const std::size_t end = std::min(window + m_inputs.context, tokens());
    for (std::size_t first = window; first < end; first += kBatchTokens) {
      const std::size_t rows = std::min(kBatchTokens, end - first) * m_slots;
      std::vector<float> batch(rows * m_width);
      for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(m_inputs.rows.data() + (first * m_slots + row) * stride, m_width, batch.data() + row * m_width);
      const ChangedInputs changed = inputChangeOf(quantized, batch, rows);
      changes.insert(changes.end(), changed.difference.begin(), changed.difference.end());
      columns = changed.columns;
    }
  }
  return changes;
}

std::vector<float> ExpertOutputMeter::weightsOf(const QuantizedTensor& stack, std::size_t expert,
                                                Columns columns) const {
  std::vector<float> weights(m_out * m_width);
  quant::dequantizeRows(stack, expert * m_out, m_out, weights.data(), columns);
  return weights;
}

void ExpertOutputMeter::forEachBatch(std::size_t expert, const JobContext& job,
                                     const std::function<void(Rows)>& body) const {
  const Rows all = m_rows[expert];
  for (std::size_t first = 0; first < all.size(); first += kBatchTokens) {
    job.throwIfCancelled();
    body(all.subspan(first, std::min(kBatchTokens, all.size() - first)));
  }
}

void ExpertOutputMeter::multiply(std::span<const float> weights, const float* rows, std::size_t stride, Rows which,
                                 std::vector<float>& products) const {
  std::vector<float> gathered(which.size() * m_width);
  for (std::size_t i = 0; i < which.size(); ++i)
    std::copy_n(rows + which[i] * stride, m_width, gathered.data() + i * m_width);
  products.resize(which.size() * m_out);
  model::ops::matMul(asMatrix(weights, {m_out, m_width}), {}, gathered.data(), which.size(), products.data());
}

void ExpertOutputMeter::addSquares(std::span<const float> products, Rows which, std::vector<double>& windows) const {
  for (std::size_t i = 0; i < which.size(); ++i)
    windows[which[i] / m_slots / m_inputs.context] += squares(products.subspan(i * m_out, m_out));
}

double outputErrorBySecondMoments(const QuantizedTensor& original, const QuantizedTensor& quantized,
                                  const std::function<quant::TensorCalibrationPtr(std::uint64_t)>& momentsOf,
                                  const JobContext& job) {
  const std::size_t rows = original.shape[1];
  const tensor::Shape shape{rows, original.rowValues()};
  std::vector<float> weights(shape.count()), errors(shape.count());
  double error = 0.0, power = 0.0;
  for (std::uint64_t expert = 0; expert < original.shape[0]; ++expert) {
    const quant::TensorCalibrationPtr moments = momentsOf(expert);
    if (moments == nullptr) continue;
    quant::dequantizeRows(original, expert * rows, rows, weights.data());
    quant::dequantizeRows(quantized, expert * rows, rows, errors.data());
    std::ranges::transform(errors, weights, errors.begin(), std::minus<>());
    const auto times = static_cast<double>(moments->samples);
    error += times * quant::outputError(errors, shape, moments->hessian, job);
    power += times * quant::outputError(weights, shape, moments->hessian, job);
  }
  return error == 0.0 ? 0.0 : std::sqrt(error / power);
}

}  // namespace core::evaluate
