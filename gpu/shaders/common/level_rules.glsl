// Levels of more than 16 that a subgroup of eight lanes or more computes, from factors behind the table (gpu/level_rule.h):
// software renderers do so in a third of the time that looking them up takes. They are within 2^-20 of the table's, as
// precise as the sums that they go into; where each weight counts, it is looked up.
#ifdef LANES
float ruleFactors, upperRuleFactors, secondRuleFactors;
void prepareRule(uint factors) {
  if (levelRule == kTableLevels) return;
  const uint lane = gl_SubgroupInvocationID & 7;
  ruleFactors = loadConstant(factors + lane);
  upperRuleFactors = loadConstant(factors + 8 + lane);
  if (levelRule == kRatioLevels) secondRuleFactors = loadConstant(factors + 16 + lane);
}
bool areLevelsComputed() {
  return levelRule != kTableLevels && computeType == kComputeFp32 && gl_WorkGroupSize.x >= 8;
}

// The level is linear in n, its distance from code 127, as long as n has the same exponent: so that of 2n picks the line. 0 is
// on that of 1, as line and sign are odd. @param twice the code, in bits 1 … 8
float decadeLevel(uint twice) {
  const float distance = uintBitsToFloat((twice & 0x1FEu) | 0x4B000000u) - (8388608.0 + 254.0);
  const uint bits = floatBitsToUint(distance), line = bitfieldExtract(bits, 23, 3);
  const uint offset = floatBitsToUint(subgroupShuffle(upperRuleFactors, line)) ^ (bits & 0x80000000u);
  return fma(distance, subgroupShuffle(ruleFactors, line), uintBitsToFloat(offset));
}
// A sign and a field, whose upper bits and lower three give a factor each; field 0 is 0. @param top the code, in the upper bits
float ratioLevel(uint top) {
  const uint high = bitfieldExtract(top, 35 - BITS, min(BITS - 4, 3)), low = bitfieldExtract(top, 32 - BITS, 3);
  float level = subgroupShuffle(ruleFactors, high);
  if (BITS == 8) {
    const float upper = subgroupShuffle(upperRuleFactors, high);
    level = (top & 0x40000000u) == 0u ? level : upper;
  }
  level *= subgroupShuffle(secondRuleFactors, low);
  level = (top & (((1u << (BITS - 1)) - 1u) << (32 - BITS))) == 0u ? 0.0 : level;
  return uintBitsToFloat(floatBitsToUint(level) | (top & 0x80000000u));
}
vec4 computedLevels(Unit unit, int m) {
  vec4 levels;
#if BITS == 8
  const uint word = m < 4 ? unit.quads[0][m & 3] : unit.quads[1][m & 3];
  [[unroll]] for (int c = 0; c < 4; ++c) {
    levels[c] = levelRule == kRatioLevels ? ratioLevel(word << (24 - 8 * c))
                                          : decadeLevel(c == 0 ? word << 1 : word >> max(8 * c - 1, 0));
  }
#else
  const uvec4 q = unsignedCodes(unit, m);
  [[unroll]] for (int c = 0; c < 4; ++c) levels[c] = ratioLevel(q[c] << (32 - BITS));
#endif
  return levels;
}
#endif
