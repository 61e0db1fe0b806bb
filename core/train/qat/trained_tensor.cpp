#include "core/train/qat/trained_tensor.h"

#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/quant/quantizer.h"

namespace core::train {

namespace {

QS_MULTIVERSION void addValues(const float* __restrict__ gradient, std::size_t count, float* __restrict__ sum) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += gradient[i];
}

}  // namespace

void addTo(Parameter& parameter, std::uint64_t first, std::span<const float> gradient) {
  addValues(gradient.data(), gradient.size(), parameter.gradient.data() + first);
}

std::vector<Parameter> TrainedTensor::parameters(std::vector<float> latent) const {
  std::vector<Parameter> all;
  all.push_back({m_name, std::move(latent), {}});
  all.front().decays = m_shape.rank() > 1;
  for (Parameter& range : ranges()) all.push_back(std::move(range));
  for (Parameter& parameter : all) parameter.gradient.assign(parameter.values.size(), 0.0F);
  return all;
}

void TrainedTensor::prepare(std::span<const Parameter> parameters, const JobContext& job) {
  const quant::QuantizedTensorPtr made = quantized(parameters, job);
  m_values.resize(m_shape.count());
  const std::uint64_t width = m_shape.rowValues();
  forEachChunk(m_shape.rows(), itemsPerChunk(width), job, "Quantizing", [&](std::uint64_t first, std::uint64_t rows) {
    quant::dequantizeRows(*made, first, rows, m_values.data() + first * width);
  });
  m_tensor = made;
}

void TrainedTensor::add(std::uint64_t firstRow, std::span<const float> gradient,
                        std::span<Parameter> parameters) const {
  addTo(parameters.front(), firstRow * m_shape.rowValues(), gradient);
}

}  // namespace core::train
