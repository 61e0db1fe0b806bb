#pragma once
#include <cstdint>
#include <vector>

#include "core/numeric/codec.h"

namespace core::numeric {

/// How many values of a format lie in one binade.
struct BinadeCount {
  int exponent = 0;            ///< 2^exponent ≤ |value| < 2^(exponent + 1)
  std::uint64_t count = 0;     ///< of both signs
  std::uint64_t positive = 0;  ///< of them
};

/// The density of a format: its finite values other than zero, each once, by binade, ascending. Subnormal numbers stand
/// in the binades of their values, twice as many in each as in the one below.
/// @throws Error (InvalidArgument) for a scale that requireUsable refuses
std::vector<BinadeCount> valuesPerBinade(const NumberFormat& format, const CodeScale& scale = {});

}  // namespace core::numeric
