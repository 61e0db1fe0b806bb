// result[t] = weight · in[t] for GPUs that multiply matrices (VK_KHR_cooperative_matrix), many tokens: a workgroup computes
// tileRows rows × tileTokens tokens, a unit of 32 values at a time, as matmul_tiles does.
//
// Matrices are of FP16 and sums of FP32; the arithmetic is FP32's nevertheless. A line (a row of the weight or a token's
// input) is divided by a power of two, which its largest value decides, and each value v split in two: high = fp16(v),
// low = fp16(2^11 · (v − high)), 22 bits together; a value below 2^-24 of the largest has an error of 2^-35 of that at most.
// Products of FP16 are exact in FP32; high · high + 2^-11 · (high · low + low · high) leaves out 2^-22 of a product. Devices
// may cut off bits while they add inside a matrix, so such sums are those of one unit, which are added up as FP32.
//
// The power of two of a line is what its values so far ask for; where a later unit's are much larger, sums are divided
// by what it grows. Lines with a value that is no number are multiplied as floats.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_cooperative_matrix : require
#include "common/bindings.glsl"
#include "common/specialization.h"
layout(local_size_x = kMatMulTilesWorkgroup) in;
QS_MATMUL_MATRICES(QS_SPECIALIZE)
#define SHARED_TABLE kMatMulTilesWorkgroup
#include "layout.glsl"
const uint isRouted = 0;  // products of experts go through matmul_rows
#include "common/matmul.glsl"
#include "common/decoded.glsl"
#include "common/compute_type.glsl"

const uint LINES = tileRows + tileTokens;                              // rows, then tokens
const uint EIGHTHS_EACH = (tileRows * 4 - 1) / kMatMulTilesWorkgroup + 1;  // of a row's unit that an invocation brings
const uint INPUTS_EACH = (tileTokens * 8 - 1) / kMatMulTilesWorkgroup + 1;   // quads of the inputs
// Matrices of a subgroup, and along a unit.
const uint ROWS_EACH = tileRows / matrixRows / subgroupsOfRows;
const uint TOKENS_EACH = tileTokens / matrixTokens / subgroupsOfTokens;
const uint DEPTHS = kUnitValues / matrixDepth;
const uint MATRIX_VALUES = matrixRows * matrixTokens;
// Both halves of the lines' units, in quads. Sums on their way to where lines are known: matrices of column after column.
shared f16vec4 halves[2 * LINES * kMatMulMatricesStride];
shared float sumsOf[subgroupsOfRows * subgroupsOfTokens * MATRIX_VALUES];
// Values of a line are divided by 2^exponent; wished is what the next unit asks for.
shared int exponents[LINES], wished[LINES];
shared uint isFloats[LINES];  // 1: the line is multiplied as floats
shared uint isGrowing, hasFloats;  // 1: some exponent is, some line is
const int kHeadroom = 10;     // the largest value so far is at least 2^kHeadroom once divided, below 2^15
const float kLowFactor = 2048.0;
const int kLeastExponent = -126, kMostExponent = 117;  // 2^±exponent are normal numbers

#define Weights coopmat<float16_t, gl_ScopeSubgroup, matrixRows, matrixDepth, gl_MatrixUseA>
#define Inputs coopmat<float16_t, gl_ScopeSubgroup, matrixDepth, matrixTokens, gl_MatrixUseB>
#define Sums coopmat<float, gl_ScopeSubgroup, matrixRows, matrixTokens, gl_MatrixUseAccumulator>

// 2^e of -126 … 127
float powerOfTwo(int e) { return uintBitsToFloat(uint(e + 127) << 23); }

// What an invocation brings of the next unit: eighths of one row, and quads of the inputs.
Unit fetchedUnit;
vec3 fetchedParams[EIGHTHS_EACH];
vec4 weightQuadsOf[2 * EIGHTHS_EACH], inputQuads[INPUTS_EACH];
// This subgroup's part of the tile.
Sums sums[ROWS_EACH * TOKENS_EACH];

// Where a row lies.
struct RowPlace {
  uint base;
  uint row, eighth;  // of the invocation: row of the tile of rows, and the first eighth
  ParamSource source;
  float factor;
};
// @param row of the segment
RowPlace placeOf(uint s, uint row) {
  RowPlace place;
  const uint tile = min(row / kTileRows, push.segment[s].tiles - 1);
  place.base = push.segment[s].base + tile * tileQuads(push.units, push.groups);
  place.source = paramSource((place.base + unitQuads(push.units)) * 4, push.groups, push.segment[s].table,
                             push.segment[s].row + tile * kTileRows);
  place.factor = loadFactor(place.base + tileQuads(push.units, push.groups), Row(row % kTileRows, 0));
  return place;
}
uint eighthOf(RowPlace place, uint n) { return place.eighth + n * (kMatMulTilesWorkgroup / tileRows); }
uint inputOf(uint n) { return gl_LocalInvocationID.x + n * kMatMulTilesWorkgroup; }

vec3 paramsOf(RowPlace place, Unit unit, uint u, uint eighth, Row row) {
  return params(place.source, unit, GROUPS_PER_UNIT == 1 ? u / push.unitsPerGroup : u, int(eighth) * GROUPS_PER_UNIT / 4,
                row);
}

void fetch(RowPlace place, uint firstToken, uint u) {
  const Row row = Row(place.row % kTileRows, 0);
  fetchedUnit = loadUnit(place.base, push.units, u, row);
  [[unroll]] for (uint n = 0; n < EIGHTHS_EACH; ++n)
    fetchedParams[n] = paramsOf(place, fetchedUnit, u, eighthOf(place, n), row);
  [[unroll]] for (uint n = 0; n < INPUTS_EACH; ++n) {
    const uint i = inputOf(n), token = firstToken + i / 8;
    inputQuads[n] = vec4(0.0);
    if (i < tileTokens * 8 && token < push.tokenCount)
      inputQuads[n] = loadArenaQuad(push.inQuad + token * push.inStrideQuads + u * 8 + (i & 7));
  }
}

// Asks for the exponent that a value of a line needs. What is no number becomes 0.
void measure(uint line, inout vec4 values) {
  const uvec4 bits = floatBitsToUint(values) & 0x7FFFFFFFu;
  const uint most = max(max(bits.x, bits.y), max(bits.z, bits.w));
  if (most >= 0x7F800000u) {
    isFloats[line] = 1;
    hasFloats = 1;
    values = vec4(0.0);
    return;
  }
  const int exponent = int(most >> 23) - 127;
  if (exponent - exponents[line] < 15) return;
  atomicMax(wished[line], min(exponent - kHeadroom, kMostExponent));
  isGrowing = 1;
}

void decode(RowPlace place) {
  [[unroll]] for (uint n = 0; n < EIGHTHS_EACH; ++n) {
    [[unroll]] for (uint q = 0; q < 2; ++q) {
      vec4 w = rounded(decoded(fetchedUnit, int(eighthOf(place, n) * 2 + q), fetchedParams[n], place.factor));
      measure(place.row, w);
      weightQuadsOf[2 * n + q] = w;
    }
  }
  [[unroll]] for (uint n = 0; n < INPUTS_EACH; ++n) {
    inputQuads[n] = rounded(inputQuads[n]);
    if (inputOf(n) < tileTokens * 8) measure(tileRows + inputOf(n) / 8, inputQuads[n]);
  }
}

void stageQuad(uint line, uint quad, vec4 values) {
  const vec4 divided = values * powerOfTwo(-exponents[line]);
  // By integers: compilers may take a conversion there and back for nothing. Subnormal FP16 would be 0 on some devices.
  const uvec4 bits = floatBitsToUint(divided);
  const vec4 high = mix(uintBitsToFloat((bits + 0x1000u) & 0xFFFFE000u), vec4(0.0), lessThan(bits & 0x7FFFFFFFu, uvec4(0x38800000u)));
  const uint at = line * kMatMulMatricesStride + quad;
  halves[at] = f16vec4(high);
  halves[LINES * kMatMulMatricesStride + at] = f16vec4((divided - high) * kLowFactor);
}
void stage(RowPlace place) {
  [[unroll]] for (uint n = 0; n < EIGHTHS_EACH; ++n) {
    [[unroll]] for (uint q = 0; q < 2; ++q) stageQuad(place.row, eighthOf(place, n) * 2 + q, weightQuadsOf[2 * n + q]);
  }
  [[unroll]] for (uint n = 0; n < INPUTS_EACH; ++n) {
    if (inputOf(n) < tileTokens * 8) stageQuad(tileRows + inputOf(n) / 8, inputOf(n) & 7, inputQuads[n]);
  }
}

// This subgroup's place in the tile; those that are too many for it have none.
uint rowsAt() { return gl_SubgroupID % subgroupsOfRows * ROWS_EACH * matrixRows; }
uint tokensAt() { return gl_SubgroupID / subgroupsOfRows * TOKENS_EACH * matrixTokens; }
bool hasPlace() { return gl_SubgroupID < subgroupsOfRows * subgroupsOfTokens; }

uint halfAt(uint part, uint line, uint depth) {
  return (part * LINES + line) * kMatMulMatricesStride + depth * (matrixDepth / 4);
}
Weights weightsAt(uint part, uint row, uint depth) {
  Weights matrix;
  coopMatLoad(matrix, halves, halfAt(part, row, depth), kMatMulMatricesStride, gl_CooperativeMatrixLayoutRowMajor);
  return matrix;
}
Inputs inputsAt(uint part, uint token, uint depth) {
  Inputs matrix;
  coopMatLoad(matrix, halves, halfAt(part, tileRows + token, depth), kMatMulMatricesStride,
              gl_CooperativeMatrixLayoutColumnMajor);
  return matrix;
}

void multiply() {
  Weights high[ROWS_EACH * DEPTHS], low[ROWS_EACH * DEPTHS];
  [[unroll]] for (uint r = 0; r < ROWS_EACH; ++r) {
    [[unroll]] for (uint d = 0; d < DEPTHS; ++d) {
      high[r * DEPTHS + d] = weightsAt(0, rowsAt() + r * matrixRows, d);
      low[r * DEPTHS + d] = weightsAt(1, rowsAt() + r * matrixRows, d);
    }
  }
  [[unroll]] for (uint t = 0; t < TOKENS_EACH; ++t) {
    Inputs highInputs[DEPTHS], lowInputs[DEPTHS];
    [[unroll]] for (uint d = 0; d < DEPTHS; ++d) {
      highInputs[d] = inputsAt(0, tokensAt() + t * matrixTokens, d);
      lowInputs[d] = inputsAt(1, tokensAt() + t * matrixTokens, d);
    }
    [[unroll]] for (uint r = 0; r < ROWS_EACH; ++r) {
      Sums large = Sums(0.0), small = Sums(0.0);
      [[unroll]] for (uint d = 0; d < DEPTHS; ++d) {
        large = coopMatMulAdd(high[r * DEPTHS + d], highInputs[d], large);
        small = coopMatMulAdd(high[r * DEPTHS + d], lowInputs[d], small);
        small = coopMatMulAdd(low[r * DEPTHS + d], highInputs[d], small);
      }
      sums[r * TOKENS_EACH + t] += large + small * (1.0 / kLowFactor);
    }
  }
}

// Of matrix i of the subgroup.
uint rowOfMatrix(uint i) { return rowsAt() + i / TOKENS_EACH * matrixRows; }
uint tokenOfMatrix(uint i) { return tokensAt() + i % TOKENS_EACH * matrixTokens; }
uint sumsAt() { return gl_SubgroupID * MATRIX_VALUES; }

// Divides sums by what exponents are about to grow.
void rescale() {
  [[unroll]] for (uint i = 0; i < ROWS_EACH * TOKENS_EACH; ++i) {
    if (hasPlace()) coopMatStore(sums[i], sumsOf, sumsAt(), matrixRows, gl_CooperativeMatrixLayoutColumnMajor);
    barrier();
    for (uint k = gl_SubgroupInvocationID; hasPlace() && k < MATRIX_VALUES; k += gl_SubgroupSize) {
      const uint row = rowOfMatrix(i) + k % matrixRows, token = tileRows + tokenOfMatrix(i) + k / matrixRows;
      const int rowGrowth = wished[row] - exponents[row], tokenGrowth = wished[token] - exponents[token];
      // What is divided by more than 2^126 is nothing beside what it is added to.
      sumsOf[sumsAt() + k] *= powerOfTwo(max(-rowGrowth, -126)) * powerOfTwo(max(-tokenGrowth, -126));
    }
    barrier();
    if (hasPlace()) coopMatLoad(sums[i], sumsOf, sumsAt(), matrixRows, gl_CooperativeMatrixLayoutColumnMajor);
    barrier();
  }
}

// A result in its type. @param row of the segment  @param at of the token's row of results
float finished(uint s, uint row, uint at, float value) {
  if (push.segment[s].bias != kNone) value += constants[push.segment[s].bias + row];
  value = rounded(value);
  if (push.segment[s].residual != kNone) value += arena[push.segment[s].residual + at];
  return value;
}

bool isOfFloats(uint rowLine, uint tokenLine) { return (isFloats[rowLine] | isFloats[tileRows + tokenLine]) != 0; }

// Results of lines that are multiplied as floats.
void multiplyFloats(uint s, uint firstRow, uint firstToken) {
  for (uint i = gl_LocalInvocationID.x; i < tileRows * tileTokens; i += kMatMulTilesWorkgroup) {
    const uint row = firstRow + i % tileRows, token = firstToken + i / tileRows;
    if (!isOfFloats(i % tileRows, i / tileRows)) continue;
    if (token >= push.tokenCount || row >= push.segment[s].tiles * kTileRows) continue;
    const RowPlace place = placeOf(s, row);
    const Row r = Row(row % kTileRows, 0);
    float sum = 0.0;
    for (uint u = 0; u < push.units; ++u) {
      const Unit unit = loadUnit(place.base, push.units, u, r);
      [[unroll]] for (uint m = 0; m < 8; ++m) {
        const vec4 w = rounded(decoded(unit, int(m), paramsOf(place, unit, u, m / 2, r), place.factor));
        const vec4 x = rounded(loadArenaQuad(push.inQuad + token * push.inStrideQuads + u * 8 + m));
        [[unroll]] for (int c = 0; c < 4; ++c) sum = fma(x[c], w[c], sum);
      }
    }
    const uint at = token * push.segment[s].stride + row;
    arena[push.segment[s].result + at] = finished(s, row, at, sum);
  }
}

void main() {
  const uint firstToken = gl_WorkGroupID.y * tileTokens, together = tileRows / kTileRows;
  uint s = 0, group = gl_WorkGroupID.x;
  while (s + 1 < push.segments && group >= (push.segment[s].tiles + together - 1) / together) {
    group -= (push.segment[s].tiles + together - 1) / together;
    ++s;
  }
#ifdef NEEDS_TABLE
  prepareTable(push.segment[0].table);  // all segments have the same table
#endif
  // Subgroups that are wider than the host knows are too few for the tile.
  const uint areTooFew = gl_NumSubgroups < subgroupsOfRows * subgroupsOfTokens ? 1 : 0;
  for (uint i = gl_LocalInvocationID.x; i < LINES; i += kMatMulTilesWorkgroup) {
    exponents[i] = wished[i] = kLeastExponent;
    isFloats[i] = areTooFew;
  }
  if (gl_LocalInvocationID.x == 0) isGrowing = 0;
  if (gl_LocalInvocationID.x == 0) hasFloats = areTooFew;
  barrier();
  [[unroll]] for (uint i = 0; i < ROWS_EACH * TOKENS_EACH; ++i) sums[i] = Sums(0.0);
  const uint firstRow = group * tileRows;
  RowPlace place = placeOf(s, firstRow + gl_LocalInvocationID.x % tileRows);
  place.row = gl_LocalInvocationID.x % tileRows;
  place.eighth = gl_LocalInvocationID.x / tileRows;
  fetch(place, firstToken, 0);
  for (uint u = 0; u < push.units; ++u) {
    decode(place);
    barrier();
    if (isGrowing != 0) {  // the same for all
      if (u > 0) rescale();
      barrier();
      for (uint i = gl_LocalInvocationID.x; i < LINES; i += kMatMulTilesWorkgroup) exponents[i] = wished[i];
      if (gl_LocalInvocationID.x == 0) isGrowing = 0;
      barrier();
    }
    stage(place);
    barrier();
    if (u + 1 < push.units) fetch(place, firstToken, u + 1);
    if (hasPlace()) multiply();
  }
  [[unroll]] for (uint i = 0; i < ROWS_EACH * TOKENS_EACH; ++i) {
    barrier();
    if (hasPlace()) coopMatStore(sums[i], sumsOf, sumsAt(), matrixRows, gl_CooperativeMatrixLayoutColumnMajor);
    barrier();
    for (uint k = gl_SubgroupInvocationID; hasPlace() && k < MATRIX_VALUES; k += gl_SubgroupSize) {
      const uint rowLine = rowOfMatrix(i) + k % matrixRows, tokenLine = tokenOfMatrix(i) + k / matrixRows;
      const uint row = firstRow + rowLine, token = firstToken + tokenLine;
      if (token >= push.tokenCount || row >= push.segment[s].tiles * kTileRows || isOfFloats(rowLine, tokenLine)) continue;
      const int exponent = exponents[rowLine] + exponents[tileRows + tokenLine], first = exponent / 2;
      const uint at = token * push.segment[s].stride + row;
      const float value = sumsOf[sumsAt() + k] * powerOfTwo(first) * powerOfTwo(exponent - first);
      arena[push.segment[s].result + at] = finished(s, row, at, value);
    }
  }
  if (hasFloats != 0) multiplyFloats(s, firstRow, firstToken);
}
