#pragma once
#include <cstdint>
#include <string_view>

#include "core/evaluate/estimate.h"

namespace core::evaluate {

enum class Verdict : std::uint8_t {
  Unknown,            ///< no error is known
  Indistinguishable,  ///< within the noise floor or two standard errors
  Different
};
/// Blocks of text below which no verdict is given: two standard errors of fewer cover less than 91 % (Student 1908).
inline constexpr std::size_t kFewestBlocks = 8;

/// "unknown", "indistinguishable", "different"
std::string_view nameOf(Verdict verdict);

/// Whether a difference (KL to a reference, a logarithm of a ratio, a difference of two) is more than noise: what lies
/// within the floor, or within two standard errors of 0, is not. The one rule of tables, pictures and JSON.
/// @param floor the same figure where only the order of sums differs; 0: not measured
Verdict judge(const Estimate& difference, double floor);

}  // namespace core::evaluate
