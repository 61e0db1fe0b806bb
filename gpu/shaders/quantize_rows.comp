// Rows as signed bytes or as floats that FP8 E4M3 has: the formulas of core/model/ops/quantize_rows.h, bit for bit.
// Magnitudes are compared as integers, quotients divided so; products are rounded once. A workgroup has a row.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/row_scale.glsl"
layout(push_constant) uniform Push { QuantizeRowsPush push; };

const uint kLargestE4M3Bits = 0x43E00000u;  // 448
shared uint largest[gl_WorkGroupSize.x];

uint magnitudeAt(uint column) {
  const uint bits = arenaWords[push.from + gl_WorkGroupID.x * push.inStride + column] & 0x7FFFFFFFu;
  return isOutlier(bits, floatBitsToUint(push.threshold)) ? 0 : bits;
}

// Of the whole row.
uint largestMagnitude() {
  const uint i = gl_LocalInvocationID.x;
  uint own = 0;
  for (uint column = i; column < push.width; column += gl_WorkGroupSize.x) own = max(own, magnitudeAt(column));
  largest[i] = own;
  barrier();
  for (uint k = 0; k < gl_WorkGroupSize.x; ++k) own = max(own, largest[k]);
  return own;
}

// Bits of a code's scale and of what values are multiplied by, 0 where all codes are 0.
uvec2 scaleOf(uint magnitude) {
  if (magnitude >= kInfinityBits) return uvec2(kNanBits, 0u);
  if (push.kind == kStaticBytes || push.kind == kStaticFloats)
    return uvec2(floatBitsToUint(push.scale), floatBitsToUint(push.inverse));
  const uvec2 scale = rowScale(magnitude, push.kind == kDynamicFloats ? kLargestE4M3Bits : kLargestCodeBits);
  if (push.kind != kOutlierBytes || scale.y == 0) return scale;
  precise float outlierScale = uintBitsToFloat(magnitude) * push.outlierScale;
  return uvec2(floatBitsToUint(outlierScale), scale.y);
}

int codeOf(uint column, uint inverse, uint mask) {
  if (column >= push.width || (mask >> (column % kUnitValues) & 1u) != 0) return 0;
  if (inverse == 0) return push.zeroPoint;
  precise float multiplied = arena[push.from + gl_WorkGroupID.x * push.inStride + column] * uintBitsToFloat(inverse);
  return clamp(int(roundEven(clamp(multiplied, -512.0, 512.0))) + push.zeroPoint, -128, 127);
}

// Half a unit: 16 columns, four words of codes and one of sums.
void encodeHalf(uint part, uint inverse, uint row, uint units) {
  const uint mask = push.kind == kOutlierBytes && push.threshold > 0.0
      ? arenaWords[row + codedMasks(units) + part / 2] : 0;
  int sums[2] = int[2](0, 0);
  for (uint w = 0; w < 4; ++w) {
    uint word = 0;
    for (uint i = 0; i < 4; ++i) {
      const int code = codeOf(part * 16 + w * 4 + i, inverse, mask);
      sums[w / 2] += code;
      word |= (uint(code) & 0xFFu) << (8 * i);
    }
    arenaWords[row + kCodedHead + part * 4 + w] = word;
  }
  arenaWords[row + codedSums(units) + part] = (uint(sums[0]) & 0xFFFFu) | uint(sums[1]) << 16;
}

void encode(uvec2 scale, uint row) {
  const uint units = (push.width + kUnitValues - 1) / kUnitValues;
  for (uint h = gl_LocalInvocationID.x; h < units * 2; h += gl_WorkGroupSize.x) encodeHalf(h, scale.y, row, units);
  if (push.threshold == 0.0) {
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x)
      arenaWords[row + codedMasks(units) + u] = 0;
  }
  if (gl_LocalInvocationID.x != 0) return;
  arenaWords[row] = scale.x;
  arenaWords[row + 1] = uint(push.zeroPoint);
  arenaWords[row + 2] = 0;
  arenaWords[row + 3] = 0;
}

// The nearest E4M3, ties to even, saturated.
float nearestE4M3(float x, uint sign) {
  const uint magnitude = floatBitsToUint(x) & 0x7FFFFFFFu;
  uint bits = (magnitude + 0x7FFFFu + ((magnitude >> 20) & 1u)) & 0xFFF00000u;
  if (magnitude < 0x3C800000u)  // below 2^-6: multiples of 2^-9
    bits = floatBitsToUint(roundEven(uintBitsToFloat(magnitude) * 512.0) * (1.0 / 512.0));
  return uintBitsToFloat(min(bits, kLargestE4M3Bits) | sign);
}

void roundRow(uvec2 scale, uint row) {
  for (uint column = gl_LocalInvocationID.x; column < push.resultStride; column += gl_WorkGroupSize.x) {
    uint bits = 0;
    if (column < push.width && scale.y == 0) {
      bits = scale.x == kNanBits ? kNanBits : 0;
    } else if (column < push.width) {
      const uint at = push.from + gl_WorkGroupID.x * push.inStride + column;
      precise float multiplied = arena[at] * uintBitsToFloat(scale.y);
      precise float value = nearestE4M3(multiplied, arenaWords[at] & 0x80000000u) * uintBitsToFloat(scale.x);
      bits = floatBitsToUint(value);
    }
    arenaWords[row + column] = bits;
  }
}

void main() {
  const uvec2 scale = scaleOf(largestMagnitude());
  const uint row = push.result + gl_WorkGroupID.x * push.resultStride;
  if (push.kind == kDynamicFloats || push.kind == kStaticFloats)
    roundRow(scale, row);
  else
    encode(scale, row);
}
