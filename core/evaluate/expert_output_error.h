#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/evaluate/output_error.h"

namespace core::evaluate {

/// The inputs of a stack of experts on a text.
struct ExpertInputs {
  std::span<const float> rows;    ///< [tokens, inWidth], windows one after the other
  std::span<const float> routes;  ///< [tokens, 2 · used] (model/ops/route.h)
  std::size_t inWidth = 0;        ///< all slots together, where tokens have a row for each expert
  std::size_t used = 0;
  std::size_t context = 0;  ///< tokens of a window; the last one may have fewer
};

/// Compares stacks with the one they were made from, on the same inputs: the norms of OutputError go over the outputs
/// that each token has of each of its experts, before these are mixed. Experts that no token goes through have none.
/// Memory: three decoded matrices of one expert, the products of 128 rows, and where inputs are quantized as much as
/// these.
class ExpertOutputMeter {
 public:
  /// @param original and `inputs` outlive this  @param expert whose matrix it is, where it is one and no stack
  /// @throws Cancelled
  ExpertOutputMeter(const quant::QuantizedTensor& original, const ExpertInputs& inputs, const JobContext& job,
                    std::optional<std::size_t> expert = std::nullopt);

  /// Whether a token goes through any of its experts.
  bool isRead() const;

  /// @pre of the same shape. @throws Cancelled
  OutputError errorOf(const quant::QuantizedTensor& quantized, const JobContext& job) const;

 private:
  using Rows = std::span<const std::uint32_t>;

  std::size_t tokens() const { return m_inputs.rows.size() / m_inputs.inWidth; }
  std::vector<float> inputChanges(const quant::QuantizedTensor& quantized, quant::Columns& columns) const;
  std::vector<float> weightsOf(const quant::QuantizedTensor& stack, std::size_t expert, quant::Columns columns) const;
  void forEachBatch(std::size_t expert, const JobContext& job, const std::function<void(Rows)>& body) const;
  /// Rows of inputs times a matrix. @param stride between rows
  void multiply(std::span<const float> weights, const float* rows, std::size_t stride, Rows which,
                std::vector<float>& products) const;
  void addSquares(std::span<const float> products, Rows which, std::vector<double>& windows) const;

  const quant::QuantizedTensor& m_original;
  ExpertInputs m_inputs;
  std::size_t m_slots, m_out, m_width;             ///< rows of a token; rows and columns of a matrix
  std::vector<std::vector<std::uint32_t>> m_rows;  ///< [matrices] which rows each reads: token · slots + slot
  std::vector<double> m_power;                     ///< of each window
};

/// OutputError::weights of a stack from the second moments of what each of its experts reads.
/// @param momentsOf of one expert; null: it read nothing
double outputErrorBySecondMoments(const quant::QuantizedTensor& original, const quant::QuantizedTensor& quantized,
                                  const std::function<quant::TensorCalibrationPtr(std::uint64_t)>& momentsOf,
                                  const JobContext& job);

}  // namespace core::evaluate
