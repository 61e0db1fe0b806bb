// Push constants of attention (host half: gpu/kernels/attention_kernel.h).
layout(push_constant) uniform Push {
  uint query, queryStride;  // arena floats
  uint out_, outStride;     // arena floats
  uint heads, kvHeads;
  uint headSize, valueHeadSize;
  uint window;  // positions a query sees, itself included; 0: all
  float scale;  // 1 / sqrt(head size)
} push;

uint firstVisible(uint position) {
  return push.window != 0 && position + 1 > push.window ? position + 1 - push.window : 0;
}

// The stride of a row is whole 32 floats; what lies behind the last head has to be zero.
void clearPadding(uint token) {
  for (uint i = push.heads * push.valueHeadSize + gl_LocalInvocationID.x; i < push.outStride; i += gl_WorkGroupSize.x) {
    arena[push.out_ + token * push.outStride + i] = 0.0;
  }
}
