#pragma once
#include <cstdint>
#include <vector>

#include "core/quant/code_book.h"

namespace gpu {

/// How kernels make the levels of a code book of rows: by arithmetic where they follow a rule, which software renderers
/// do two to three times faster than they look up more than 16 of them.
enum class LevelRule : std::uint8_t {
  Table,
  Integers,  ///< 8 bits: signed bytes times levels[1], a power of two
  Powers,    ///< 5 to 8 bits: 0 and powers of two with sign that end at 1
  E4M3,
  E5M2,
  E3M2,
  E2M3
};

/// What makes the levels of a table of more than 16 near enough for products, see shaders/common/level_rules.glsl.
///   Decades  of bitsandbytes' dynamic map: level = ±(factors[i] · 2n + factors[8 + i]) of code 127 ± n, for the lower
///            three bits i of the exponent of 2n
///   Ratios   of any base: level = ±factors[field / 8] · factors[16 + field % 8]
struct LevelFactors {
  std::uint32_t rule;  ///< kTableLevels where there are none
  std::vector<float> factors;
};
LevelFactors levelFactorsOf(const core::quant::CodeBook& codes);

LevelRule levelRuleOf(const core::quant::CodeBook& codes);
/// Name of the kernels of a rule that is a float format.
const char* floatKernel(LevelRule rule);

}  // namespace gpu
