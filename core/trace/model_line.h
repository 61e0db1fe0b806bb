#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/trace/attribution.h"
#include "core/train/plain_graph.h"
#include "core/train/reverse_pass.h"

namespace core::trace {

/// The line from a compared model to a reference on given tokens (attribution.h), and the objective along it.
class ModelLine {
 public:
  using Pass = train::ReversePass<float>;

  /// Measures the roundings of both. @param tokens, objective have to outlive it  @throws Error, Cancelled as
  /// attribute()
  ModelLine(const model::Graph& reference, const model::Graph& compared, std::span<const model::TokenId> tokens,
            const Objective& objective, const AttributionSettings& settings, const JobContext& job);

  /// Of the plain graph of the compared model: its weights have targets where the two differ.
  const Pass& pass() const { return m_pass; }
  /// What a weight lies in in the compared model.
  const quant::QuantizedTensor& comparedTensor(train::WeightId weight) const;
  /// Of the reference's tensor.
  const std::string& nameOf(train::WeightId weight) const;
  const std::vector<train::Offset<float>>& offsets() const { return m_offsets; }

  /// d at both ends: compared, reference.
  std::pair<double, double> ends(const JobContext& job);
  /// What sums in float32 leave open of the difference of both ends. @pre ends() was called
  double resolution() const { return m_resolution; }
  /// Gradients of d integrated along the line by Gauss–Legendre's rule, as they are wanted.
  void integrate(std::size_t points, const train::Wanted<float>& wanted, const JobContext& job);

 private:
  void checkObjective() const;
  std::span<const float> forward(const std::vector<double>& along, const JobContext& job);

  std::span<const model::TokenId> m_tokens;
  const Objective& m_objective;
  train::PlainGraph m_compared, m_reference;
  Pass m_pass;
  std::vector<train::Offset<float>> m_offsets;
  double m_resolution = 0.0;
};

}  // namespace core::trace
