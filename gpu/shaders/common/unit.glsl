// Packed weights on the device (host half: gpu/packed_format.h).
//
// Rows are taken in tiles of 32, rows of a tile lie interleaved, so that neighbouring lanes, one row each, read
// neighbouring words. Along the row 32 values are a unit. A tile is, in this order:
//   quads   [unit][QUADS][32 rows] uvec4   the wide part of the codes
//   highs   [unit][HIGHS][32 rows] uint    codes or bits of codes that do not fill quads
//   params  layout-specific                scales, minima, zero-points; where EXTRA_HALF is defined, they begin with 16
//                                          more bits of each unit in pairs: [unit / 2][32 rows] uint
//   factors [32 rows] float                where hasFactors is 1: what all values of a row are multiplied by at last
//
// Each dequant/*.glsl defines QUADS, HIGHS and
//   vec4 codes(Unit unit, int m)             values 4m … 4m + 3 of the unit before scaling, divided by kInputScale
//   vec4 kInputScale                         powers of two by which inputs are multiplied instead of shifting codes
//   uint paramWords(uint units, uint groups) words of params per tile
//   GROUPS_PER_UNIT                          1, 2 or 4: how often the scale changes inside a unit
//   vec3 params(ParamSource source, Unit unit, uint g, int f, Row r)
//                                            (scale, zero, minimum): value = scale · (code + zero) + minimum of group g,
//                                            or where a unit has several, of its group f, and g is the unit
//   HAS_SCALE, HAS_ZERO, HAS_MINIMUM         0 where that part is always 1, 0, 0
// and where it looks values up in a table among the constants, NEEDS_TABLE and
//   void prepareTable(uint table)            called once by every invocation of the kernel before the first codes();
//                                            kernels whose workgroups keep the table in shared memory define
//                                            SHARED_TABLE, their number of invocations

#include "common/param_words.h"
#include "common/specialization.h"
QS_WEIGHTS(QS_SPECIALIZE)

struct Unit {
#if QUADS > 0
  uvec4 quads[QUADS];
#endif
#if HIGHS > 0
  uint highs[HIGHS];
#endif
#ifdef EXTRA_HALF
  uint extra;
#endif
#ifdef OWN_LEVELS
  uint first, row;  // where the unit's codes begin, and the row of the tile
  uint levels;      // where the table of its row and group begins, of which every fourth word is its own
#endif
};

// Where params() finds what it needs.
struct ParamSource {
  uint words;    // first word of the tile's params
  uint groups;   // scales per row
  uint table;    // first constant of the code book
  uint row;      // of the whole tensor: first row of the tile
  float offset;  // of nested scales
};
#ifndef NESTED_OFFSET
#define NESTED_OFFSET(table) 0.0
#endif
ParamSource paramSource(uint words, uint groups, uint table, uint row) {
  return ParamSource(words, groups, table, row, NESTED_OFFSET(table));
}

uint paramWords(uint units, uint groups);

uint unitQuads(uint units) { return units * kTileRows * (4 * QUADS + HIGHS) / 4; }
uint tileQuads(uint units, uint groups) {
  return unitQuads(units) + (paramWords(units, groups) + hasFactors * kTileRows) / 4;
}

// A row of the tile: first + part. Kernels of which an invocation has several neighbouring rows give each a constant part.
struct Row {
  uint first;
  int part;
};
uint numberOf(Row row) { return row.first + row.part; }

// The row's word of a line of kTileRows words.
uint loadRowWord(uint line, Row row) {
#ifdef LANES
  // A texel of four words serves four rows; the compiler sees that they fetch the same.
  if (laneRows % 4 == 0) return loadWeightQuad((line + row.first) / 4 + row.part / 4)[row.part % 4];
#endif
  return loadWeightWord(line + numberOf(row));
}

// @param endQuad where the row's tile ends
float loadFactor(uint endQuad, Row row) {
  return hasFactors == 1 ? uintBitsToFloat(loadRowWord(endQuad * 4 - kTileRows, row)) : 1.0;
}

Unit loadUnit(uint tileQuad, uint units, uint u, Row row) {
  Unit unit;
#if QUADS > 0
  [[unroll]] for (int s = 0; s < QUADS; ++s) {
    unit.quads[s] = loadWeightQuad(tileQuad + (u * QUADS + s) * kTileRows + numberOf(row));
  }
#endif
#if HIGHS > 0
  const uint highs = (tileQuad + units * QUADS * kTileRows) * 4;
  [[unroll]] for (int h = 0; h < HIGHS; ++h) unit.highs[h] = loadRowWord(highs + (u * HIGHS + h) * kTileRows, row);
#endif
#ifdef EXTRA_HALF
  const uint extras = loadRowWord((tileQuad + unitQuads(units)) * 4 + (u >> 1) * kTileRows, row);
  unit.extra = bitfieldExtract(extras, 16 * int(u & 1), 16);
#endif
#ifdef OWN_LEVELS
  unit.row = numberOf(row);
  unit.first = tileQuad * 4 + u * kTileRows * (4 * QUADS + HIGHS);
  const uint rowQuad = u / unitsPerTable * (kTileRows / 4) + numberOf(row) / 4;
  unit.levels = (tileQuad + unitQuads(units) + rowQuad * kLevelWords) * 4 + numberOf(row) % 4;
#endif
  return unit;
}

// Entry i of a plane of FP16 or of bytes that begins at a word: two or four entries share a word, [word][32 rows].
float halfOf(uint words, uint i, Row r) {
  const vec2 pair = unpackHalf2x16(loadRowWord(words + (i >> 1) * kTileRows, r));
  return (i & 1) == 0 ? pair.x : pair.y;
}
uint byteOf(uint words, uint i, Row r) {
  return bitfieldExtract(loadRowWord(words + (i >> 2) * kTileRows, r), 8 * int(i & 3), 8);
}
