// The steps of matmul_lanes along a unit, whose variables they use.

// Four values i = 4 · M …: of lane J of the quads.
#define STEP(HALF, J, M)                                                                                  \
  {                                                                                                       \
    vec4 x[tokensEach];                                                                                   \
    [[unroll]] for (int t = 0; t < tokensEach; ++t) x[t] = subgroupQuadBroadcast(HALF[t], J);             \
    [[unroll]] for (int r = 0; r < ROWS; ++r) {                                                           \
      const vec4 w = codes(unit[r], M);                                                                   \
      [[unroll]] for (int c = 0; c < 4; ++c) {                                                            \
        [[unroll]] for (int t = 0; t < tokensEach; ++t) part[t][r] = fma(x[t][c], w[c], part[t][r]);      \
      }                                                                                                   \
    }                                                                                                     \
  }
#if HAS_SCALE
#define FLUSH(F)                                                                                          \
  [[unroll]] for (int r = 0; r < ROWS; ++r) {                                                             \
    const vec3 p = params(source[r / laneRows], unit[r], GROUPS_PER_UNIT == 1 ? group : u, F,             \
                          Row(lane * laneRows, r % laneRows));                                            \
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {                                                         \
      float value = part[t][r];                                                                           \
      part[t][r] = 0.0;                                                                                   \
      ADD_ZERO(F)                                                                                         \
      sums[t][r] = fma(p.x, value, sums[t][r]);                                                           \
      ADD_MINIMUM(F)                                                                                      \
    }                                                                                                     \
  }
#else
#define FLUSH(F)                                                                                          \
  [[unroll]] for (int r = 0; r < ROWS; ++r) {                                                             \
    [[unroll]] for (int t = 0; t < tokensEach; ++t) sums[t][r] += part[t][r];                                 \
  }
#endif
#if HAS_ZERO
#define ADD_ZERO(F) value = fma(p.y, total[t][F], value);
#else
#define ADD_ZERO(F)
#endif
#if HAS_MINIMUM
#define ADD_MINIMUM(F) sums[t][r] = fma(p.z, total[t][F], sums[t][r]);
#else
#define ADD_MINIMUM(F)
#endif

// The same where weights are rounded, so that each is decoded by itself. Inputs are not yet divided by kInputScale.
#define ROUNDED_STEP(HALF, J, M)                                                                          \
  {                                                                                                       \
    vec4 x[tokensEach];                                                                                   \
    [[unroll]] for (int t = 0; t < tokensEach; ++t) x[t] = subgroupQuadBroadcast(HALF[t], J);             \
    [[unroll]] for (int r = 0; r < ROWS; ++r) {                                                           \
      if (M % (8 / GROUPS_PER_UNIT) == 0) {                                                               \
        const vec3 p = params(source[r / laneRows], unit[r], GROUPS_PER_UNIT == 1 ? group : u,            \
                              M * GROUPS_PER_UNIT / 8, Row(lane * laneRows, r % laneRows));               \
        scales[r] = p.x * kInputScale;                                                                    \
        zeros[r] = p.y / kInputScale;                                                                     \
        minima[r] = p.z;                                                                                  \
      }                                                                                                   \
      const vec4 w = roundedWeight(decodedForRounding(unit[r], M, zeros[r], scales[r], minima[r], factors[r])); \
      [[unroll]] for (int c = 0; c < 4; ++c) {                                                            \
        [[unroll]] for (int t = 0; t < tokensEach; ++t) sums[t][r] = fma(x[t][c], w[c], sums[t][r]);      \
      }                                                                                                   \
    }                                                                                                     \
  }
