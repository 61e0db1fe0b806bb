#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/uniform_encode.h"
#include "core/train/qat/grid_gradient.h"
#include "core/train/trained_model.h"

namespace core::train {

/// Scales and zero-points of a matrix of evenly spaced levels as functions of parameters.
class LearnedRanges {
 public:
  LearnedRanges() = default;
  virtual ~LearnedRanges() = default;
  LearnedRanges(const LearnedRanges&) = delete;
  LearnedRanges& operator=(const LearnedRanges&) = delete;

  /// As they begin: the levels are those of the scheme's own method, or nearly.
  virtual std::vector<Parameter> initial() const = 0;
  /// Fills codes.scales and codes.zeroPoints as they are stored. @param latent [rows, width]
  virtual void make(std::span<const Parameter> ranges, const std::vector<float>& latent, quant::Uniform& codes,
                    const JobContext& job) = 0;
  /// Adds to the gradients of the ranges what a group's scale and zero-point are told, straight through what rounds
  /// these. @param codes of the last make()  @param weights that share them, of which this may be a part
  virtual void add(const quant::Uniform& codes, std::uint64_t group, const GridGradient& gradient,
                   std::span<Parameter> ranges) const = 0;
  virtual Clipping clipping() const = 0;
};

}  // namespace core::train
