#pragma once
#include <memory>
#include <span>
#include <vector>

#include "core/evaluate/estimate.h"
#include "core/evaluate/kept_forward.h"
#include "core/evaluate/row_comparison.h"

namespace core::evaluate {

/// Most that is kept between measurements.
struct KeptBytes {
  std::uint64_t logits = std::uint64_t{512} << 20;  ///< of the reference; more are computed again from its last layer
  std::uint64_t residuals = std::uint64_t{512} << 20;  ///< between layers, of the reference and of the base each
};

/// Measures KL(reference ‖ model) on passages for many models that differ from the reference, or from one another, in
/// few tensors. The reference's logits are kept where they fit; where they do not, what enters its head is, and the
/// head is computed again beside each model: exact either way. Models are computed from the first layer on that the
/// reference, or the base, does not have.
class DivergenceMeter {
 public:
  /// Runs the reference. @throws Error as Executor::forward, (InvalidArgument) for a text without scored positions;
  /// Cancelled
  DivergenceMeter(model::Graph reference, std::vector<Passage> passages, ReadingOptions options, const KeptBytes& most,
                  const JobContext& job);

  DivergenceMeter(const DivergenceMeter&) = delete;
  DivergenceMeter& operator=(const DivergenceMeter&) = delete;

  const model::Graph& reference() const { return m_reference->graph(); }
  std::span<const Passage> passages() const { return m_passages; }
  std::size_t scored() const { return m_summaries.size(); }

  /// From now on models are quick that begin as this one, as are those that begin as the reference. It is measured.
  BlockRatio setBase(model::Graph base, const JobContext& job);
  /// Σ KL over Σ tokens by block, in nats per token. @throws Error as Executor::forward, Cancelled
  BlockRatio measure(const model::Graph& model, const JobContext& job) const;

 private:
  class Comparison;

  std::span<const float> keptRow(std::size_t scored) const;

  std::vector<Passage> m_passages;
  ReadingOptions m_options;
  KeptBytes m_most;
  std::vector<std::size_t> m_firstScored;  ///< of each passage, in m_summaries
  std::vector<RowSummary> m_summaries;     ///< of the reference's scored rows
  std::vector<float> m_logits;             ///< [scored, vocabulary], or empty: computed again
  std::size_t m_vocabulary = 0;
  std::unique_ptr<KeptForward> m_reference, m_base;  ///< the latter may be null
};

}  // namespace core::evaluate
