// The CodeBook layout: codeBook[q] · absmax. The 16 values lie in the constants at `table`.
// Not nested: FP32 absmax, [g][32 rows]. Nested (double quantization): byte codes, four groups per word,
// [g / 4][32 rows]; absmax = map[code] · nestedAbsmax[flat block / 256] + offset, with map (256 values), offset and
// nestedAbsmax behind the code book in the constants.
#include "common/specialization.h"
QS_CODE_BOOK_LAYOUT(QS_SPECIALIZE)
#define QUADS 1
#define HIGHS 0
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#define NESTED_OFFSET(table) (nested == 1 ? loadConstant(table + kNestedOffset) : 0.0)
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/levels.glsl"
vec4 codes(Unit unit, int m) { return levelsOf(unit.quads[0], m); }
uint paramWords(uint units, uint groups) { return codeBookParamWords(nested == 1, groups); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  if (nested == 0) return vec3(uintBitsToFloat(loadRowWord(source.words + g * kTileRows, r)), 0.0, 0.0);
  const uint code8 = byteOf(source.words, g, r);
  const uint flatBlock = (source.row + numberOf(r)) * source.groups + g;
  const float scale = loadConstant(source.table + kNestedAbsmax + flatBlock / kNestedBlock);
  precise float product = loadConstant(source.table + kNestedMap + code8) * scale;
  precise float absmax = product + source.offset;
  return vec3(absmax, 0.0, 0.0);
}
