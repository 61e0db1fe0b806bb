#include "core/model/ops/block_kernels.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <vector>

#include "core/numeric/half.h"

// As in vector_kernels.cpp: functions between the pragmas run only on processors that have the instructions.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define QS_WIDE_BLOCKS 1
#include <immintrin.h>
#else
#define QS_WIDE_BLOCKS 0
#endif

namespace core::model::ops {

namespace {

constexpr std::size_t kTokens = BlockTile::kTokens, kMostRows = BlockTile::kMostRows;
/// [chains][rows][tokens]
using Chains = float[kChains][kMostRows][kTokens];

using Bytes16 = std::uint8_t __attribute__((vector_size(16)));
using Bytes32 = std::uint8_t __attribute__((vector_size(32)));
using Words8 = std::uint16_t __attribute__((vector_size(16)));
using Words16 = std::uint16_t __attribute__((vector_size(32)));
using Shorts8 = std::int16_t __attribute__((vector_size(16)));
using Shorts16 = std::int16_t __attribute__((vector_size(32)));
using Ints8 = std::int32_t __attribute__((vector_size(32)));
using Eight = float __attribute__((vector_size(32)));

#define QS_INLINED
namespace plain {

/// Bit i of `bits` as bit 4 of byte i.
inline Bytes32 fifthBits(std::uint32_t bits) {
  Bytes32 found;
  for (int i = 0; i < 32; ++i) found[i] = static_cast<std::uint8_t>((bits >> i & 1U) << 4);
  return found;
}
inline Shorts8 widen(std::uint64_t bytes) {
  Shorts8 words;
  for (int i = 0; i < 8; ++i) words[i] = static_cast<std::int8_t>(bytes >> (8 * i) & 0xFFU);
  return words;
}
inline Bytes32 lookUp(const std::int8_t* levels, Bytes32 codes) {
  Bytes32 found;
  for (int i = 0; i < 32; ++i) found[i] = static_cast<std::uint8_t>(levels[codes[i]]);
  return found;
}

/// Adds the products of 32 codes with inputs, half by half under the scales of a piece.
template <bool IsSigned>
inline Ints8 addPiece(Ints8 sum, Bytes32 codes, const std::int8_t* inputs, Shorts16 scales, int piece) {
  for (int half = 0; half < 2; ++half) {
    std::int32_t exact = 0;
    for (int i = 16 * half; i < 16 * half + 16; ++i)
      exact += (IsSigned ? static_cast<std::int8_t>(codes[i]) : codes[i]) * inputs[i];
    sum[half] += exact * scales[8 * half + piece];
  }
  return sum;
}
/// The same without scales.
template <bool IsSigned>
inline Ints8 addWhole(Ints8 sum, Bytes32 codes, const std::int8_t* inputs) {
  for (int i = 0; i < 32; ++i) sum[0] += (IsSigned ? static_cast<std::int8_t>(codes[i]) : codes[i]) * inputs[i];
  return sum;
}
inline Ints8 addShorts(Ints8 sum, Shorts16 a, Shorts16 b) {
  for (int i = 0; i < 16; ++i) sum[i / 2] += std::int32_t{a[i]} * b[i];
  return sum;
}
inline Eight halvesToFloats(Words8 halves) {
  Eight values;
  for (int i = 0; i < 8; ++i) values[i] = numeric::halfToFloat(halves[i]);
  return values;
}

/// A side of a pair, 16 bits of a word.
inline std::int32_t sideOf(std::uint32_t both, std::size_t side) {
  return static_cast<std::int16_t>(both >> (16 * side) & 0xFFFFU);
}

/// Of one block of a row: I and M of each token.
void sumBlock(const BlockTile& tile, std::size_t r, std::size_t b, std::int32_t* sums, std::int32_t* minima) {
  const std::size_t groups = tile.shape.groups(), pairs = tile.shape.pairs(), at = r * tile.blocks + b;
  std::fill_n(sums, kTokens, 0);
  std::fill_n(minima, kTokens, 0);
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t t = 0; t < kTokens; ++t) {
      std::int32_t exact = 0;
      const std::size_t first = b * tile.shape.values + g * tile.shape.group;
      for (std::size_t i = first; i < first + tile.shape.group; ++i)
        exact += std::int32_t{tile.codes[r * tile.stride + i]} *
                 static_cast<std::int8_t>(tile.inputs[i / 4 * kTokens + t] >> (i % 4 * 8) & 0xFFU);
      sums[t] += exact * tile.scales[at * groups + g];
      const std::int32_t inputSum = sideOf(tile.inputSums[(b * pairs + g / 2) * kTokens + t], g % 2);
      sums[t] += tile.zeros[at * pairs * 2 + g] * inputSum;
      if (tile.minima != nullptr) minima[t] += tile.minima[at * pairs * 2 + g] * inputSum;
    }
  }
  for (std::size_t t = 0; t < kTokens && tile.inputZeros != nullptr; ++t)
    sums[t] -= tile.inputZeros[t] * tile.codeSums[at];
}

void multiply(const BlockTile& tile) {
  Chains chains = {};
  for (std::size_t b = 0; b < tile.blocks; ++b) {
    for (std::size_t r = 0; r < tile.rows; ++r) {
      std::int32_t sums[kTokens], minima[kTokens];
      sumBlock(tile, r, b, sums, minima);
      const std::size_t at = r * tile.blocks + b;
      for (std::size_t t = 0; t < kTokens; ++t) {
        float term = static_cast<float>(sums[t]) * tile.factors[at];
        if (tile.minima != nullptr) term -= static_cast<float>(minima[t]) * tile.minimumFactors[at];
        chains[b % kChains][r][t] += term;
      }
    }
  }
  for (std::size_t r = 0; r < tile.rows; ++r) {
    for (std::size_t t = 0; t < kTokens; ++t) {
      float chain[kChains];
      for (std::size_t c = 0; c < kChains; ++c) chain[c] = chains[c][r][t];
      tile.out[r * kTokens + t] = sumOfChains(chain);
    }
  }
}

#include "core/model/ops/block_formats.inc"

}  // namespace plain

#if QS_WIDE_BLOCKS
#undef QS_INLINED
#define QS_INLINED __attribute__((always_inline))

#pragma GCC push_options
#pragma GCC target("avx2,f16c")
namespace avx2 {

inline __m256i loadBytes(const void* bytes) { return _mm256_loadu_si256(static_cast<const __m256i*>(bytes)); }

inline Bytes32 lookUp(const std::int8_t* levels, Bytes32 codes) {
  const __m256i table = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(levels)));
  return reinterpret_cast<Bytes32>(_mm256_shuffle_epi8(table, reinterpret_cast<__m256i>(codes)));
}

/// Sums of two products each, which fit 16 bits: 128 · 127 · 2.
template <bool IsSigned>
inline __m256i productPairs(__m256i codes, __m256i inputs) {
  return IsSigned ? _mm256_maddubs_epi16(_mm256_abs_epi8(inputs), _mm256_sign_epi8(codes, inputs))
                  : _mm256_maddubs_epi16(codes, inputs);
}

/// In both halves the scale of a piece.
inline __m256i scaleOfPiece(Shorts16 scales, int piece) {
  const auto place = static_cast<short>(0x0100 + 0x0202 * piece);
  return _mm256_shuffle_epi8(reinterpret_cast<__m256i>(scales), _mm256_set1_epi16(place));
}

template <bool IsSigned>
inline Ints8 addPiece(Ints8 sum, Bytes32 codes, const std::int8_t* inputs, Shorts16 scales, int piece) {
  const __m256i pairs = productPairs<IsSigned>(reinterpret_cast<__m256i>(codes), loadBytes(inputs));
  return sum + reinterpret_cast<Ints8>(_mm256_madd_epi16(pairs, scaleOfPiece(scales, piece)));
}
template <bool IsSigned>
inline Ints8 addWhole(Ints8 sum, Bytes32 codes, const std::int8_t* inputs) {
  const __m256i pairs = productPairs<IsSigned>(reinterpret_cast<__m256i>(codes), loadBytes(inputs));
  return sum + reinterpret_cast<Ints8>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
inline Ints8 addShorts(Ints8 sum, Shorts16 a, Shorts16 b) {
  return sum + reinterpret_cast<Ints8>(_mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}
inline Eight halvesToFloats(Words8 halves) {
  return reinterpret_cast<Eight>(_mm256_cvtph_ps(reinterpret_cast<__m128i>(halves)));
}
inline Shorts8 widen(std::uint64_t bytes) {
  return reinterpret_cast<Shorts8>(_mm_cvtepi8_epi16(_mm_cvtsi64_si128(static_cast<long long>(bytes))));
}
/// Bit i of `bits` as bit 4 of byte i.
inline Bytes32 fifthBits(std::uint32_t bits) {
  const __m256i bytes =
      _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)),
                          _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0));
  const __m256i each = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201U));
  const __m256i found = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, each), each);
  return reinterpret_cast<Bytes32>(_mm256_and_si256(found, _mm256_set1_epi8(16)));
}

/// Two shorts in all lanes.
inline __m256i bothOf(const std::int16_t* pair) {
  std::int32_t both;
  __builtin_memcpy(&both, pair, sizeof(both));
  return _mm256_set1_epi32(both);
}

/// A block of a few rows, whose codes are made signed.
template <std::size_t Rows>
inline void multiplyRows(const BlockTile& tile, std::size_t firstRow, std::size_t b, __m256i zero, Chains& chains) {
  const std::size_t groups = tile.shape.groups(), pairs = tile.shape.pairs();
  __m256i sums[Rows][2] = {}, minima[Rows][2] = {};
  for (std::size_t g = 0; g < groups; ++g) {
    __m256i scales[Rows];
    for (std::size_t r = 0; r < Rows; ++r)
      scales[r] = _mm256_set1_epi16(static_cast<short>(tile.scales[((firstRow + r) * tile.blocks + b) * groups + g]));
    const std::size_t word = (b * tile.shape.values + g * tile.shape.group) / 4;
    for (std::size_t w = word; w < word + tile.shape.group / 4; ++w) {
      const __m256i x[2] = {loadBytes(tile.inputs + w * kTokens), loadBytes(tile.inputs + w * kTokens + 8)};
      for (std::size_t r = 0; r < Rows; ++r) {
        std::int32_t four;
        __builtin_memcpy(&four, tile.codes + (firstRow + r) * tile.stride + 4 * w, sizeof(four));
        const __m256i codes = _mm256_sub_epi8(_mm256_set1_epi32(four), zero);
        for (std::size_t half = 0; half < 2; ++half)
          sums[r][half] =
              _mm256_add_epi32(sums[r][half], _mm256_madd_epi16(productPairs<true>(codes, x[half]), scales[r]));
      }
    }
  }
  for (std::size_t p = 0; p < pairs && tile.minima != nullptr; ++p) {
    for (std::size_t r = 0; r < Rows; ++r) {
      const __m256i both = bothOf(tile.minima + (((firstRow + r) * tile.blocks + b) * pairs + p) * 2);
      for (std::size_t half = 0; half < 2; ++half)
        minima[r][half] = _mm256_add_epi32(
            minima[r][half], _mm256_madd_epi16(both, loadBytes(tile.inputSums + (b * pairs + p) * kTokens + 8 * half)));
    }
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    const std::size_t at = (firstRow + r) * tile.blocks + b;
    for (std::size_t half = 0; half < 2; ++half) {
      __m256 term = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[r][half]), _mm256_set1_ps(tile.factors[at]));
      if (tile.minima != nullptr)
        term = _mm256_sub_ps(
            term, _mm256_mul_ps(_mm256_cvtepi32_ps(minima[r][half]), _mm256_set1_ps(tile.minimumFactors[at])));
      float* const chain = chains[b % kChains][firstRow + r] + 8 * half;
      _mm256_storeu_ps(chain, _mm256_add_ps(_mm256_loadu_ps(chain), term));
    }
  }
}

void multiply(const BlockTile& tile) {
  // Zero-points of inputs are rare, and come with what the products of signed codes do not need.
  if (tile.inputZeros != nullptr) return plain::multiply(tile);
  Chains chains = {};
  const __m256i zero = _mm256_set1_epi8(static_cast<char>(tile.shape.zero));
  for (std::size_t b = 0; b < tile.blocks; ++b) {
    std::size_t r = 0;
    for (; r + 2 <= tile.rows; r += 2) multiplyRows<2>(tile, r, b, zero, chains);
    if (r < tile.rows) multiplyRows<1>(tile, r, b, zero, chains);
  }
  for (std::size_t r = 0; r < tile.rows; ++r) {
    for (std::size_t half = 0; half < kTokens; half += 8) {
      __m256 c[kChains];
      for (std::size_t i = 0; i < kChains; ++i) c[i] = _mm256_loadu_ps(chains[i][r] + half);
      const __m256 sum = _mm256_add_ps(_mm256_add_ps(_mm256_add_ps(c[0], c[1]), _mm256_add_ps(c[2], c[3])),
                                       _mm256_add_ps(_mm256_add_ps(c[4], c[5]), _mm256_add_ps(c[6], c[7])));
      _mm256_storeu_ps(tile.out + r * kTokens + half, sum);
    }
  }
}

#include "core/model/ops/block_formats.inc"

}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,f16c")
namespace avx512 {

// The instructions themselves: around the intrinsics, GCC 12 copies the sum twice each time.
inline void addProducts(__m512i& sum, __m512i weights, __m512i inputs) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(weights), "v"(inputs));
}
inline void addShortProducts(__m512i& sum, __m512i a, __m512i b) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}
inline void addShortProducts(__m256i& sum, __m256i a, __m256i b) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

inline __m256i loadBytes(const void* bytes) { return _mm256_loadu_si256(static_cast<const __m256i*>(bytes)); }

inline Bytes32 lookUp(const std::int8_t* levels, Bytes32 codes) {
  const __m256i table = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(levels)));
  return reinterpret_cast<Bytes32>(_mm256_shuffle_epi8(table, reinterpret_cast<__m256i>(codes)));
}

template <bool IsSigned>
inline __m256i productPairs(Bytes32 codes, const std::int8_t* inputs) {
  const auto w = reinterpret_cast<__m256i>(codes), x = loadBytes(inputs);
  return IsSigned ? _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(w, x)) : _mm256_maddubs_epi16(w, x);
}

template <bool IsSigned>
inline Ints8 addPiece(Ints8 sum, Bytes32 codes, const std::int8_t* inputs, Shorts16 scales, int piece) {
  const auto place = static_cast<short>(0x0100 + 0x0202 * piece);
  const __m256i scale = _mm256_shuffle_epi8(reinterpret_cast<__m256i>(scales), _mm256_set1_epi16(place));
  auto sums = reinterpret_cast<__m256i>(sum);
  addShortProducts(sums, productPairs<IsSigned>(codes, inputs), scale);
  return reinterpret_cast<Ints8>(sums);
}
template <bool IsSigned>
inline Ints8 addWhole(Ints8 sum, Bytes32 codes, const std::int8_t* inputs) {
  auto sums = reinterpret_cast<__m256i>(sum);
  addShortProducts(sums, productPairs<IsSigned>(codes, inputs), _mm256_set1_epi16(1));
  return reinterpret_cast<Ints8>(sums);
}
inline Ints8 addShorts(Ints8 sum, Shorts16 a, Shorts16 b) {
  auto sums = reinterpret_cast<__m256i>(sum);
  addShortProducts(sums, reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b));
  return reinterpret_cast<Ints8>(sums);
}
inline Eight halvesToFloats(Words8 halves) {
  return reinterpret_cast<Eight>(_mm256_cvtph_ps(reinterpret_cast<__m128i>(halves)));
}
inline Shorts8 widen(std::uint64_t bytes) {
  return reinterpret_cast<Shorts8>(_mm_cvtepi8_epi16(_mm_cvtsi64_si128(static_cast<long long>(bytes))));
}
/// Bit i of `bits` as bit 4 of byte i.
inline Bytes32 fifthBits(std::uint32_t bits) { return reinterpret_cast<Bytes32>(_mm256_maskz_set1_epi8(bits, 16)); }

inline __m512i fourOf(const void* bytes) {
  std::int32_t four;
  __builtin_memcpy(&four, bytes, sizeof(four));
  return _mm512_set1_epi32(four);
}

/// What is alike in all rows and blocks, known when this is compiled.
template <std::size_t Values, std::size_t Group, bool HasZeros, bool HasMinima>
struct Kind {
  static constexpr std::size_t kValues = Values, kGroup = Group, kGroups = Values / Group;
  static constexpr std::size_t kPairs = (kGroups + 1) / 2;
  static constexpr bool kHasZeros = HasZeros, kHasMinima = HasMinima;
};

/// All blocks of a few rows. What the tile says is kept apart from it: stores of vectors might change it.
template <class Kind, std::size_t Rows>
inline void multiplyRows(const BlockTile& of, std::size_t firstRow, Chains& chains) {
  const BlockTile tile = of;
  constexpr std::size_t kGroups = Kind::kGroups, kPairs = Kind::kPairs, kWords = Kind::kGroup / 4;
  const std::size_t blocks = tile.blocks, stride = tile.stride;
  const std::uint8_t* const codes = tile.codes + firstRow * stride;
  const std::int32_t* const scales = tile.scales + firstRow * blocks * kGroups;
  const std::int16_t* const zeros = tile.zeros + firstRow * blocks * kPairs * 2;
  const std::int16_t* const minima = tile.minima + firstRow * blocks * kPairs * 2;
  for (std::size_t b = 0; b < blocks; ++b) {
    __m512i total[Rows], low[Rows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) total[r] = low[r] = _mm512_setzero_si512();
    for (std::size_t g = 0; g < kGroups; ++g) {
      __m512i sums[Rows];
#pragma GCC unroll 8
      for (std::size_t r = 0; r < Rows; ++r) sums[r] = _mm512_setzero_si512();
      const std::size_t first = (b * kGroups + g) * kWords;
#pragma GCC unroll 8
      for (std::size_t word = first; word < first + kWords; ++word) {
        const __m512i x = _mm512_loadu_si512(tile.inputs + word * kTokens);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < Rows; ++r) addProducts(sums[r], fourOf(codes + r * stride + 4 * word), x);
      }
#pragma GCC unroll 8
      for (std::size_t r = 0; r < Rows; ++r) {
        if constexpr (kGroups == 1)
          total[r] = sums[r];
        else
          total[r] =
              _mm512_add_epi32(total[r], _mm512_mullo_epi32(sums[r], fourOf(scales + (r * blocks + b) * kGroups + g)));
      }
    }
    for (std::size_t p = 0; p < kPairs && (Kind::kHasZeros || Kind::kHasMinima); ++p) {
      const __m512i inputs = _mm512_loadu_si512(tile.inputSums + (b * kPairs + p) * kTokens);
#pragma GCC unroll 8
      for (std::size_t r = 0; r < Rows; ++r) {
        const std::size_t at = ((r * blocks + b) * kPairs + p) * 2;
        if constexpr (Kind::kHasZeros) addShortProducts(total[r], fourOf(zeros + at), inputs);
        if constexpr (Kind::kHasMinima) addShortProducts(low[r], fourOf(minima + at), inputs);
      }
    }
    float* const chain = chains[b % kChains][firstRow];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) {
      const std::size_t at = (firstRow + r) * blocks + b;
      if (tile.inputZeros != nullptr)
        total[r] = _mm512_sub_epi32(
            total[r], _mm512_mullo_epi32(_mm512_set1_epi32(tile.codeSums[at]), _mm512_loadu_si512(tile.inputZeros)));
      __m512 term = _mm512_mul_ps(_mm512_maskz_cvtepi32_ps(0xFFFF, total[r]), _mm512_set1_ps(tile.factors[at]));
      if constexpr (Kind::kHasMinima)
        term = _mm512_sub_ps(
            term, _mm512_mul_ps(_mm512_maskz_cvtepi32_ps(0xFFFF, low[r]), _mm512_set1_ps(tile.minimumFactors[at])));
      _mm512_storeu_ps(chain + r * kTokens, _mm512_add_ps(_mm512_loadu_ps(chain + r * kTokens), term));
    }
  }
}

template <class Kind>
inline void multiplyKind(const BlockTile& tile, Chains& chains) {
  if (tile.rows == kMostRows) return multiplyRows<Kind, kMostRows>(tile, 0, chains);
  for (std::size_t r = 0; r < tile.rows; ++r) multiplyRows<Kind, 1>(tile, r, chains);
}

void multiply(const BlockTile& tile) {
  Chains chains = {};
  const bool hasMinima = tile.minima != nullptr;
  if (tile.shape.values == 32)
    hasMinima ? multiplyKind<Kind<32, 32, false, true>>(tile, chains)
              : multiplyKind<Kind<32, 32, true, false>>(tile, chains);
  else if (tile.shape.group == 32)
    hasMinima ? multiplyKind<Kind<256, 32, false, true>>(tile, chains)
              : multiplyKind<Kind<256, 32, true, false>>(tile, chains);
  else
    hasMinima ? multiplyKind<Kind<256, 16, false, true>>(tile, chains)
              : multiplyKind<Kind<256, 16, true, false>>(tile, chains);
  for (std::size_t r = 0; r < tile.rows; ++r) {
    __m512 c[kChains];
    for (std::size_t i = 0; i < kChains; ++i) c[i] = _mm512_loadu_ps(chains[i][r]);
    const __m512 sum = _mm512_add_ps(_mm512_add_ps(_mm512_add_ps(c[0], c[1]), _mm512_add_ps(c[2], c[3])),
                                     _mm512_add_ps(_mm512_add_ps(c[4], c[5]), _mm512_add_ps(c[6], c[7])));
    _mm512_storeu_ps(tile.out + r * kTokens, sum);
  }
}

#include "core/model/ops/block_formats.inc"

}  // namespace avx512
#pragma GCC pop_options
#endif

std::vector<BlockKernels> findRunnableBlocks() {
  std::vector<BlockKernels> found = {plain::kernels("plain")};
#if QS_WIDE_BLOCKS
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("f16c")) return found;
  found.push_back(avx2::kernels("avx2"));
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni"))
    found.push_back(avx512::kernels("avx512_vnni"));
#endif
  return found;
}

struct FormatOfType {
  tensor::DType dtype;
  BlockFormat format;
};
constexpr FormatOfType kFormatsOfTypes[] = {
    {tensor::DType::Q4_1, BlockFormat::Q4_1},     {tensor::DType::Q5_1, BlockFormat::Q5_1},
    {tensor::DType::Q2_K, BlockFormat::Q2_K},     {tensor::DType::Q3_K, BlockFormat::Q3_K},
    {tensor::DType::Q4_K, BlockFormat::Q4_K},     {tensor::DType::Q5_K, BlockFormat::Q5_K},
    {tensor::DType::Q6_K, BlockFormat::Q6_K},     {tensor::DType::IQ4_NL, BlockFormat::IQ4_NL},
    {tensor::DType::IQ4_XS, BlockFormat::IQ4_XS}, {tensor::DType::MXFP4, BlockFormat::MXFP4}};

}  // namespace

std::optional<BlockFormat> blockFormatOf(tensor::DType dtype) {
  const auto* found = std::ranges::find(kFormatsOfTypes, dtype, &FormatOfType::dtype);
  return found == std::end(kFormatsOfTypes) ? std::nullopt : std::optional(found->format);
}

std::span<const BlockKernels> runnableBlockKernels() {
  static const std::vector<BlockKernels> kernels = findRunnableBlocks();
  return kernels;
}

const BlockKernels& blockKernels() {
  static const BlockKernels& best = runnableBlockKernels().back();
  return best;
}

}  // namespace core::model::ops
