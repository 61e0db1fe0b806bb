#pragma once
#include <cstdint>

#include "core/train/offset.h"

namespace core::train {

/// At a place, every number of what an operation reads is 0 with this probability, the others divided by
/// 1 − probability (Srivastava et al. 2014, inverted). Which ones follows from seed, row and column alone, so that the
/// backward pass and a repeated forward have the same. What others read of the same value stays as it is.
struct Dropout {
  Place place;  ///< an input, not kResult
  double probability = 0.0;
  std::uint64_t seed = 0;
};

}  // namespace core::train
