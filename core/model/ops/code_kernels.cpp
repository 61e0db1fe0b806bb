#include "core/model/ops/code_kernels.h"

#include <algorithm>
#include <vector>

// As in vector_kernels.cpp: functions between the pragmas run only on processors that have the instructions.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define QS_WIDE_CODES 1
#include <immintrin.h>
#else
#define QS_WIDE_CODES 0
#endif

namespace core::model::ops {

namespace {

constexpr std::size_t kTokens = CodeTile::kTokens, kMostRows = CodeTile::kMostRows;
/// [chains][rows][tokens]
using Chains = float[kChains][kMostRows][kTokens];
constexpr std::size_t kStrip = 16;  // pieces of a row at a time

namespace plain {

std::int32_t dot(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t n) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += std::int32_t{weights[i]} * inputs[i];
  return sum;
}

void multiply(const CodeTile& tile) {
  Chains chains = {};
  for (std::size_t run = 0; run < tile.runs.size(); ++run) {
    const CodeRun columns = tile.runs[run];
    for (std::size_t r = 0; r < tile.rows; ++r) {
      const std::uint8_t* weights = tile.weights + r * tile.weightStride;
      std::int32_t sums[kTokens] = {};
      for (std::size_t i = columns.first; i < columns.first + columns.count; ++i) {
        const std::uint32_t* words = tile.inputs + i / 4 * kTokens;
        for (std::size_t t = 0; t < kTokens; ++t)
          sums[t] += std::int32_t{weights[i]} * static_cast<std::int8_t>(words[t] >> (i % 4 * 8) & 0xFFU);
      }
      const std::size_t at = r * tile.runs.size() + run;
      for (std::size_t t = 0; t < kTokens; ++t) {
        std::int32_t exact = sums[t] - tile.weightZeros[at] * tile.inputSums[run * kTokens + t];
        if (tile.inputZeros != nullptr) exact -= tile.inputZeros[t] * tile.weightSums[at];
        chains[run % kChains][r][t] += static_cast<float>(exact) * tile.scales[at];
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

void multiplyFloats(const FloatTile& tile) {
  for (std::size_t r = 0; r < tile.rows; ++r) {
    float sums[kTokens] = {};
    for (std::size_t i = 0; i < tile.columns; ++i)
      for (std::size_t t = 0; t < kTokens; ++t)
        sums[t] += tile.weights[r * tile.columns + i] * tile.inputs[i * kTokens + t];
    std::copy_n(sums, kTokens, tile.out + r * kTokens);
  }
}

void nibbleSums(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t count, std::int32_t* sums) {
  constexpr std::size_t kBytes = CodeRow::kPiece / 2, kHalf = CodeRow::kBlock / 2;
  for (std::size_t p = 0; p < count; ++p) {
    sums[p] = 0;
    for (std::size_t i = p * kBytes; i < (p + 1) * kBytes; ++i) {
      const std::int8_t* even = inputs + i / kHalf * CodeRow::kBlock + i % kHalf;
      sums[p] += (weights[i] & 15) * even[0] + (weights[i] >> 4) * even[kHalf];
    }
  }
}

void byteSums(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t count, std::int32_t* sums) {
  for (std::size_t p = 0; p < count; ++p)
    sums[p] = dot(weights + p * CodeRow::kPiece, inputs + p * CodeRow::kPiece, CodeRow::kPiece);
}

#include "core/model/ops/code_row.inc"

}  // namespace plain

#if QS_WIDE_CODES

#pragma GCC push_options
#pragma GCC target("avx2")
namespace avx2 {

/// The codes of `count` ≥ 16 bytes as 16 bits each.
inline __m256i unsignedCodes(const std::uint8_t* bytes) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}
inline __m256i signedCodes(const void* bytes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(static_cast<const __m128i*>(bytes)));
}

std::int32_t dot(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t n) {
  __m256i sums = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16)
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(unsignedCodes(weights + i), signedCodes(inputs + i)));
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1));
  std::int32_t sum = _mm_cvtsi128_si32(four);
  for (; i < n; ++i) sum += std::int32_t{weights[i]} * inputs[i];
  return sum;
}

/// Sums of eight tokens from those of their pairs of columns.
inline __m256i joined(__m256i first, __m256i second) {
  return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second), 0xD8);
}

inline void addRun(const CodeTile& tile, std::size_t run, std::size_t r, const __m256i (&sums)[2], Chains& chains) {
  const std::size_t at = r * tile.runs.size() + run;
  const __m256i weightZero = _mm256_set1_epi32(tile.weightZeros[at]),
                weightSum = _mm256_set1_epi32(tile.weightSums[at]);
  const __m256 scale = _mm256_set1_ps(tile.scales[at]);
  for (std::size_t half = 0; half < 2; ++half) {
    const auto load = [&](const std::int32_t* values) {
      return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 8 * half));
    };
    __m256i exact = _mm256_sub_epi32(
        sums[half], tile.zeroSums != nullptr ? load(tile.zeroSums + run * kTokens)
                                             : _mm256_mullo_epi32(weightZero, load(tile.inputSums + run * kTokens)));
    if (tile.inputZeros != nullptr)
      exact = _mm256_sub_epi32(exact, _mm256_mullo_epi32(weightSum, load(tile.inputZeros)));
    float* chain = chains[run % kChains][r] + 8 * half;
    _mm256_storeu_ps(chain, _mm256_add_ps(_mm256_loadu_ps(chain), _mm256_mul_ps(_mm256_cvtepi32_ps(exact), scale)));
  }
}

template <std::size_t Rows>
inline void multiplyRows(const CodeTile& tile, std::size_t run, std::size_t firstRow, Chains& chains) {
  const CodeRun columns = tile.runs[run];
  __m256i sums[Rows][4];
  for (auto& row : sums)
    for (auto& part : row) part = _mm256_setzero_si256();
  const std::size_t end = (columns.first + columns.count + 3) / 4;
  for (std::size_t word = columns.first / 4; word < end; ++word) {
    __m256i x[4];
    for (std::size_t part = 0; part < 4; ++part) x[part] = signedCodes(tile.inputs + word * kTokens + 4 * part);
    for (std::size_t r = 0; r < Rows; ++r) {
      std::int32_t four;
      __builtin_memcpy(&four, tile.weights + (firstRow + r) * tile.weightStride + 4 * word, sizeof(four));
      const __m256i w = _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(four)));
      for (std::size_t part = 0; part < 4; ++part)
        sums[r][part] = _mm256_add_epi32(sums[r][part], _mm256_madd_epi16(w, x[part]));
    }
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    const __m256i halves[2] = {joined(sums[r][0], sums[r][1]), joined(sums[r][2], sums[r][3])};
    addRun(tile, run, firstRow + r, halves, chains);
  }
}

void multiply(const CodeTile& tile) {
  Chains chains = {};
  for (std::size_t run = 0; run < tile.runs.size(); ++run) {
    std::size_t r = 0;
    for (; r + 2 <= tile.rows; r += 2) multiplyRows<2>(tile, run, r, chains);
    if (r < tile.rows) multiplyRows<1>(tile, run, r, chains);
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

void multiplyFloats(const FloatTile& tile) {
  for (std::size_t r = 0; r < tile.rows; ++r) {
    __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
    for (std::size_t i = 0; i < tile.columns; ++i) {
      const __m256 weight = _mm256_set1_ps(tile.weights[r * tile.columns + i]);
      low = _mm256_add_ps(low, _mm256_mul_ps(weight, _mm256_loadu_ps(tile.inputs + i * kTokens)));
      high = _mm256_add_ps(high, _mm256_mul_ps(weight, _mm256_loadu_ps(tile.inputs + i * kTokens + 8)));
    }
    _mm256_storeu_ps(tile.out + r * kTokens, low);
    _mm256_storeu_ps(tile.out + r * kTokens + 8, high);
  }
}

/// Four sums of eight each, those of the first halves in the lower lane.
inline __m256i sumsOfFour(const __m256i* v) {
  return _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
}

inline __m256i loadCodes(const void* codes) { return _mm256_loadu_si256(static_cast<const __m256i*>(codes)); }

/// Two pieces a vector, one in each half.
void nibbleSums(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t count, std::int32_t* sums) {
  const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  for (std::size_t p = 0; p < count; p += 8) {
    __m256i pairs[4];
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t first = p + 2 * i;
      __m256i packed = _mm256_setzero_si256();
      if (first + 2 <= count)
        packed = loadCodes(weights + first * 16);
      else if (first < count)
        packed = _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(weights + first * 16)));
      const std::int8_t* even = inputs + first / 4 * CodeRow::kBlock + first % 4 * 16;
      if (first >= count) {
        pairs[i] = packed;
        continue;
      }
      // 15 · 128 · 4 fits 16 bits.
      const __m256i first16 = _mm256_maddubs_epi16(_mm256_and_si256(packed, low), loadCodes(even));
      const __m256i second16 = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(packed, 4), low),
                                                    loadCodes(even + CodeRow::kBlock / 2));
      pairs[i] = _mm256_madd_epi16(_mm256_add_epi16(first16, second16), ones);
    }
    const __m256i four = sumsOfFour(pairs);  // pieces 0, 2, 4, 6 and 1, 3, 5, 7
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + p), _mm256_permutevar8x32_epi32(four, order));
  }
}

void byteSums(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t count, std::int32_t* sums) {
  for (std::size_t p = 0; p < count; ++p)
    sums[p] = dot(weights + p * CodeRow::kPiece, inputs + p * CodeRow::kPiece, CodeRow::kPiece);
}

#include "core/model/ops/code_row.inc"

}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vnni,avx2")
namespace avx512 {

/// The instruction itself: around the intrinsic, GCC 12 copies its sum twice each time.
inline void addProducts(__m512i& sum, __m512i weights, __m512i inputs) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(weights), "v"(inputs));
}

std::int32_t dot(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t n) {
  __m512i sums = _mm512_setzero_si512();
  std::size_t i = 0;
  for (; i + 64 <= n; i += 64)
    sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(weights + i), _mm512_loadu_si512(inputs + i));
  if (i < n) {
    const __mmask64 rest = ~std::uint64_t{0} >> (64 - (n - i));
    sums = _mm512_dpbusd_epi32(sums, _mm512_maskz_loadu_epi8(rest, weights + i),
                               _mm512_maskz_loadu_epi8(rest, inputs + i));
  }
  const __m256i eight =
      _mm256_add_epi32(_mm512_maskz_extracti64x4_epi64(0xFF, sums, 0), _mm512_maskz_extracti64x4_epi64(0xFF, sums, 1));
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1));
  return _mm_cvtsi128_si32(four);
}

/// All runs of a few rows. What the tile says is kept apart from it: stores of vectors might change it.
/// @tparam IsShort zero-points of weights are alike, those of inputs 0
template <std::size_t Rows, bool IsShort>
inline void multiplyRows(const CodeTile& tile, std::size_t firstRow, Chains& chains) {
  const std::span<const CodeRun> runs = tile.runs;
  const std::size_t stride = tile.weightStride, runCount = runs.size();
  const std::uint8_t* const rows = tile.weights + firstRow * stride;
  const std::uint32_t* const inputs = tile.inputs;
  const float* const scales = tile.scales + firstRow * runCount;
  const std::int32_t *const weightZeros = tile.weightZeros + firstRow * runCount, *const weightSums =
                                                                                      tile.weightSums +
                                                                                      firstRow * runCount;
  const std::int32_t *const zeroSums = tile.zeroSums, *const inputSums = tile.inputSums,
                            *const inputZeros = tile.inputZeros;
  for (std::size_t run = 0; run < runCount; ++run) {
    __m512i start = _mm512_setzero_si512();
    if constexpr (IsShort) start = _mm512_sub_epi32(start, _mm512_loadu_si512(zeroSums + run * kTokens));
    __m512i sums[Rows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) sums[r] = start;
    const std::size_t first = runs[run].first / 4, end = (runs[run].first + runs[run].count + 3) / 4;
    for (std::size_t word = first; word < end; ++word) {
      const __m512i x = _mm512_loadu_si512(inputs + word * kTokens);
#pragma GCC unroll 8
      for (std::size_t r = 0; r < Rows; ++r) {
        std::int32_t four;
        __builtin_memcpy(&four, rows + r * stride + 4 * word, sizeof(four));
        addProducts(sums[r], _mm512_set1_epi32(four), x);
      }
    }
    float* const chain = chains[run % kChains][firstRow];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) {
      const std::size_t at = r * runCount + run;
      if constexpr (!IsShort) {
        const __m512i zero = _mm512_set1_epi32(weightZeros[at]), sum = _mm512_set1_epi32(weightSums[at]);
        sums[r] = _mm512_sub_epi32(sums[r], _mm512_mullo_epi32(zero, _mm512_loadu_si512(inputSums + run * kTokens)));
        if (inputZeros != nullptr)
          sums[r] = _mm512_sub_epi32(sums[r], _mm512_mullo_epi32(sum, _mm512_loadu_si512(inputZeros)));
      }
      const __m512 part = _mm512_mul_ps(_mm512_maskz_cvtepi32_ps(0xFFFF, sums[r]), _mm512_set1_ps(scales[at]));
      _mm512_storeu_ps(chain + r * kTokens, _mm512_add_ps(_mm512_loadu_ps(chain + r * kTokens), part));
    }
  }
}

template <bool IsShort>
inline void multiplyAllRows(const CodeTile& tile, Chains& chains) {
  if (tile.rows == kMostRows) return multiplyRows<kMostRows, IsShort>(tile, 0, chains);
  for (std::size_t r = 0; r < tile.rows; ++r) multiplyRows<1, IsShort>(tile, r, chains);
}

void multiply(const CodeTile& tile) {
  Chains chains = {};
  if (tile.zeroSums != nullptr && tile.inputZeros == nullptr)
    multiplyAllRows<true>(tile, chains);
  else
    multiplyAllRows<false>(tile, chains);
  for (std::size_t r = 0; r < tile.rows; ++r) {
    __m512 c[kChains];
    for (std::size_t i = 0; i < kChains; ++i) c[i] = _mm512_loadu_ps(chains[i][r]);
    const __m512 sum = _mm512_add_ps(_mm512_add_ps(_mm512_add_ps(c[0], c[1]), _mm512_add_ps(c[2], c[3])),
                                     _mm512_add_ps(_mm512_add_ps(c[4], c[5]), _mm512_add_ps(c[6], c[7])));
    _mm512_storeu_ps(tile.out + r * kTokens, sum);
  }
}

void multiplyFloats(const FloatTile& tile) {
  for (std::size_t r = 0; r < tile.rows; ++r) {
    __m512 sums = _mm512_setzero_ps();
    for (std::size_t i = 0; i < tile.columns; ++i) {
      const __m512 weight = _mm512_set1_ps(tile.weights[r * tile.columns + i]);
      sums = _mm512_add_ps(sums, _mm512_mul_ps(weight, _mm512_loadu_ps(tile.inputs + i * kTokens)));
    }
    _mm512_storeu_ps(tile.out + r * kTokens, sums);
  }
}

inline __m512i sumsOfPairs(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_maskz_unpacklo_epi32(0xFFFF, a, b), _mm512_maskz_unpackhi_epi32(0xFFFF, a, b));
}

/// In every four lanes the sums of these lanes of four vectors.
inline __m512i sumsInFours(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i ab = sumsOfPairs(a, b), cd = sumsOfPairs(c, d);
  return _mm512_add_epi32(_mm512_maskz_unpacklo_epi64(0xFF, ab, cd), _mm512_maskz_unpackhi_epi64(0xFF, ab, cd));
}

/// Of 64 bytes or of as many as `there` says.
inline __m512i nibbleProducts(const std::uint8_t* weights, __mmask64 there, const std::int8_t* even) {
  const __m512i low = _mm512_set1_epi8(15), packed = _mm512_maskz_loadu_epi8(there, weights);
  __m512i sum = _mm512_setzero_si512();
  addProducts(sum, _mm512_and_si512(packed, low), _mm512_loadu_si512(even));
  addProducts(sum, _mm512_and_si512(_mm512_srli_epi16(packed, 4), low), _mm512_loadu_si512(even + CodeRow::kBlock / 2));
  return sum;
}

/// Four pieces a vector, one in every four lanes.
void nibbleSums(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t count, std::int32_t* sums) {
  __m512i parts[4];
  if (count == kStrip) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i)
      parts[i] = nibbleProducts(weights + 64 * i, ~__mmask64{0}, inputs + i * CodeRow::kBlock);
  } else {
    for (std::size_t i = 0; i < 4; ++i) {
      parts[i] = _mm512_setzero_si512();
      if (4 * i >= count) continue;
      const std::size_t left = (count - 4 * i) * 16;
      const __mmask64 there = left >= 64 ? ~__mmask64{0} : ~(~__mmask64{0} << left);
      parts[i] = nibbleProducts(weights + 64 * i, there, inputs + i * CodeRow::kBlock);
    }
  }
  // Pieces 0, 4, 8, 12, then 1, 5, 9, 13 and so on.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i sixteen = sumsInFours(parts[0], parts[1], parts[2], parts[3]);
  _mm512_storeu_si512(sums, _mm512_maskz_permutexvar_epi32(0xFFFF, order, sixteen));
}

/// Two pieces a vector, one in each half.
void byteSums(const std::uint8_t* weights, const std::int8_t* inputs, std::size_t count, std::int32_t* sums) {
  __m512i parts[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) {
    parts[i] = _mm512_setzero_si512();
    if (2 * i >= count) continue;
    const __mmask64 there = 2 * i + 2 <= count ? ~__mmask64{0} : 0xFFFFFFFFU;
    addProducts(parts[i], _mm512_maskz_loadu_epi8(there, weights + 64 * i),
                _mm512_maskz_loadu_epi8(there, inputs + 64 * i));
  }
  const __m512i first = sumsInFours(parts[0], parts[1], parts[2], parts[3]);
  const __m512i second = sumsInFours(parts[4], parts[5], parts[6], parts[7]);
  // The lanes of a piece together: pieces 0, 2, 4, 6, then 1, 3, 5, 7, and so on.
  const __m512i sixteen = _mm512_add_epi32(_mm512_maskz_shuffle_i64x2(0xFF, first, second, 0x88),
                                           _mm512_maskz_shuffle_i64x2(0xFF, first, second, 0xDD));
  const __m512i order = _mm512_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
  _mm512_storeu_si512(sums, _mm512_maskz_permutexvar_epi32(0xFFFF, order, sixteen));
}

#include "core/model/ops/code_row.inc"

}  // namespace avx512
#pragma GCC pop_options
#endif

#define QS_CODE_KERNELS(name, set) \
  CodeKernels { name, &set::dot, &set::multiply, &set::multiplyNibbles, &set::multiplyBytes, &set::multiplyFloats }

std::vector<CodeKernels> findRunnable() {
  std::vector<CodeKernels> found = {QS_CODE_KERNELS("plain", plain)};
#if QS_WIDE_CODES
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2")) return found;
  found.push_back(QS_CODE_KERNELS("avx2", avx2));
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni"))
    found.push_back(QS_CODE_KERNELS("avx512_vnni", avx512));
#endif
  return found;
}

}  // namespace

std::span<const CodeKernels> runnableCodeKernels() {
  static const std::vector<CodeKernels> kernels = findRunnable();
  return kernels;
}

const CodeKernels& codeKernels() {
  static const CodeKernels& best = runnableCodeKernels().back();
  return best;
}

}  // namespace core::model::ops
