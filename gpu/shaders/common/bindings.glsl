// Descriptor sets that all kernels share (host half: gpu/kernels/kernel_bindings.h).
//
// Weights and activations are seen through two windows each: storage buffers, which every device reads well, and texel
// buffers, which software renderers gather from far faster. LANES selects the latter; see gpu/README.md.

layout(set = 0, binding = 0, std430) readonly buffer WeightQuads { uvec4 weightQuads[]; };
layout(set = 0, binding = 0, std430) readonly buffer WeightWords { uint weightWords[]; };
layout(set = 0, binding = 1) uniform usamplerBuffer weightQuadTexels;
layout(set = 0, binding = 2) uniform usamplerBuffer weightWordTexels;
// Activations: every row has a stride of whole 32 floats, and the floats behind its width are zero.
layout(set = 0, binding = 3, std430) buffer Arena { float arena[]; };
layout(set = 0, binding = 3, std430) buffer ArenaQuads { vec4 arenaQuads[]; };
layout(set = 0, binding = 4) uniform samplerBuffer arenaQuadTexels;
// Norms, biases and code books.
layout(set = 0, binding = 5, std430) readonly buffer Constants { float constants[]; };
layout(set = 0, binding = 6) uniform samplerBuffer constantTexels;
// What changes from token to token, so that recorded commands need not.
layout(set = 0, binding = 7, std430) readonly buffer State {
  uint firstPosition;  // of the batch's first token
  uint unused[7];
  uint tokens[];
};

#ifdef LANES
uvec4 loadWeightQuad(uint i) { return texelFetch(weightQuadTexels, int(i)); }
uint loadWeightWord(uint i) { return texelFetch(weightWordTexels, int(i)).x; }
vec4 loadArenaQuad(uint i) { return texelFetch(arenaQuadTexels, int(i)); }
float loadConstant(uint i) { return texelFetch(constantTexels, int(i)).x; }
#else
uvec4 loadWeightQuad(uint i) { return weightQuads[i]; }
uint loadWeightWord(uint i) { return weightWords[i]; }
vec4 loadArenaQuad(uint i) { return arenaQuads[i]; }
float loadConstant(uint i) { return constants[i]; }
#endif

const uint kNone = 0xFFFFFFFFu;
