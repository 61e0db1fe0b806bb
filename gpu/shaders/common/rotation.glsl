// RoPE: (a·cos − b·sin, a·sin + b·cos). `precise`: every kernel that rotates makes the same bits.
vec2 rotated(float a, float b, vec2 turn) {
  precise float x = a * turn.x - b * turn.y;
  precise float y = a * turn.y + b * turn.x;
  return vec2(x, y);
}
