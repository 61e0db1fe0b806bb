#include "app/selection/weight_reader.h"

#include <algorithm>
#include <cmath>

#include "app/selection/tensor_text.h"
#include "core/quant/calibrated_quantizer.h"
#include "core/quant/element_format.h"
#include "core/quant/quantizer.h"

namespace app {
namespace {
constexpr std::uint64_t kBlock = 64;
constexpr std::uint64_t kChunk = std::uint64_t{1} << 18;
}  // namespace

QString weightOrigin(const OpenModel& model, std::size_t tensor, std::uint64_t flatIndex) {
  const core::io::TensorInfo& info = model.checkpoint().tensors()[tensor];
  return QString::fromStdString(info.name) + u' ' + placeText(info.shape, flatIndex);
}

WeightReading readWeight(const OpenModel& model, std::size_t tensor, std::uint64_t flatIndex) {
  const core::quant::QuantizedTensorPtr weights = model.tensor(tensor);
  const core::quant::QuantizedTensor& view = *weights;
  const std::uint64_t first = flatIndex / kBlock * kBlock, count = std::min(kBlock, view.shape.count() - first);
  std::vector<float> block(count);
  core::quant::decode(view, first, count, block.data());
  WeightReading reading;
  reading.value = block[flatIndex - first];
  float absmax = 0;
  for (const float value : block)
    if (std::isfinite(value)) absmax = std::max(absmax, std::fabs(value));
  reading.blockAbsmax = absmax > 0 ? static_cast<double>(absmax) : 1.0;
  const auto format = view.dtype() ? core::quant::elementFormat(*view.dtype()) : std::nullopt;
  // The rows of integers have a scale, which stored integers have not.
  if (format && !core::numeric::numberFormat(*format).isInteger()) reading.storedAs = format;
  reading.origin = weightOrigin(model, tensor, flatIndex);
  return reading;
}

std::uint64_t largestWeight(const OpenModel& model, std::size_t tensor, const core::JobContext& job) {
  const core::quant::QuantizedTensorPtr weights = model.tensor(tensor);
  const core::quant::QuantizedTensor& view = *weights;
  const std::uint64_t total = view.shape.count();
  std::vector<float> chunk(std::min(kChunk, total));
  std::uint64_t best = 0;
  float magnitude = -1;
  for (std::uint64_t first = 0; first < total; first += kChunk) {
    job.progress(static_cast<double>(first) / static_cast<double>(total), view.name);
    const std::uint64_t count = std::min(kChunk, total - first);
    core::quant::decode(view, first, count, chunk.data());
    for (std::uint64_t i = 0; i < count; ++i)
      if (std::fabs(chunk[i]) > magnitude) magnitude = std::fabs(chunk[i]), best = first + i;
  }
  return best;
}

std::optional<std::uint64_t> firstWeightBetween(const core::quant::QuantizedTensor& tensor, double low, double high,
                                                const core::JobContext& job) {
  const std::uint64_t total = tensor.shape.count();
  std::vector<float> chunk(std::min(kChunk, total));
  for (std::uint64_t first = 0; first < total; first += kChunk) {
    job.throwIfCancelled();
    const std::uint64_t count = std::min(kChunk, total - first);
    core::quant::decode(tensor, first, count, chunk.data());
    const auto end = chunk.begin() + static_cast<std::ptrdiff_t>(count);
    const auto found = std::find_if(chunk.begin(), end, [&](float value) {
      return static_cast<double>(value) >= low && static_cast<double>(value) <= high;
    });
    if (found != end) return first + static_cast<std::uint64_t>(found - chunk.begin());
  }
  return std::nullopt;
}

float quantizedWeight(const OpenModel& model, std::size_t tensor, std::uint64_t flatIndex,
                      const core::quant::Scheme& scheme, const core::JobContext& job) {
  const core::quant::QuantizedTensorPtr weights = model.tensor(tensor);
  const core::quant::QuantizedTensor& view = *weights;
  const auto calibration = model.calibration().current();
  const auto quantized = core::quant::quantizeCalibrated(scheme, view, calibration.get(), job);
  std::vector<float> row(view.shape.rowValues());
  core::quant::dequantizeRows(*quantized, flatIndex / view.shape.rowValues(), 1, row.data());
  return row[flatIndex % view.shape.rowValues()];
}

}  // namespace app
