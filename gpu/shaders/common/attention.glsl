// What both kernels of attention share.
#include "common/bounded.glsl"
layout(push_constant) uniform Push { AttentionPush push; };

uint firstVisible(uint position) {
  return push.window != 0 && position + 1 > push.window ? position + 1 - push.window : 0;
}

// The last position that the query of a token sees.
uint lastVisible(uint token) { return push.last != kNone ? push.last : STATE.firstPosition + token; }

float capped(float score) {
  return push.softCap == 0.0 ? score : push.softCap * tanhOf(score / push.softCap);
}

// The stride of a row is whole 32 floats; what lies behind the last head has to be zero.
void clearPadding(uint token) {
  for (uint i = push.heads * push.valueHeadSize + gl_LocalInvocationID.x; i < push.resultStride; i += gl_WorkGroupSize.x) {
    arena[push.result + token * push.resultStride + i] = 0.0;
  }
}
