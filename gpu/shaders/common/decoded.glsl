// Values 4m … 4m + 3 of a unit, decoded exactly as the CPU decodes them. @param p of their group, from params()
vec4 decoded(Unit unit, int m, vec3 p) {
  const vec4 w = codes(unit, m);
#if HAS_SCALE
  precise vec4 shifted = w * kInputScale + p.y;
  precise vec4 scaled = p.x * shifted;
  precise vec4 value = HAS_MINIMUM == 1 ? scaled + p.z : scaled;
  return value;
#else
  return w * kInputScale;
#endif
}
