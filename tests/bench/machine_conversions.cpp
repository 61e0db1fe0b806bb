#include "machine_conversions.h"

#include <cfenv>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bench {

#if defined(__x86_64__)

bool hasF16c() { return __builtin_cpu_supports("f16c") != 0; }
bool hasAvx512Bf16() { return __builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_supports("avx512vl") != 0; }

namespace {

template <int Mode>
__attribute__((target("avx,f16c"))) void convertToHalf(const float* in, std::uint16_t* out) {
  for (std::size_t i = 0; i < kBatch; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(in + i), Mode));
}

}  // namespace

void toHalf(const float* in, std::uint16_t* out, int mode) {
  switch (mode) {
    case 0:
      return convertToHalf<0>(in, out);
    case 1:
      return convertToHalf<1>(in, out);
    case 2:
      return convertToHalf<2>(in, out);
    default:
      return convertToHalf<3>(in, out);
  }
}

__attribute__((target("avx512f,avx512vl,avx512bf16"))) void toBfloat16(const float* in, std::uint16_t* out) {
  for (std::size_t i = 0; i < kBatch; i += 8) {
    const __m128bh codes = _mm256_cvtneps_pbh(_mm256_loadu_ps(in + i));
    std::memcpy(out + i, &codes, sizeof(codes));
  }
}

#else

bool hasF16c() { return false; }
bool hasAvx512Bf16() { return false; }
void toHalf(const float*, std::uint16_t*, int) {}
void toBfloat16(const float*, std::uint16_t*) {}

#endif

// Compiled with -frounding-math: nothing is moved across the change of the mode.
void narrow(const double* in, float* out, int mode) {
  std::fesetround(mode);
  for (std::size_t i = 0; i < kBatch; ++i) {
    const volatile double value = in[i];
    out[i] = static_cast<float>(value);
  }
  std::fesetround(FE_TONEAREST);
}

}  // namespace bench
