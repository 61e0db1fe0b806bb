#include "core/train/qat/learned_uniform.h"

#include "core/base/parallel_chunks.h"
#include "core/quant/bit_stream.h"
#include "core/quant/stored_size.h"

namespace core::train {

namespace {

/// Codes of all rows, packed.
void encodeRows(const quant::Uniform& codes, const quant::UniformLevels& level, const tensor::Shape& shape,
                const std::vector<float>& latent, const JobContext& job, std::uint8_t* payload) {
  const std::uint64_t width = shape.rowValues(), rowBytes = quant::codeRowBytes(codes.bits, width);
  forEachChunk(shape.rows(), itemsPerChunk(width), job, "Quantizing", [&](std::uint64_t first, std::uint64_t rows) {
    std::vector<std::uint8_t> row(width);
    for (std::uint64_t r = first; r < first + rows; ++r) {
      quant::forEachRun(codes.grouping, width, r, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
        const float zero = codes.zeroPoints.empty() ? 0.0F : codes.zeroPoints[g];
        quant::encodeUniform(level, codes.scales[g], zero, {latent.data() + r * width + at, n}, row.data() + at);
      });
      quant::packBits(row.data(), width, codes.bits, payload + r * rowBytes);
    }
  });
}

}  // namespace

std::vector<std::uint64_t> groupSizes(const quant::Grouping& grouping, const tensor::Shape& shape) {
  std::vector<std::uint64_t> sizes(quant::groupCount(grouping, shape), 0);
  for (std::uint64_t row = 0; row < shape.rows(); ++row)
    quant::forEachRun(grouping, shape.rowValues(), row,
                      [&](std::uint64_t, std::uint64_t count, std::uint64_t g) { sizes[g] += count; });
  return sizes;
}

quant::QuantizedTensorPtr LearnedUniform::quantized(std::span<const Parameter> parameters, const JobContext& job) {
  const std::vector<float>& latent = parameters.front().values;
  quant::Uniform codes = quant::emptyUniform(m_scheme, shape());
  m_ranges->make(parameters.subspan(1), latent, codes, job);
  const std::uint64_t bytes = quant::storedSize(m_scheme.format, shape()).payloadBytes;
  auto payload = std::make_shared<std::vector<std::uint8_t>>(bytes);
  encodeRows(codes, quant::uniformLevels(m_scheme.format), shape(), latent, job, payload->data());

  auto made = std::make_shared<quant::QuantizedTensor>();
  made->name = name();
  made->scheme = m_scheme;
  made->shape = shape();
  made->layout = std::move(codes);
  made->payload = std::as_bytes(std::span(*payload));
  made->owner = std::move(payload);
  made->input = quant::inputQuantizer(m_scheme.activations, nullptr, nullptr, name());
  return made;
}

void LearnedUniform::add(std::uint64_t firstRow, std::span<const float> gradient,
                         std::span<Parameter> parameters) const {
  const auto& codes = *tensor()->as<quant::Uniform>();
  const quant::UniformLevels level = quant::uniformLevels(m_scheme.format);
  const std::uint64_t width = shape().rowValues();
  Parameter& latent = parameters.front();
  for (std::uint64_t first = 0; first < gradient.size(); first += width) {
    const std::uint64_t row = firstRow + first / width;
    quant::forEachRun(codes.grouping, width, row, [&](std::uint64_t column, std::uint64_t n, std::uint64_t g) {
      const float zero = codes.zeroPoints.empty() ? 0.0F : codes.zeroPoints[g];
      const LevelRange levels{static_cast<float>(level.min) - zero, static_cast<float>(level.max) - zero};
      const std::uint64_t at = row * width + column;
      const GridGradient found =
          reverseGrid(codes.scales[g], levels, m_ranges->clipping(), {latent.values.data() + at, n},
                      gradient.subspan(first + column, n), latent.gradient.data() + at);
      m_ranges->add(codes, g, found, parameters.subspan(1));
    });
  }
}

}  // namespace core::train
