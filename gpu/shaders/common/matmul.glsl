// What all matrix products share.
layout(push_constant) uniform Push { MatMulPush push; };

float silu(float x) { return x / (1.0 + exp(-x)); }
