// Push constants of the matrix products (host half: gpu/kernels/matmul_kernel.h). Up to three weights that share their
// input and layout make one dispatch.
struct Segment {
  uint base;      // quad where the weights begin
  uint tiles;     // of 32 rows
  uint out_;      // arena float of the first output
  uint stride;    // floats from token to token of output and residual
  uint bias;      // first constant, or kNone
  uint residual;  // arena float of what is added, or kNone
  uint table;     // first constant of the code book
  uint row;       // of the whole tensor: first row here
};
layout(push_constant) uniform Push {
  uint inQuad;         // arena quad of the first input
  uint inStride;       // quads from token to token
  uint units;          // of 32 values per row
  uint tokenCount;
  uint groups;         // scales per row
  uint unitsPerGroup;  // 1 where a unit has several groups
  uint pairing;        // kPlain or kSwiGlu
  uint segments;
  Segment segment[3];
} push;

const uint kPlain = 0;   // each segment for itself
const uint kSwiGlu = 1;  // out = silu(segment 0) · segment 1

float silu(float x) { return x / (1.0 + exp(-x)); }
