// FP8 E5M2: the upper byte of an FP16. Value i is byte i.
#define QUADS 2
#define HIGHS 0
const vec4 kInputScale = vec4(1.0);
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 0
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/unit.glsl"
uint paramWords(uint units, uint groups) { return 0; }
vec3 params(ParamSource source, uint g, uint r) { return vec3(1.0, 0.0, 0.0); }
#include "common/bytes.glsl"
float code(Unit unit, int i) { return unpackHalf2x16(byteOf(unit.quads[0], unit.quads[1], i) << 8).x; }
