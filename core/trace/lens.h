#pragma once
#include <functional>
#include <memory>
#include <span>

#include "core/base/job_context.h"
#include "core/model/executor.h"
#include "core/model/graph.h"

namespace core::trace {

/// The logit lens (nostalgebraist 2020): what a model would say if a residual stream in its middle were its last one,
/// by its own final norm and output matrix.
class Lens {
 public:
  explicit Lens(const model::Graph& graph);

  std::size_t width() const { return m_width; }  ///< of a residual
  std::size_t vocabulary() const { return m_tail.vocabulary(); }
  /// Shows the logits of every row, in order; never more than a few rows of them are in memory.
  /// @param residuals [rows, width()] @throws Error (NotFinite, OutOfMemory), Cancelled
  void read(std::span<const float> residuals, const std::function<void(std::size_t row, std::span<const float>)>& show,
            const JobContext& job = JobContext()) const;

 private:
  model::Graph m_tail;  ///< Embed of a table of residuals, then what stands behind TakeRows
  std::size_t m_width;
};

}  // namespace core::trace
