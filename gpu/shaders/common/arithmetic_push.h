// What arithmetic_rate.comp is told, as C++ and as GLSL; members of four bytes.
#ifndef QS_GPU_ARITHMETIC_PUSH_H
#define QS_GPU_ARITHMETIC_PUSH_H

#include "interface.h"
#ifdef __cplusplus
namespace gpu {
#endif

QS_CONSTANT uint kArithmeticWorkgroup = 128u;     // what every device has
QS_CONSTANT uint kArithmeticOfRound = 12u * 16u;  // multiply-adds: steps of each chain

struct ArithmeticPush {
  uint rounds;
  float factor, term;  // below 1, so that the sums stay finite
};

#ifdef __cplusplus
}  // namespace gpu
#endif
#endif
