#pragma once
#include <cstdint>
#include <optional>

#include "core/base/job_context.h"
#include "core/metrics/non_finite.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// What a comparison of original and approximated values came to.
enum class Outcome : std::uint8_t {
  Nothing,  ///< no original value is finite, or there is none: every metric is NaN
  Exact,    ///< no value differs
  Finite,   ///< the usual case
  Infinite  ///< a finite value became Inf or NaN: error ∞, SQNR −∞, cosine NaN
};
const char* toString(Outcome outcome);  ///< JSON: "nothing", "exact", "finite", "infinite"

/// Accumulated difference between original values x and approximated values y. Mergeable: parallel parts add up.
/// Sums are in double, over the pairs whose original is finite; the other originals are counted and located apart.
class ErrorStats {
 public:
  /// @param rowValues of the tensor, for positions; 0: everything is one row
  /// @param exponent sums are taken of x · 2^−exponent, so that squares of huge or tiny doubles stay in range
  explicit ErrorStats(std::uint64_t rowValues = 0, int exponent = 0) : m_rowValues(rowValues), m_exponent(exponent) {}

  /// @param firstIndex flat index of the first pair in the tensor
  void add(const float* original, const float* approximated, std::size_t count, std::uint64_t firstIndex = 0);
  void add(const double* original, const float* approximated, std::size_t count, std::uint64_t firstIndex = 0);
  void merge(const ErrorStats& other);  ///< @pre same rowValues and exponent

  std::uint64_t count() const { return m_count; }  ///< pairs of finite values
  /// Originals that are not finite: left out of every metric.
  NonFinite nonFinite() const { return m_nonFinite.located(m_rowValues); }
  /// How many of those the approximation stores as something else (an encoder without NaN makes it 0).
  std::uint64_t replaced() const { return m_replaced; }
  /// Finite originals that became Inf or NaN.
  NonFinite overflowed() const { return m_overflowed.located(m_rowValues); }
  Outcome outcome() const;

  double mse() const;  ///< mean (x − y)²
  double rmse() const;
  double sqnrDb() const;         ///< 10 log10(Σx² / Σ(x−y)²); +∞ when there is no error
  double relativeError() const;  ///< ‖x − y‖_F / ‖x‖_F; 0 for no error
  double cosine() const;         ///< x·y / (‖x‖‖y‖); 1 when both are zero
  double maxAbsError() const;

  /// All that the metrics follow from where every value is finite: to keep a comparison and take it up again.
  struct Sums {
    std::uint64_t count = 0;
    int exponent = 0;
    double xx = 0, yy = 0, xy = 0, ee = 0, maxAbsError = 0;
  };
  /// Nothing when values were left out or overflowed.
  std::optional<Sums> sums() const;
  static ErrorStats fromSums(const Sums& sums);

 private:
  template <typename Original>
  void addIrregular(const Original* original, const float* approximated, std::size_t count, std::uint64_t firstIndex);

  std::uint64_t m_rowValues;
  int m_exponent;
  std::uint64_t m_count = 0, m_replaced = 0;
  NonFiniteTally m_nonFinite, m_overflowed;
  double m_sumXX = 0, m_sumYY = 0, m_sumXY = 0, m_sumEE = 0, m_maxAbsError = 0;
};

/// Error of a quantized tensor against the tensor it was made from; parallel, in blocks, nothing kept. Originals of 32
/// and 64 bits are compared as they are stored, not as float32.
ErrorStats compare(const quant::QuantizedTensor& original, const quant::QuantizedTensor& quantized,
                   const JobContext& job = JobContext());

enum class Metric : std::uint8_t {
  SqnrDb,
  RelativeError,
  Mse,
  Cosine,
  MaxAbsError,
  OutputError,  ///< ‖ΔW x‖ / ‖W x‖ over a layer's inputs x, as RelativeError is of weights
  MeasuredKl    ///< nats per token: what the tensor alone adds to the model's KL on a text; may be negative
};
/// NaN for OutputError and MeasuredKl: a comparison of weights knows neither inputs nor answers.
double value(const ErrorStats& stats, Metric metric);
/// JSON key: "sqnr_db", "relative_error", "mse", "cosine", "max_abs_error", "output_error", "measured_kl"
const char* toString(Metric metric);

/// Strict weak order for "worst first": what could not be compared at all, then what is damaged (non-finite originals
/// or overflow), then the larger error.
bool isWorse(const ErrorStats& a, const ErrorStats& b, Metric metric);

}  // namespace core::metrics
