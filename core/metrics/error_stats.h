#pragma once
#include <cstdint>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// Accumulated difference between original values x and approximated values y. Mergeable: parallel parts add up.
/// Sums are in double. NaN or Inf pairs are counted and left out of the sums.
class ErrorStats {
 public:
  void add(const float* original, const float* approximated, std::size_t count);
  void merge(const ErrorStats& other);

  std::uint64_t count() const { return m_count; }
  std::uint64_t nonFinite() const { return m_nonFinite; }
  double mse() const;  ///< mean (x − y)²
  double rmse() const;
  double sqnrDb() const;         ///< 10 log10(Σx² / Σ(x−y)²); +∞ when there is no error
  double relativeError() const;  ///< ‖x − y‖_F / ‖x‖_F; 0 for no error
  double cosine() const;         ///< x·y / (‖x‖‖y‖); 1 when both are zero
  double maxAbsError() const { return m_maxAbsError; }

 private:
  std::uint64_t m_count = 0, m_nonFinite = 0;
  double m_sumXX = 0, m_sumYY = 0, m_sumXY = 0, m_sumEE = 0, m_maxAbsError = 0;
};

/// Error of a quantized tensor against the tensor it was made from; parallel, in blocks, nothing kept.
ErrorStats compare(const tensor::TensorView& original, const quant::QuantizedTensor& quantized,
                   const JobContext& job = JobContext());

enum class Metric : std::uint8_t { SqnrDb, RelativeError, Mse, Cosine, MaxAbsError };
double value(const ErrorStats& stats, Metric metric);
const char* toString(Metric metric);  ///< JSON key: "sqnr_db", "relative_error", "mse", "cosine", "max_abs_error"

}  // namespace core::metrics
