// The descriptor set that all kernels share.
//
// Weights and activations are seen through two windows each: storage buffers, which every device reads well, and texel
// buffers, which software renderers gather from far faster. LANES selects the latter; see gpu/README.md.

#include "common/interface.h"
layout(set = kMainSet, binding = kWeightsBinding, std430) readonly buffer WeightQuads { uvec4 weightQuads[]; };
layout(set = kMainSet, binding = kWeightsBinding, std430) readonly buffer WeightWords { uint weightWords[]; };
layout(set = kMainSet, binding = kWeightQuadTexelsBinding) uniform usamplerBuffer weightQuadTexels;
layout(set = kMainSet, binding = kWeightWordTexelsBinding) uniform usamplerBuffer weightWordTexels;
// Activations: every row has a stride of whole 32 floats, and the floats behind its width are zero.
layout(set = kMainSet, binding = kArenaBinding, std430) buffer Arena { float arena[]; };
layout(set = kMainSet, binding = kArenaBinding, std430) buffer ArenaQuads { vec4 arenaQuads[]; };
// Codes of activations (core/model/coded_row.h), and the bits of floats.
layout(set = kMainSet, binding = kArenaBinding, std430) buffer ArenaWords { uint arenaWords[]; };
layout(set = kMainSet, binding = kArenaBinding, std430) buffer ArenaWordQuads { uvec4 arenaWordQuads[]; };
layout(set = kMainSet, binding = kArenaTexelsBinding) uniform samplerBuffer arenaQuadTexels;
// Norms, biases, code books and lattices.
layout(set = kMainSet, binding = kConstantsBinding, std430) readonly buffer Constants { float constants[]; };
layout(set = kMainSet, binding = kConstantsBinding, std430) readonly buffer ConstantWords { uint constantWords[]; };
layout(set = kMainSet, binding = kConstantTexelsBinding) uniform samplerBuffer constantTexels;
layout(set = kMainSet, binding = kTablesBinding, std140) uniform Tables { uvec4 tableQuads[kTableWords / 4]; };
layout(set = kMainSet, binding = kStateBinding, std430) readonly buffer State {
  SequenceState sequences[kMostSequences];
  uint tokens[];
};
#define STATE sequences[push.sequence]  // of the sequence whose rows a kernel works on

#ifdef LANES
uvec4 loadWeightQuad(uint i) { return texelFetch(weightQuadTexels, int(i)); }
uint loadWeightWord(uint i) { return texelFetch(weightWordTexels, int(i)).x; }
vec4 loadArenaQuad(uint i) { return texelFetch(arenaQuadTexels, int(i)); }
float loadConstant(uint i) { return texelFetch(constantTexels, int(i)).x; }
uint loadTableWord(uint i) { return tableQuads[i / 4][i % 4]; }  // gathered faster than texels
#else
uvec4 loadWeightQuad(uint i) { return weightQuads[i]; }
uint loadWeightWord(uint i) { return weightWords[i]; }
vec4 loadArenaQuad(uint i) { return arenaQuads[i]; }
float loadConstant(uint i) { return constants[i]; }
uint loadTableWord(uint i) { return constantWords[i]; }
#endif
