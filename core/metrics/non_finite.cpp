#include "core/metrics/non_finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/metrics/value_reader.h"
#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

/// Whether a NaN or Inf is among the values: nearly always not, so this is all that is done to most of them.
QS_MULTIVERSION bool anyNonFinite(const float* values, std::size_t count) {
  constexpr std::uint32_t kMagnitude = 0x7fffffffU;
  constexpr std::uint32_t kInfinity = 0x7f800000U;
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i)
    largest = std::max(largest, std::bit_cast<std::uint32_t>(values[i]) & kMagnitude);
  return largest >= kInfinity;
}

void addFloats(const float* values, std::size_t count, std::uint64_t firstIndex, NonFiniteTally& tally) {
  if (!anyNonFinite(values, count)) return;
  for (std::size_t i = 0; i < count; ++i) tally.add(static_cast<double>(values[i]), firstIndex + i);
}

/// Calls read(first, count, buffer, tally) for buffers that stay in the cache, in parallel.
template <typename Number, typename Read>
NonFinite tallyOf(const tensor::Shape& shape, const JobContext& job, const Read& read) {
  constexpr std::uint64_t kPerTask = 64 * kReadValues;
  const std::uint64_t total = shape.count();
  std::vector<NonFiniteTally> parts(total / kPerTask + 1);
  forEachChunk(total, kPerTask, job, "Looking for values that are not finite",
               [&](std::uint64_t first, std::uint64_t count) {
                 std::array<Number, kReadValues> buffer;
                 for (std::uint64_t done = 0; done < count; done += kReadValues) {
                   const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, count - done));
                   read(first + done, n, buffer.data(), parts[first / kPerTask]);
                 }
               });
  NonFiniteTally sum;
  for (const NonFiniteTally& part : parts) sum.merge(part);
  return sum.located(shape.rowValues());
}

}  // namespace

std::string describe(const NonFinite& nonFinite) {
  if (!nonFinite.first) return "none";
  std::string what;
  if (nonFinite.nan != 0) what = fmt::format("{} NaN", nonFinite.nan);
  if (nonFinite.inf != 0) what += fmt::format("{}{} Inf", what.empty() ? "" : " and ", nonFinite.inf);
  const char* place = nonFinite.count() == 1 ? " at" : ", the first at";
  return fmt::format("{}{} [{}, {}]", what, place, nonFinite.first->row, nonFinite.first->column);
}

NonFinite nonFiniteValues(const quant::QuantizedTensor& tensor, const JobContext& job) {
  if (tensor.dtype() == tensor::DType::F64)  // as float32 large ones would be infinite
    return tallyOf<double>(tensor.shape, job,
                           [&](std::uint64_t first, std::size_t count, double* buffer, NonFiniteTally& tally) {
                             readValues(tensor, first, count, buffer);
                             for (std::size_t i = 0; i < count; ++i) tally.add(buffer[i], first + i);
                           });
  return tallyOf<float>(tensor.shape, job,
                        [&](std::uint64_t first, std::size_t count, float* buffer, NonFiniteTally& tally) {
                          quant::decode(tensor, first, count, buffer);
                          addFloats(buffer, count, first, tally);
                        });
}

}  // namespace core::metrics
