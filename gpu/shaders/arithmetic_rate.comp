// Chains of multiply-adds that do not wait for each other, in registers: what a device's arithmetic gives.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/arithmetic_push.h"
layout(local_size_x = kArithmeticWorkgroup) in;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { ArithmeticPush push; };

// Written out: a loop costs software renderers more than what is in it.
#define STEP                                                                               \
  a = a * f + t, b = b * f + t, c = c * f + t, d = d * f + t, e = e * f + t, g = g * f + t; \
  h = h * f + t, i = i * f + t, j = j * f + t, k = k * f + t, l = l * f + t, m = m * f + t;
#define FOUR_STEPS STEP STEP STEP STEP

void main() {
  const float f = push.factor, t = push.term, start = float(gl_LocalInvocationID.x);
  float a = start, b = start + 1.0, c = start + 2.0, d = start + 3.0, e = start + 4.0, g = start + 5.0,
        h = start + 6.0, i = start + 7.0, j = start + 8.0, k = start + 9.0, l = start + 10.0, m = start + 11.0;
  for (uint round = 0; round < push.rounds; ++round) {
    FOUR_STEPS
    FOUR_STEPS
    FOUR_STEPS
    FOUR_STEPS
  }
  arena[gl_GlobalInvocationID.x] = (a + b + c) + (d + e + g) + (h + i + j) + (k + l + m);
}
