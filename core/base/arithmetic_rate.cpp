#include "core/base/arithmetic_rate.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

#include "core/base/parallel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace core {

namespace {

constexpr std::uint64_t kRounds = 1 << 15;
constexpr int kChains =
    12;  ///< two units of four to six cycles: enough to keep both busy, and few enough for registers

// A function that does kRounds multiply-adds in each lane of kChains chains, none of which waits for another. The
// factor keeps the numbers finite; the seed is what no compiler foresees. Every chain has a name: elements of an array
// would live in memory.
#define QS_CHAINS(function, attribute, Vector, spread, multiplyAdd, firstOf)                                        \
  attribute float function(float seed) {                                                                            \
    const Vector f = spread(0.999F + seed * 1e-6F), t = spread(seed + 1);                                           \
    Vector a = spread(0), b = spread(1), c = spread(2), d = spread(3), e = spread(4), g = spread(5), h = spread(6), \
           i = spread(7), j = spread(8), k = spread(9), l = spread(10), m = spread(11);                             \
    for (std::uint64_t round = 0; round < kRounds; ++round) {                                                       \
      a = multiplyAdd(a, f, t), b = multiplyAdd(b, f, t), c = multiplyAdd(c, f, t), d = multiplyAdd(d, f, t);       \
      e = multiplyAdd(e, f, t), g = multiplyAdd(g, f, t), h = multiplyAdd(h, f, t), i = multiplyAdd(i, f, t);       \
      j = multiplyAdd(j, f, t), k = multiplyAdd(k, f, t), l = multiplyAdd(l, f, t), m = multiplyAdd(m, f, t);       \
    }                                                                                                               \
    return firstOf(a) + firstOf(b) + firstOf(c) + firstOf(d) + firstOf(e) + firstOf(g) + firstOf(h) + firstOf(i) +  \
           firstOf(j) + firstOf(k) + firstOf(l) + firstOf(m);                                                       \
  }

struct Kernel {
  float (*run)(float seed);
  int lanes;
};

#if defined(__x86_64__)
QS_CHAINS(chainsOf16, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
QS_CHAINS(chainsOf8, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)
inline __m128 multiplyThenAdd(__m128 sum, __m128 factor, __m128 term) {
  return _mm_add_ps(_mm_mul_ps(sum, factor), term);
}
QS_CHAINS(chainsOf4, , __m128, _mm_set1_ps, multiplyThenAdd, _mm_cvtss_f32)

Kernel widest() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return {chainsOf16, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {chainsOf8, 8};
  return {chainsOf4, 4};
}
#elif defined(__aarch64__)
inline float32x4_t multiplyAdd(float32x4_t sum, float32x4_t factor, float32x4_t term) {
  return vfmaq_f32(term, sum, factor);
}
inline float firstOf(float32x4_t vector) { return vgetq_lane_f32(vector, 0); }
QS_CHAINS(chainsOf4, , float32x4_t, vdupq_n_f32, multiplyAdd, firstOf)
Kernel widest() { return {chainsOf4, 4}; }
#else
inline float same(float value) { return value; }
inline float multiplyAdd(float sum, float factor, float term) { return sum * factor + term; }
QS_CHAINS(chainsOf1, , float, same, multiplyAdd, same)
Kernel widest() { return {chainsOf1, 1}; }
#endif
#undef QS_CHAINS

}  // namespace

double measureHostArithmetic() {
  constexpr int kPasses = 5;
  constexpr std::size_t kPiecesPerCore = 8;
  const Kernel kernel = widest();
  const std::size_t pieces = kPiecesPerCore * std::max(1U, std::thread::hardware_concurrency());
  double best = 0;
  float checksum = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    checksum += parallelReduce(
        pieces, 1, 0.0F,
        [&](std::size_t first, std::size_t last, float sum) {
          for (std::size_t i = first; i != last; ++i) sum += kernel.run(static_cast<float>(i % 7));
          return sum;
        },
        std::plus<>());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double operations = 2.0 * static_cast<double>(kRounds) * kChains * kernel.lanes * static_cast<double>(pieces);
    best = std::max(best, operations / seconds);
  }
  // The sum is a positive number; using it keeps the chains from being optimised away.
  return checksum > 0 ? best : 0.0;
}

}  // namespace core
