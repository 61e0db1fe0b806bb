#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/cpu_kv_cache.h"
#include "core/model/value_slots.h"
#include "core/trace/differing_tensors.h"
#include "core/trace/element_changes.h"

namespace core::trace {

/// What of one model is the other's in a run. Tensors by their index in Replay::tensors().
struct Restored {
  std::set<std::size_t> tensors;                               ///< whole
  std::map<std::size_t, std::vector<std::uint64_t>> elements;  ///< flat indices of single weights, each once

  std::uint64_t elementCount() const;
  bool operator==(const Restored&) const = default;
};

/// Reads the same tokens over and over with one model, a few of whose weights are another's, for the logits behind the
/// last token. On the CPU with the functions of the CPU executor. A run goes on from the last residual stream before
/// the first thing that it has otherwise than a run before it; behind the last attention only the last token is
/// computed. One at a time: runs share their memory.
class Replay {
 public:
  /// A run, with what others can go on from.
  struct Run {
    Restored restored;
    std::vector<float> logits;  ///< [vocabulary()]; not all numbers where the exchange makes it overflow
    /// After each resumable operation, [tokens, width]; shared with the run that this one went on from.
    std::vector<std::shared_ptr<const std::vector<float>>> residuals;
  };

  /// @param mine runs  @param other whose weights take the place of its own  @param tokens at least one
  /// @param knownTokens ids from here on have no text, and no logits in a run; 0: all have
  /// @throws Error (Unsupported) when they do not compute the same operations
  Replay(const model::Graph& mine, const model::Graph& other, std::span<const model::TokenId> tokens, model::KvType kv,
         std::size_t knownTokens = 0);

  std::span<const DifferingTensor> tensors() const { return m_tensors; }
  std::size_t vocabulary() const { return m_known; }
  std::size_t tokens() const { return m_tokens.size(); }
  /// What a weight has in the other model, less what it has in this one. @pre element < values()
  float difference(std::size_t tensor, std::uint64_t element);

  /// Everything from the first token on. @throws Cancelled
  Run run(const Restored& restored, const JobContext& job = JobContext());
  /// The same, going on from a run of this object.
  Run run(const Restored& restored, const Run& from, const JobContext& job = JobContext());
  /// Forward passes so far, partial ones included.
  std::uint64_t passes() const { return m_passes; }

 private:
  /// What an operation computes with in a run.
  struct Setup {
    std::vector<bool> isOther;                      ///< [ops] whose weight is the other's
    std::map<std::size_t, ElementChanges> changes;  ///< by operation
    /// Norms and other vectors with changed elements, by operation and whether they are beside its own weight.
    std::map<std::pair<std::size_t, bool>, std::vector<float>> vectors;
  };

  std::size_t firstDifference(const Restored& a, const Restored& b) const;
  Setup setUp(const Restored& restored);
  void change(const TensorUse& use, std::size_t tensor, std::span<const std::uint64_t> elements, Setup& setup);
  void runOp(std::size_t index, const Setup& setup, std::span<float> logits);
  void multiply(std::size_t index, const Setup& setup, std::span<float> out);
  void embed(std::size_t index, const Setup& setup, std::span<float> out);
  void embedPositions(std::size_t index, const Setup& setup, std::size_t first, std::span<float> out);
  void multiplyExperts(std::size_t index, const Setup& setup, const float* in, const float* routes,
                       std::span<float> out);
  std::vector<float> vectorOf(std::size_t index, bool isBias, const Setup& setup) const;
  void findRowsNeeded();
  void decodeProducts();
  std::size_t rowsOf(model::ValueId value) const { return m_tokens.size() - m_firstRow[value]; }
  /// Of its rows from the first that `reader` needs on.
  float* data(model::ValueId value, std::size_t firstRow);

  BareGraph m_mine, m_other;
  std::vector<model::TokenId> m_tokens;
  std::vector<DifferingTensor> m_tensors;
  std::vector<std::size_t> m_resumableOps;
  std::vector<std::size_t> m_firstRow;  ///< [values] that anything behind it needs
  std::size_t m_rowsTogether;           ///< 0: results do not depend on which rows are together
  std::size_t m_known;                  ///< tokens that have logits
  model::ValueSlots m_slots;
  std::vector<std::vector<float>> m_scratch;  ///< [slots][tokens · slotWidth]
  std::vector<std::vector<float>> m_rotations;
  model::CpuKvCache m_cache;
  std::vector<std::unordered_map<std::uint64_t, float>> m_differences;  ///< [tensors] that were asked for
  std::uint64_t m_passes = 0;
};

}  // namespace core::trace
