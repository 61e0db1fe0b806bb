#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "app/session/scheme_error.h"

namespace app {

/// What a scheme or a recipe does to the matrices that were measured: their sizes added up, the mean and the worst of
/// their errors.
class SchemeTotals {
 public:
  /// @param name of the scheme or the recipe
  SchemeTotals(std::string name, core::metrics::Metric metric) : m_name(std::move(name)), m_metric(metric) {}
  /// @param weights of the tensor
  void add(const SchemeError& error, const std::string& tensor, std::uint64_t weights);

  const std::string& name() const { return m_name; }
  std::size_t measured() const { return m_measured; }
  std::size_t refused() const { return m_refused; }  ///< matrices whose shape the scheme cannot hold
  /// Matrices that have no such figure: none of their inputs are known.
  std::size_t unmeasured() const { return m_unmeasured; }
  std::uint64_t bytes() const { return m_bytes; }  ///< of the measured ones
  double bitsPerWeight() const;                    ///< of the measured ones; NaN when there is none
  /// Mean of the matrices' figures. Infinite or NaN when one of them is; NaN when there is none.
  double mean() const;
  double worst() const;  ///< the figure of worstTensor(); NaN when there is none
  const std::string& worstTensor() const { return m_worstTensor; }

 private:
  std::string m_name;
  core::metrics::Metric m_metric;
  std::size_t m_measured = 0, m_refused = 0, m_unmeasured = 0;
  std::uint64_t m_bytes = 0, m_weights = 0;
  double m_sum = 0;
  SchemeError m_worst;
  std::string m_worstTensor;
};

}  // namespace app
