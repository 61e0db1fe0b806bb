// result[t] = row tokens[t] of the weight, or, by position p, row first + step · p, decoded exactly as the CPU decodes it. One invocation decodes a unit.
// Rows outside [row, row + rows) lie in another part of the tensor, which has a dispatch of its own.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/specialization.h"
QS_EMBED(QS_SPECIALIZE)
#include "layout.glsl"
#include "common/decoded.glsl"
layout(push_constant) uniform Push { EmbedPush push; };

void main() {
  const uint u = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  const uint wanted = byPosition == 1 ? push.first + push.step * (STATE.firstPosition + t) : tokens[t], row = wanted - push.row;
  if (u >= push.units || wanted < push.row || row >= push.rows) return;
  const uint tile = row / kTileRows, r = row % kTileRows;
  const uint base = push.base + tile * tileQuads(push.units, push.groups);
  const ParamSource source =
      paramSource((base + unitQuads(push.units)) * 4, push.groups, push.table, push.row + tile * kTileRows);
#ifdef NEEDS_TABLE
  prepareTable(push.table);
#endif
  const Unit unit = loadUnit(base, push.units, u, Row(r, 0));
  const float factor = loadFactor(base + tileQuads(push.units, push.groups), Row(r, 0));
  vec3 p = vec3(1.0, 0.0, 0.0);
  [[unroll]] for (int m = 0; m < 8; ++m) {
    if (m % (8 / GROUPS_PER_UNIT) == 0) {
      p = params(source, unit, GROUPS_PER_UNIT == 1 ? u / push.unitsPerGroup : u, m * GROUPS_PER_UNIT / 8,
                 Row(r, 0));
    }
    const vec4 w = decoded(unit, m, p, factor);
    [[unroll]] for (int c = 0; c < 4; ++c) {
      const uint column = u * kUnitValues + 4 * m + c;
      arena[push.result + t * push.stride + column] = column < push.width ? w[c] : 0.0;
    }
  }
}
