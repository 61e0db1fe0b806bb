#include "core/numeric/half.h"

#include <cassert>
#include <cstring>

#include "core/base/multiversion.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace core::numeric {

namespace {

std::uint16_t loadCode(const std::byte* bytes) {
  std::uint16_t code = 0;
  std::memcpy(&code, bytes, sizeof(code));
  return code;
}

#if defined(__x86_64__)
// Runtime dispatch by hand: function clones through ifunc do not work under ThreadSanitizer.
bool hasF16c() {
  static const bool has = [] {  // clang 14 knows no "f16c" in __builtin_cpu_supports
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __builtin_cpu_supports("avx2") != 0 && __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
  }();
  return has;
}

/// Converts whole groups of 8 and returns how many values that were.
__attribute__((target("avx2,f16c"))) std::size_t halfGroups(const std::byte* in, float* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 2 * i))));
  return i;
}

__attribute__((target("avx2,f16c"))) std::size_t toHalfGroups(const float* in, std::uint16_t* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT));
  return i;
}

#else
bool hasF16c() { return false; }
std::size_t halfGroups(const std::byte*, float*, std::size_t) { return 0; }
std::size_t toHalfGroups(const float*, std::uint16_t*, std::size_t) { return 0; }
#endif

}  // namespace

void halfToFloat(std::span<const std::byte> bytes, std::span<float> out) {
  assert(bytes.size() == 2 * out.size());
  std::size_t i = hasF16c() ? halfGroups(bytes.data(), out.data(), out.size()) : 0;
  for (; i < out.size(); ++i) out[i] = halfToFloat(loadCode(bytes.data() + 2 * i));
}

void halfToFloat(std::span<const std::uint16_t> in, std::span<float> out) { halfToFloat(std::as_bytes(in), out); }

void floatToHalf(std::span<const float> in, std::span<std::uint16_t> out) {
  assert(in.size() == out.size());
  std::size_t i = hasF16c() ? toHalfGroups(in.data(), out.data(), in.size()) : 0;
  for (; i < in.size(); ++i) out[i] = floatToHalf(in[i]);
}

namespace {

QS_MULTIVERSION void fromBfloat16(const std::byte* __restrict__ in, float* __restrict__ out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = bfloat16ToFloat(loadCode(in + 2 * i));
}

QS_MULTIVERSION void toBfloat16(const float* __restrict__ in, std::uint16_t* __restrict__ out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = floatToBfloat16(in[i]);
}

}  // namespace

void bfloat16ToFloat(std::span<const std::byte> bytes, std::span<float> out) {
  assert(bytes.size() == 2 * out.size());
  fromBfloat16(bytes.data(), out.data(), out.size());
}

void bfloat16ToFloat(std::span<const std::uint16_t> in, std::span<float> out) {
  bfloat16ToFloat(std::as_bytes(in), out);
}

void floatToBfloat16(std::span<const float> in, std::span<std::uint16_t> out) {
  assert(in.size() == out.size());
  toBfloat16(in.data(), out.data(), in.size());
}

}  // namespace core::numeric
