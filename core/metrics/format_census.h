#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/numeric/codec.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// What becomes of a value in a format; every value is one of these.
enum class Fate : std::uint8_t {
  Exact,       ///< kept, as a normal number
  Rounded,     ///< changed, to a normal number
  Subnormal,   ///< became a subnormal number, changed or not
  BecameZero,  ///< was not zero
  Zero,        ///< was zero already and is
  Clipped,     ///< beyond the last value, which it became (E8M0: also below the first)
  Overflowed,  ///< became Inf or NaN (E8M0: also zero and negative numbers, which it does not have)
  NonFinite    ///< was Inf or NaN
};
constexpr std::size_t kFates = 8;
const char* toString(Fate fate);  ///< JSON: "exact", "rounded", "subnormal", "became_zero", "zero", …

/// A tensor's values in one format under one scale, rounded to nearest.
struct FormatCensus {
  struct Group {
    std::uint64_t count = 0;
    double squaredError = 0;  ///< Σ(x − y)²; Overflowed and NonFinite: 0
  };
  std::array<Group, kFates> groups;
  double squares = 0;  ///< Σx² of the values that stay finite

  const Group& operator[](Fate fate) const { return groups[static_cast<std::size_t>(fate)]; }
  std::uint64_t count() const;
  double squaredError() const;
  /// Σ(x − y)² / Σx² of the values that stay finite; 0 where no value changes, NaN without any.
  double relativeSquaredError() const;
  /// Part of the squared error that a fate has to answer for; 0 where there is none.
  double errorShare(Fate fate) const;
};

struct CensusFormat {
  numeric::NumberFormat format;
  numeric::CodeScale scale = {};
  numeric::Overflow overflow = numeric::Overflow::AsFormat;
};

/// The fate of every value of a tensor in each of many formats: one parallel pass over the tensor; types of 8 and 16
/// bits are counted first and rounded code by code. Sums do not depend on threads.
/// @throws Error (InvalidArgument) for a scale that requireUsable refuses; Error (Unsupported) for tensors that cannot
///         be decoded; Cancelled
std::vector<FormatCensus> formatCensus(const quant::QuantizedTensor& tensor, std::span<const CensusFormat> formats,
                                       const JobContext& job = JobContext());

/// The same of values in memory.
std::vector<FormatCensus> formatCensus(std::span<const double> values, std::span<const CensusFormat> formats);

}  // namespace core::metrics
