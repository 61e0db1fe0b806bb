#include "core/metrics/value_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

template <typename T>
QS_FORCE_INLINE void widen(const std::byte* bytes, std::size_t count, double* out) {
  for (std::size_t i = 0; i < count; ++i) {
    T value{};
    std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
    out[i] = static_cast<double>(value);
  }
}

QS_MULTIVERSION void widenFloats(const std::byte* bytes, std::size_t count, double* out) {
  widen<float>(bytes, count, out);
}

}  // namespace

bool isWide(const quant::QuantizedTensor& tensor) {
  using tensor::DType;
  const auto dtype = tensor.dtype();
  return dtype == DType::F64 || dtype == DType::I64 || dtype == DType::U64 || dtype == DType::I32 ||
         dtype == DType::U32;
}

void readValues(const quant::QuantizedTensor& tensor, std::uint64_t first, std::size_t count, double* out) {
  using tensor::DType;
  const std::byte* bytes = tensor.payload.data();
  const bool isStored = tensor.changes == nullptr && tensor.factor == 1.0F;
  switch (isStored ? tensor.dtype().value_or(DType::Unknown) : DType::Unknown) {
    case DType::F64:
      return widen<double>(bytes + 8 * first, count, out);
    case DType::I64:
      return widen<std::int64_t>(bytes + 8 * first, count, out);
    case DType::U64:
      return widen<std::uint64_t>(bytes + 8 * first, count, out);
    case DType::I32:
      return widen<std::int32_t>(bytes + 4 * first, count, out);
    case DType::U32:
      return widen<std::uint32_t>(bytes + 4 * first, count, out);
    case DType::F32:
      return widenFloats(bytes + 4 * first, count, out);
    default:
      break;
  }
  std::array<float, kReadValues> values;
  quant::decode(tensor, first, count, values.data());
  widenFloats(reinterpret_cast<const std::byte*>(values.data()), count, out);
}

int exponentOf(const quant::QuantizedTensor& tensor, const JobContext& job) {
  if (tensor.dtype() != tensor::DType::F64) return 0;
  constexpr std::uint64_t kPerTask = 64 * kReadValues;
  const std::uint64_t total = tensor.shape.count();
  std::vector<double> largest(total / kPerTask + 1);
  forEachChunk(total, kPerTask, job, "Measuring the range", [&](std::uint64_t first, std::uint64_t count) {
    std::array<double, kReadValues> values;
    double& part = largest[first / kPerTask];
    for (std::uint64_t done = 0; done < count; done += kReadValues) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, count - done));
      readValues(tensor, first + done, n, values.data());
      for (std::size_t i = 0; i < n; ++i)
        if (std::isfinite(values[i])) part = std::max(part, std::abs(values[i]));
    }
  });
  const double absMax = *std::max_element(largest.begin(), largest.end());
  return absMax == 0 ? 0 : std::clamp(std::ilogb(absMax), -1000, 1000);
}

}  // namespace core::metrics
