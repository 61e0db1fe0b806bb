#pragma once
#include <memory>

#include "core/train/qat/learned_ranges.h"
#include "core/train/qat/trained_tensor.h"

namespace core::train {

/// A matrix of evenly spaced levels whose ranges are learned: the layout is that of its scheme, only the scales and
/// zero-points come from parameters. Gradients are those of grid_gradient.h.
class LearnedUniform final : public TrainedTensor {
 public:
  /// @pre the scheme is of the Integer family
  LearnedUniform(std::string name, tensor::Shape shape, const quant::Scheme& scheme,
                 std::unique_ptr<LearnedRanges> ranges)
      : TrainedTensor(std::move(name), std::move(shape)), m_scheme(scheme), m_ranges(std::move(ranges)) {}

  void add(std::uint64_t firstRow, std::span<const float> gradient, std::span<Parameter> parameters) const override;

 private:
  quant::QuantizedTensorPtr quantized(std::span<const Parameter> parameters, const JobContext& job) override;
  std::vector<Parameter> ranges() const override { return m_ranges->initial(); }

  quant::Scheme m_scheme;
  std::unique_ptr<LearnedRanges> m_ranges;
};

/// How many weights share each scale. @pre the grouping has scales
std::vector<std::uint64_t> groupSizes(const quant::Grouping& grouping, const tensor::Shape& shape);

}  // namespace core::train
