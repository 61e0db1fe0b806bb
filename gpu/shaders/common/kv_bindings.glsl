// Keys and values of one layer: rows of one position each, in 32-bit words (interface.h).
layout(set = kKvSet, binding = kKeysBinding, std430) buffer KeyWords { uint keyWords[]; };
layout(set = kKvSet, binding = kKeysBinding, std430) readonly buffer KeyQuads { uvec4 keyQuads[]; };
layout(set = kKvSet, binding = kValuesBinding, std430) buffer ValueWords { uint valueWords[]; };
layout(set = kKvSet, binding = kValuesBinding, std430) readonly buffer ValueQuads { uvec4 valueQuads[]; };
layout(set = kKvSet, binding = kKeyTexelsBinding) uniform usamplerBuffer keyQuadTexels;
layout(set = kKvSet, binding = kValueTexelsBinding) uniform usamplerBuffer valueQuadTexels;
// (cos, sin) of position · frequency[pair], [capacity, pairs].
layout(set = kKvSet, binding = kRotationBinding, std430) readonly buffer Rotation { vec2 rotation[]; };

#ifdef LANES
uvec4 loadKeyQuad(uint i) { return texelFetch(keyQuadTexels, int(i)); }
uvec4 loadValueQuad(uint i) { return texelFetch(valueQuadTexels, int(i)); }
#else
uvec4 loadKeyQuad(uint i) { return keyQuads[i]; }
uvec4 loadValueQuad(uint i) { return valueQuads[i]; }
#endif
