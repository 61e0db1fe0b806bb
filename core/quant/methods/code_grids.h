#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// A value as a format can store it.
struct RoundedValue {
  std::uint8_t code = 0;
  float value = 0.0F;  ///< what the code decodes to under its group's scale
};

/// The grids of all groups of one tensor, for a method that decides the order in which weights become codes: one grid
/// is chosen from the weights of its group, and one value at a time is rounded to it. What a method need not know: how
/// many bits, which levels, what a scale is, how all that is stored.
class CodeGrids {
 public:
  CodeGrids(const CodeGrids&) = delete;
  CodeGrids& operator=(const CodeGrids&) = delete;
  virtual ~CodeGrids() = default;

  /// What shares a grid.
  virtual Grouping grouping() const = 0;
  /// Chooses a group's grid. Groups may be chosen in parallel. @param weights at least one; those that are not finite
  /// do not count
  virtual void choose(std::uint64_t group, std::span<const float> weights) = 0;
  /// Whether the grids depend on each other: then all are chosen before the first value is rounded, and this ends it.
  virtual bool areTogether() const { return false; }
  virtual void finish() {}
  /// The nearest level of a group's grid; 0 or its nearest for NaN. @pre the grid is chosen
  virtual RoundedValue round(std::uint64_t group, float value) const = 0;
  /// Stores the codes of all weights, row-major, one byte each. @return the layout; the codes go to `payload`
  virtual Layout store(std::span<const std::uint8_t> codes, std::uint8_t* payload) = 0;

 protected:
  CodeGrids() = default;
};

/// The grids of a scheme's format: Integer with every range method, nf4, q4_0, q8_0.
/// @pre the scheme is one that GPTQ is made for (method_options)
std::unique_ptr<CodeGrids> makeCodeGrids(const Scheme& scheme, const tensor::Shape& shape);

/// Chooses the grids of all groups from the weights of a tensor. @throws Cancelled
void chooseAll(CodeGrids& grids, const QuantizedTensor& source, const JobContext& job);

}  // namespace core::quant
