// result[t] = weight · in[t] where both are integers: the formula of core/model/ops/multiply_codes.h, bit for bit.
// Sums over a run of columns are exact: INTEGER_DOT multiplies bytes by the device's instruction for it; else floats do,
// which are exact over a unit, as 32 · 128 · 255 < 2^24. Floats are summed in chains of a fixed order.
// A workgroup has a tile of 32 rows and tokensEach tokens. LANES: one subgroup, several rows to an invocation; else a row
// is split among invocations: each has some of the chains, or where there is one run some of its units.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#ifdef INTEGER_DOT
#extension GL_EXT_spirv_intrinsics : require
// OpSDot of bytes in words (SPV_KHR_integer_dot_product); the last operand is the packed format.
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6018, 6019], id = 4450)
int signedDot(uint a, uint b, spirv_literal int format);
#endif
#include "common/bindings.glsl"
#include "common/specialization.h"
QS_MATMUL_CODES(QS_SPECIALIZE)
#ifdef LANES
layout(local_size_x_id = 0) in;
#else
layout(local_size_x = kTileRows, local_size_y_id = 0, local_size_z = 1) in;
#endif
#include "layout.glsl"
#include "common/unsigned_codes.glsl"
#include "common/packed_codes.glsl"
#include "common/matmul.glsl"
#include "common/compute_type.glsl"

#ifndef LANES
shared int integers[tokensEach][splits][kTileRows];
shared float floats[tokensEach][splits][kTileRows];
#endif

// Columns of a row that share a scale: units first … end, or where a unit has several scales group f of unit first.
struct Run {
  uint group, first, end;
  int f;
};
uint runsPerGroup() { return (min(push.unitsPerGroup, push.units) + kMostSummedUnits - 1) / kMostSummedUnits; }
uint runCount() { return GROUPS_PER_UNIT > 1 ? push.groups : push.groups * runsPerGroup(); }
Run runOf(uint i) {
  if (GROUPS_PER_UNIT > 1) return Run(i / GROUPS_PER_UNIT, i / GROUPS_PER_UNIT, i / GROUPS_PER_UNIT + 1, int(i % GROUPS_PER_UNIT));
  const uint each = runsPerGroup(), group = i / each;
  const uint begin = group * push.unitsPerGroup, first = begin + i % each * kMostSummedUnits;
  const uint end = min(min(begin + min(push.unitsPerGroup, push.units), first + kMostSummedUnits), push.units);
  return Run(group, first, max(first, end), 0);
}
// Columns of the weight among them.
int columnsOf(Run run) {
  const uint quarter = kUnitValues / GROUPS_PER_UNIT;
  const uint first = run.first * kUnitValues + uint(run.f) * quarter;
  const uint end = GROUPS_PER_UNIT > 1 ? first + quarter : run.end * kUnitValues;
  return int(min(end, width) - min(first, width));
}

uint tokenRow[tokensEach];    // first word of a token's codes
uint tokenFloats[tokensEach];  // where what they were made of begins

int inputSum(int t, uint unit, int f) {
  const uint at = tokenRow[t] + codedSums(push.units) + unit * kSumWords;
  const int first = int(arenaWords[at]), second = int(arenaWords[at + 1]);
  if (GROUPS_PER_UNIT == 1)
    return bitfieldExtract(first, 0, 16) + (first >> 16) + bitfieldExtract(second, 0, 16) + (second >> 16);
  if (GROUPS_PER_UNIT == 2) {
    const int both = f == 0 ? first : second;
    return bitfieldExtract(both, 0, 16) + (both >> 16);
  }
  const int both = f < 2 ? first : second;
  return (f & 1) == 0 ? bitfieldExtract(both, 0, 16) : both >> 16;
}

// Where this invocation's rows of a tile lie.
struct Rows {
  uint base, first;
  ParamSource source;
};
Row rowAt(Rows rows, int r) { return Row(rows.first, r); }

#if defined(INTEGER_DOT) && BITS == 8
#define CODE_OFFSET 128  // what is taken off a code so that it is a signed byte
#else
#define CODE_OFFSET 0
#endif

// Adds Σ code · input and Σ input, and where inputs have zero-points Σ code, of a unit or its group f.
void addUnit(Rows rows, uint u, int f, inout int dots[tokensEach][laneRows], inout int inputs[tokensEach],
             inout int codeSums[laneRows]) {
  const int words = 8 / GROUPS_PER_UNIT;
  Unit unit[laneRows];
  [[unroll]] for (int r = 0; r < laneRows; ++r) unit[r] = loadUnit(rows.base, push.units, u, rowAt(rows, r));
  [[unroll]] for (int t = 0; t < tokensEach; ++t) inputs[t] += inputSum(t, u, f);
#ifndef INTEGER_DOT
  float part[tokensEach][laneRows];
  vec4 sums[laneRows];
  [[unroll]] for (int r = 0; r < laneRows; ++r) {
    sums[r] = vec4(0.0);
    [[unroll]] for (int t = 0; t < tokensEach; ++t) part[t][r] = 0.0;
  }
#endif
  [[unroll]] for (int m = 0; m < 8; ++m) {
    if (m / words != f) continue;
    uint x[tokensEach];
    [[unroll]] for (int t = 0; t < tokensEach; ++t) x[t] = arenaWords[tokenRow[t] + kCodedHead + u * kCodeWords + m];
#ifdef INTEGER_DOT
    [[unroll]] for (int r = 0; r < laneRows; ++r) {
      uint w = packedCodes(unit[r], m);
      if (CODE_OFFSET != 0) w ^= 0x80808080u;
      [[unroll]] for (int t = 0; t < tokensEach; ++t) dots[t][r] += signedDot(x[t], w, 0);
      if (inputZeros == 1) codeSums[r] += signedDot(0x01010101u, w, 0) + 4 * CODE_OFFSET;
    }
#else
    vec4 four[tokensEach];
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {
      const int word = int(x[t]);
      four[t] = vec4(bitfieldExtract(word, 0, 8), bitfieldExtract(word, 8, 8), bitfieldExtract(word, 16, 8), word >> 24);
    }
    [[unroll]] for (int r = 0; r < laneRows; ++r) {
      const vec4 w = vec4(ivec4(unsignedCodes(unit[r], m)));
      if (inputZeros == 1) sums[r] += w;
      [[unroll]] for (int c = 0; c < 4; ++c) {
        [[unroll]] for (int t = 0; t < tokensEach; ++t) part[t][r] = fma(four[t][c], w[c], part[t][r]);
      }
    }
#endif
  }
#ifndef INTEGER_DOT
  [[unroll]] for (int r = 0; r < laneRows; ++r) {
    [[unroll]] for (int t = 0; t < tokensEach; ++t) dots[t][r] += int(part[t][r]);
    if (inputZeros == 1) codeSums[r] += int(sums[r].x + sums[r].y + sums[r].z + sums[r].w);
  }
#endif
}

vec3 paramsOf(Rows rows, Run run, int r) {
  Unit none;
  return params(rows.source, none, GROUPS_PER_UNIT == 1 ? run.group : run.first, run.f, rowAt(rows, r));
}

// Σ (input − its zero-point) · (code − zero) of a run, from every step-th unit.
void addRun(Rows rows, Run run, uint start, uint step_, out int exact[tokensEach][laneRows]) {
  int inputs[tokensEach], codeSums[laneRows];
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    inputs[t] = 0;
    [[unroll]] for (int r = 0; r < laneRows; ++r) exact[t][r] = 0;
  }
  [[unroll]] for (int r = 0; r < laneRows; ++r) codeSums[r] = 0;
  for (uint u = run.first + start; u < run.end; u += step_) {
    if (GROUPS_PER_UNIT == 1) {
      addUnit(rows, u, 0, exact, inputs, codeSums);
    } else {
      [[unroll]] for (int f = 0; f < GROUPS_PER_UNIT; ++f) {
        if (run.f == f) addUnit(rows, u, f, exact, inputs, codeSums);
      }
    }
  }
  [[unroll]] for (int r = 0; r < laneRows; ++r) {
    const int zero = -int(paramsOf(rows, run, r).y);
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {
      exact[t][r] -= (zero - CODE_OFFSET) * inputs[t];
      if (inputZeros == 1) {
        const int columns = start == 0 ? columnsOf(run) : 0;  // once of those who share a run
        exact[t][r] -= int(arenaWords[tokenRow[t] + 1]) * (codeSums[r] - columns * zero);
      }
    }
  }
}

#ifndef LANES
// The sums of all who share a row.
void meet(uint row, uint split, inout int exact[tokensEach][laneRows]) {
  [[unroll]] for (int t = 0; t < tokensEach; ++t) integers[t][split][row] = exact[t][0];
  barrier();
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    exact[t][0] = 0;
    for (uint i = 0; i < splits; ++i) exact[t][0] += integers[t][i][row];
  }
}
#endif

// By chains, which are added in pairs, and these in pairs. One run has its units shared, else the chains are.
void multiply(Rows rows, uint split, out float sums[tokensEach][laneRows]) {
  const bool isOneRun = runCount() == 1;
  const uint count = isOneRun ? 1 : kSumChains / splits, first = isOneRun ? 0 : split * count;
  float waiting[3][tokensEach][laneRows];
#ifndef LANES
  barrier();  // the other product of a pair may still be read
#endif
  for (uint c = 0; c < count; ++c) {
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {
      [[unroll]] for (int r = 0; r < laneRows; ++r) sums[t][r] = 0.0;
    }
    for (uint i = first + c; i < runCount(); i += kSumChains) {
      const Run run = runOf(i);
      int exact[tokensEach][laneRows];
      addRun(rows, run, isOneRun ? split : 0, isOneRun ? splits : 1, exact);
#ifndef LANES
      if (isOneRun) meet(rows.first, split, exact);
#endif
      [[unroll]] for (int r = 0; r < laneRows; ++r) {
        const float scale = paramsOf(rows, run, r).x;
        [[unroll]] for (int t = 0; t < tokensEach; ++t) {
          precise float product = float(exact[t][r]) * scale;
          precise float sum = sums[t][r] + product;
          sums[t][r] = sum;
        }
      }
    }
    [[unroll]] for (int level = 0; level < 3; ++level) {
      const bool isSecond = (c >> level & 1) == 1;
      [[unroll]] for (int t = 0; t < tokensEach; ++t) {
        [[unroll]] for (int r = 0; r < laneRows; ++r) {
          if (isSecond) {
            precise float both = waiting[level][t][r] + sums[t][r];
            sums[t][r] = both;
          } else {
            waiting[level][t][r] = sums[t][r];
          }
        }
      }
      if (!isSecond) break;
    }
  }
#ifndef LANES
  if (isOneRun) return;
  for (uint step_ = 1; step_ < splits; step_ *= 2) {
    [[unroll]] for (int t = 0; t < tokensEach; ++t) floats[t][split][rows.first] = sums[t][0];
    barrier();
    if (split % (2 * step_) == 0) {
      [[unroll]] for (int t = 0; t < tokensEach; ++t) {
        precise float both = sums[t][0] + floats[t][split + step_][rows.first];
        sums[t][0] = both;
      }
    }
    barrier();
  }
#endif
}

// Σ fp16(x) · weight of the columns that are multiplied as floats.
void addOutliers(Rows rows, float factors[laneRows], inout float values[tokensEach][laneRows]) {
  if (push.segment[0].table == kNone) return;
  float sums[tokensEach][laneRows];
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    [[unroll]] for (int r = 0; r < laneRows; ++r) sums[t][r] = 0.0;
  }
  bool isAny = false;
  for (uint u = 0; u < push.units; ++u) {
    for (uint mask = arenaWords[tokenRow[0] + codedMasks(push.units) + u]; mask != 0; mask &= mask - 1) {
      const int bit = findLSB(mask);
      const uint column = u * kUnitValues + uint(bit);
      isAny = true;
      [[unroll]] for (int r = 0; r < laneRows; ++r) {
        const Unit unit = loadUnit(rows.base, push.units, u, rowAt(rows, r));
        const vec3 p = params(rows.source, unit, GROUPS_PER_UNIT == 1 ? u / push.unitsPerGroup : u,
                              bit * GROUPS_PER_UNIT / int(kUnitValues), rowAt(rows, r));
        const int level = int(unsignedCodes(unit, bit / 4)[bit % 4]) + int(p.y);
        precise float weight = p.x * float(level);
        if (hasFactors == 1) weight = weight * factors[r];
        [[unroll]] for (int t = 0; t < tokensEach; ++t) {
          precise float product = nearestHalf(arena[tokenFloats[t] + column]) * weight;
          precise float sum = sums[t][r] + product;
          sums[t][r] = sum;
        }
      }
    }
  }
  if (!isAny) return;
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    [[unroll]] for (int r = 0; r < laneRows; ++r) {
      precise float value = values[t][r] + sums[t][r];
      values[t][r] = value;
    }
  }
}

// Everything but residual and pairing. @param tile of the whole stack  @param bias of its first row
// @param split 0 has the result
void product(uint s, uint tile, uint bias, uint first, uint split, out float values[tokensEach][laneRows]) {
  Rows rows;
  const uint perTile = tileQuads(push.units, push.groups);
  rows.base = push.segment[s].base + tile * perTile;
  rows.first = first;
  rows.source = paramSource((rows.base + unitQuads(push.units)) * 4, push.groups, 0, push.segment[s].row + tile * kTileRows);
  multiply(rows, split, values);
  if (split != 0) return;
  float factors[laneRows];
  [[unroll]] for (int r = 0; r < laneRows; ++r) {
    factors[r] = loadFactor(rows.base + perTile, rowAt(rows, r));
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {
      precise float value = values[t][r];
      if (hasFactors == 1) value = value * factors[r];
      value = value * uintBitsToFloat(arenaWords[tokenRow[t]]);
      values[t][r] = value;
    }
  }
  addOutliers(rows, factors, values);
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    [[unroll]] for (int r = 0; r < laneRows; ++r) {
      precise float value = values[t][r];
      if (push.segment[s].bias != kNone) value = value + loadConstant(push.segment[s].bias + bias + first + r);
      values[t][r] = rounded(value);
    }
  }
}

void main() {
#ifdef LANES
  const uint first = gl_LocalInvocationID.x * laneRows, split = 0;
#else
  const uint first = gl_LocalInvocationID.x, split = gl_LocalInvocationID.y;
#endif
  const Routed routed = routedBy(gl_WorkGroupID.y);
  if (!routed.isHere) return;  // the whole workgroup
  const uint firstToken = routed.token * tokensEach;  // one each where it is routed
  // Rows of floats and of codes lie one behind the other: those of a token's slots, where these have their own.
  const uint slots = isRouted == 1 && push.segment[2].bias != 0 ? push.segment[2].result : 1;
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    const uint token = min(firstToken + t, push.tokenCount - 1);
    const uint row = token * slots + (slots == 1 ? 0 : routed.inQuads / push.segment[2].bias);
    tokenRow[t] = (push.inQuad + token * push.inStrideQuads + routed.inQuads) * 4;
    tokenFloats[t] = push.segment[0].table + row * push.units * kUnitValues;
  }
  const bool swiGlu = push.segments == kSwiGluPairing;
  uint s = 0, tile = gl_WorkGroupID.x;
  while (!swiGlu && s + 1 < push.segments && tile >= push.segment[s].tiles) tile -= push.segment[s++].tiles;
  float values[tokensEach][laneRows], gate[tokensEach][laneRows];
  for (uint p = 0; p < (swiGlu ? 2 : 1); ++p) {
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {
      [[unroll]] for (int r = 0; r < laneRows; ++r) gate[t][r] = values[t][r];
    }
    product(s + p, routed.tile + tile, routed.bias + tile * kTileRows, first, split, values);
  }
  if (split != 0) return;
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    if (firstToken + t >= push.tokenCount) continue;
    [[unroll]] for (int r = 0; r < laneRows; ++r) {
      const uint at = (firstToken + t) * push.segment[s].stride + routed.result + tile * kTileRows + first + r;
      float value = values[t][r];
      if (swiGlu)
        value = silu(gate[t][r]) * value;
      else if (push.segment[s].residual != kNone)
        value += arena[push.segment[s].residual + at];
      arena[push.segment[s].result + at] = value;
    }
  }
}
