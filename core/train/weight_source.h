#pragma once
#include <cstdint>
#include <span>

namespace core::train {

/// Where a pass takes the values of one weight from: decoded as they are needed, so that nothing of the model's size is
/// kept.
class WeightSource {
 public:
  WeightSource() = default;
  virtual ~WeightSource() = default;
  WeightSource(const WeightSource&) = delete;
  WeightSource& operator=(const WeightSource&) = delete;

  /// Rows [firstRow, firstRow + values.size() / width) of the model's own weight (column changes undone), row-major.
  /// Called from several threads at once.
  virtual void rows(std::uint64_t firstRow, std::span<float> values) const = 0;
};

}  // namespace core::train
