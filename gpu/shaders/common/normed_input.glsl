// The input of matmul_rows: as it lies in the arena, or normalized by its workgroup and kept in shared memory; sums meet in `partial`.
const uint NORM_QUADS = (normWidth + 31) / 32 * 8;  // of the input's stride
shared vec4 normedQuads[NORM_QUADS + 1];

// in / sqrt(mean(in²) + epsilon) · weight, as rms_norm.comp has it. The padding of a row is zero and stays so.
void normInput(uint inQuad) {
  const uint r = gl_LocalInvocationID.x, split = gl_LocalInvocationID.y, first = gl_LocalInvocationIndex;
  const uint invocations = rowsEach * splits;
  float sum = 0.0;
  for (uint i = first; i < NORM_QUADS; i += invocations) {
    const vec4 x = loadArenaQuad(inQuad + i);
    normedQuads[i] = x;
    sum += dot(x, x);
  }
  partial[0][split][r] = sum;
  barrier();
  if (split == 0) {
    for (uint i = 1; i < splits; ++i) sum += partial[0][i][r];
    partial[0][0][r] = sum;
  }
  barrier();
  sum = 0.0;
  for (uint i = 0; i < rowsEach; ++i) sum += partial[0][0][i];
  const float factor = 1.0 / sqrt(sum / float(normWidth) + uintBitsToFloat(normEpsilon));
  for (uint i = first; i < NORM_QUADS; i += invocations) {
    const uint w = push.norm + 4 * i;
    normedQuads[i] *= factor * vec4(loadConstant(w), loadConstant(w + 1), loadConstant(w + 2), loadConstant(w + 3));
  }
  barrier();
}

vec4 inputQuad(uint inQuad, uint i) { return normWidth > 0 ? normedQuads[i] : loadArenaQuad(inQuad + i); }
