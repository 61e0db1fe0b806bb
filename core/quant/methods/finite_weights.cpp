#include "core/quant/methods/finite_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/parallel_chunks.h"
#include "core/io/text_checks.h"
#include "core/quant/finite_values.h"
#include "core/quant/quantizer.h"

namespace core::quant {

void finiteWeights(const QuantizedTensor& source, std::uint64_t first, std::span<float> out) {
  decode(source, first, out.size(), out.data());
  if (maxMagnitudeBits(out.data(), out.size()) < kInfinityBits) return;
  copyFinite(out.data(), out.size(), maxFiniteMagnitude(out.data(), out.size()), out.data());
}

std::vector<float> finiteWeights(const QuantizedTensor& source, const JobContext& job) {
  const std::uint64_t rowValues = source.rowValues();
  std::vector<float> weights(source.shape.count());
  forEachChunk(source.rows(), itemsPerChunk(rowValues), job, "Reading", [&](std::uint64_t first, std::uint64_t rows) {
    for (std::uint64_t row = first; row < first + rows; ++row)
      finiteWeights(source, row * rowValues, std::span(weights).subspan(row * rowValues, rowValues));
  });
  return weights;
}

QuantizedTensor tensorOf(const std::vector<float>& values, const tensor::Shape& shape) {
  return tensor::TensorView{"weights", tensor::DType::F32, shape, std::as_bytes(std::span(values)), nullptr};
}

void checkColumns(std::span<const float> values, std::uint64_t columns, std::string_view what,
                  const std::string& name) {
  if (values.size() != columns)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The calibration has {} of {} inputs for the {} columns of the tensor {}.", what,
                            values.size(), columns, io::inQuotes(name)),
                name);
  if (std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x) && x >= 0.0F; })) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("In the calibration, {} of an input of the tensor {} is negative or not finite.", what,
                          io::inQuotes(name)),
              name);
}

void checkHessian(std::span<const float> hessian, std::uint64_t columns, const std::string& name) {
  if (hessian.size() / columns != columns || hessian.size() % columns != 0)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The Hessian of {} values does not belong to the {} columns of the tensor {}.",
                            hessian.size(), columns, io::inQuotes(name)),
                name);
  if (maxMagnitudeBits(hessian.data(), hessian.size()) < kInfinityBits) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The Hessian of the tensor {} has values that are not finite: the model computed some on the "
                          "calibration text.",
                          io::inQuotes(name)),
              name);
}

}  // namespace core::quant
