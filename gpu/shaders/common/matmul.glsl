// What all matrix products share.
layout(push_constant) uniform Push { MatMulPush push; };

// Where a product of experts (isRouted) finds what a row of the grid computes: slot k of token t under expert e. Without
// experts, row y of the grid is token y and all else is 0.
struct Routed {
  uint token;
  uint tile;      // first of the expert's matrix in this part of the stack
  uint bias;      // first of its biases
  uint inQuads;   // of the slot in the token's input
  uint result;    // of the slot in the token's result
  bool isHere;    // whether the expert lies in this part
};
Routed routedBy(uint y) {
  if (isRouted == 0) return Routed(y, 0, 0, 0, 0, true);
  const MatMulSegment routes = push.segment[2];  // interface.h: kRoutes …
  const uint used = routes.result, token = y / used, slot = y % used;
  const uint expert = uint(arena[routes.base + token * routes.tiles + slot]), here = expert - routes.residual;
  return Routed(token, here * routes.row, expert * routes.row * kTileRows, slot * routes.bias, slot * routes.stride,
                here < routes.table);
}

float silu(float x) { return x / (1.0 + exp(-x)); }
