// The CodeBook layout: codeBook[q] · absmax. The 16 values lie in the constants at `table`.
// NESTED 0: FP32 absmax, [g][32 rows]. NESTED 1 (double quantization): byte codes, four groups per word,
// [g / 4][32 rows]; absmax = map[code] · nestedAbsmax[flat block / 256] + offset, with map (256 values), offset and
// nestedAbsmax behind the code book in the constants.
layout(constant_id = 3) const uint NESTED = 0;
#define QUADS 1
#define HIGHS 0
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
uint codeBookTable;  // set by the kernel before the first code()
#define NEEDS_TABLE
float code(Unit unit, int i) { return loadConstant(codeBookTable + nibbleOf(unit.quads[0], i)); }
uint paramWords(uint units, uint groups) { return NESTED == 0 ? groups * 32 : (groups + 3) / 4 * 32; }
vec3 params(ParamSource source, uint g, uint r) {
  if (NESTED == 0) return vec3(uintBitsToFloat(loadWeightWord(source.words + g * 32 + r)), 0.0, 0.0);
  const uint code8 = bitfieldExtract(loadWeightWord(source.words + (g >> 2) * 32 + r), 8 * int(g & 3), 8);
  const uint flatBlock = (source.row + r) * source.groups + g;
  const float offset = loadConstant(source.table + 272);
  const float nested = loadConstant(source.table + 273 + (flatBlock >> 8));
  precise float product = loadConstant(source.table + 16 + code8) * nested;
  precise float absmax = product + offset;
  return vec3(absmax, 0.0, 0.0);
}
