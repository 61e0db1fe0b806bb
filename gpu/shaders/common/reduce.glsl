// Sums and maxima over a workgroup of a power of two from 32 on, without subgroup operations: a few invocations gather
// many values each, as a barrier costs more than reading a handful of them.
#define REDUCED 32u
shared float gathered[gl_WorkGroupSize.x];
shared float reduced[REDUCED];

#define QS_REDUCE(NAME, JOIN)                                                                         \
  float NAME(float value) {                                                                           \
    const uint i = gl_LocalInvocationIndex;                                                           \
    gathered[i] = value;                                                                              \
    barrier();                                                                                        \
    if (i < REDUCED) {                                                                                \
      for (uint k = i + REDUCED; k < gl_WorkGroupSize.x; k += REDUCED) value = JOIN(value, gathered[k]); \
      reduced[i] = value;                                                                             \
    }                                                                                                 \
    barrier();                                                                                        \
    float result = reduced[0];                                                                        \
    for (uint k = 1; k < REDUCED; ++k) result = JOIN(result, reduced[k]);                             \
    return result;                                                                                    \
  }
#define QS_ADD(a, b) ((a) + (b))
