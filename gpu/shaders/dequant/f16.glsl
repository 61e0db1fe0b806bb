// FP16: quad s holds values 8s … 8s + 7, the even ones in the low halves.
#define QUADS 4
#define HIGHS 0
const vec4 kInputScale = vec4(1.0);
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 0
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/unit.glsl"
uint paramWords(uint units, uint groups) { return 0; }
vec3 params(ParamSource source, uint g, uint r) { return vec3(1.0, 0.0, 0.0); }
float code(Unit unit, int i) {
  const vec2 pair = unpackHalf2x16(unit.quads[i >> 3][(i >> 1) & 3]);
  return (i & 1) == 0 ? pair.x : pair.y;
}
