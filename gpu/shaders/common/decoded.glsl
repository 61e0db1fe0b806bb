// Values 4m … 4m + 3 of a unit, decoded exactly as the CPU decodes them. @param p of their group, from params()
// @param factor of their row
vec4 decoded(Unit unit, int m, vec3 p, float factor) {
#if HAS_ZERO
  precise vec4 value = fma(codes(unit, m), kInputScale, vec4(p.y));  // rounds once, as the product is exact
#else
  precise vec4 value = codes(unit, m) * kInputScale;
#endif
#if HAS_SCALE
  value = p.x * value;
#endif
#if HAS_MINIMUM
  value = value + p.z;
#endif
  if (hasFactors == 1) value = value * factor;
  return value;
}
