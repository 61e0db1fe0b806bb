#include "core/model/ops/vector_kernels.h"

#include <utility>
#include <vector>

#include "core/numeric/half.h"

// GCC compiles the functions between these pragmas for a wider instruction set than the rest of the program; which of
// them runs is decided once, by what the processor reports. Other compilers and processors use the baseline alone.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define QS_WIDE_VECTORS 1
#include <immintrin.h>
#else
#define QS_WIDE_VECTORS 0
#endif

// Vectors wider than the baseline's registers are passed among functions of this file alone.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace core::model::ops {

namespace {

namespace baseline {
#define QS_LANES 4
#define QS_ROWS 3
#define QS_XS 4
#include "core/model/ops/vector_kernels.inc"
#undef QS_LANES
#undef QS_ROWS
#undef QS_XS
}  // namespace baseline

#if QS_WIDE_VECTORS
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
namespace avx2 {
#define QS_LANES 8
#define QS_ROWS 3
#define QS_XS 4
#include "core/model/ops/vector_kernels.inc"
#undef QS_LANES
#undef QS_ROWS
#undef QS_XS
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
namespace avx512 {
#define QS_LANES 16
#define QS_ROWS 4
#define QS_XS 6
#include "core/model/ops/vector_kernels.inc"
#undef QS_LANES
#undef QS_ROWS
#undef QS_XS
}  // namespace avx512
#pragma GCC pop_options
#endif

#define QS_KERNELS(set)                                                                                            \
  {                                                                                                                \
#set, &set::dotRows, &set::addScaledRows, &set::addProducts, &set::exps, &set::logistics, &set::lookUpNibbles, \
        set::kPackedKernels                                                                                        \
  }

std::vector<VectorKernels> findRunnable() {
  std::vector<VectorKernels> found = {QS_KERNELS(baseline)};
#if QS_WIDE_VECTORS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
    found.push_back(QS_KERNELS(avx2));
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      found.push_back(QS_KERNELS(avx512));
  }
#endif
  return found;
}
#undef QS_KERNELS

}  // namespace

std::span<const VectorKernels> runnableVectorKernels() {
  static const std::vector<VectorKernels> kernels = findRunnable();
  return kernels;
}

const VectorKernels& vectorKernels() {
  static const VectorKernels& best = runnableVectorKernels().back();
  return best;
}

}  // namespace core::model::ops
