#include "core/evaluate/row_comparison.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

#include "core/base/multiversion.h"

namespace core::evaluate {

namespace {

constexpr std::size_t kLanes = 8;
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Words = std::uint32_t __attribute__((vector_size(kLanes * sizeof(std::uint32_t))));
using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));

/// Stands for what is not there: e to it is 0 next to any logit.
constexpr float kNothing = -1e30F;

QS_FORCE_INLINE void load(const float* from, Floats& out) { std::memcpy(&out, from, sizeof(out)); }

/// e^x for x ≤ 0: x = n ln 2 + r with |r| ≤ ln 2 / 2, e^r by the Taylor polynomial of degree 7 (relative error 6e-9),
/// ln 2 in two parts so that n ln 2 is exact (Cody and Waite 1980); 0 below −87, where floats end.
QS_FORCE_INLINE void exponential(const Floats& x, Floats& out) {
  constexpr float kLowest = -87.0F, kInverse = 1.44269504F, kHigh = 0.693359375F, kLow = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it rounds to an integer
  const Floats zero = {};
  const Floats lowest = zero + kLowest;
  const Floats clipped = x > lowest ? x : lowest;
  const Floats shifted = clipped * kInverse + kRound;
  const Floats n = shifted - kRound;
  const Floats r = (clipped - n * kHigh) - n * kLow;
  Floats sum = zero + 1.0F / 5040;
  sum = sum * r + 1.0F / 720;
  sum = sum * r + 1.0F / 120;
  sum = sum * r + 1.0F / 24;
  sum = sum * r + 1.0F / 6;
  sum = sum * r + 0.5F;
  sum = sum * r + 1.0F;
  sum = sum * r + 1.0F;
  Words bits, exponent;
  std::memcpy(&bits, &sum, sizeof(bits));
  std::memcpy(&exponent, &shifted, sizeof(exponent));
  bits += exponent << 23;  // the low bits of `shifted` are n
  std::memcpy(&out, &bits, sizeof(out));
  out = x > lowest ? out : zero;
}

/// The rest of a row that fills no vector.
QS_FORCE_INLINE void loadTail(const float* from, std::size_t count, Floats& out) {
  std::array<float, kLanes> padded;
  padded.fill(kNothing);
  std::copy_n(from, count, padded.begin());
  load(padded.data(), out);
}

QS_FORCE_INLINE void largestOf(const Floats& x, Floats& largest) { largest = x > largest ? x : largest; }

QS_FORCE_INLINE void addExponentials(const Floats& x, float largest, Doubles& sum) {
  Floats e;
  exponential(x - largest, e);
  sum += __builtin_convertvector(e, Doubles);
}

/// e^d − 1 − d for |d| ≤ 1/2: its series to the eighth power (relative error 1e-8).
QS_FORCE_INLINE void smallExcess(const Floats& d, Floats& out) {
  const Floats zero = {};
  Floats sum = zero + 1.0F / 40320;
  sum = sum * d + 1.0F / 5040;
  sum = sum * d + 1.0F / 720;
  sum = sum * d + 1.0F / 120;
  sum = sum * d + 1.0F / 24;
  sum = sum * d + 1.0F / 6;
  sum = sum * d + 0.5F;
  out = sum * d * d;
}

/// What the columns of a vector add to KL.
QS_FORCE_INLINE void addDivergence(const Floats& a, const Floats& b, float logSumA, float logSumB, float shift,
                                   Doubles& sum) {
  const Floats zero = {};
  Floats p, q, excess;
  exponential(a - logSumA, p);
  exponential(b - logSumB, q);
  const Floats d = (b - a) - shift;  // ln(q / p)
  smallExcess(d, excess);
  const Floats magnitude = d < zero ? -d : d;
  const Floats small = p * excess;
  const Floats large = q - p - (p > zero ? p * d : zero);
  Floats term = magnitude <= zero + 0.5F ? small : large;
  term = p + q > zero ? term : zero;  // where both are −∞, d is no number
  sum += __builtin_convertvector(term, Doubles);
}

double total(const Doubles& sum) {
  double result = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) result += sum[lane];
  return result;
}

QS_MULTIVERSION float largest(const float* x, std::size_t count) {
  Floats most = Floats{} + kNothing, part;
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    load(x + i, part);
    largestOf(part, most);
  }
  loadTail(x + whole, count - whole, part);
  largestOf(part, most);
  float result = most[0];
  for (std::size_t lane = 1; lane < kLanes; ++lane) result = std::max(result, most[lane]);
  return result;
}

QS_MULTIVERSION void sumExponentials(const float* x, std::size_t count, float most, Doubles& sum) {
  Floats part;
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    load(x + i, part);
    addExponentials(part, most, sum);
  }
  loadTail(x + whole, count - whole, part);
  addExponentials(part, most, sum);
}

QS_MULTIVERSION void sumDivergence(const float* a, const float* b, std::size_t count, double logSumA, double logSumB,
                                   Doubles& sum) {
  const auto ofA = static_cast<float>(logSumA), ofB = static_cast<float>(logSumB);
  const auto shift = static_cast<float>(logSumB - logSumA);
  Floats partA, partB;
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    load(a + i, partA);
    load(b + i, partB);
    addDivergence(partA, partB, ofA, ofB, shift, sum);
  }
  loadTail(a + whole, count - whole, partA);
  loadTail(b + whole, count - whole, partB);
  addDivergence(partA, partB, ofA, ofB, shift, sum);
}

}  // namespace

double TokenComparison::deltaP() const { return std::exp(-nllCompared) - std::exp(-nllReference); }

RowSummary summarizeRow(std::span<const float> logits) {
  assert(!logits.empty());
  const float most = largest(logits.data(), logits.size());
  Doubles sum = {};
  sumExponentials(logits.data(), logits.size(), most, sum);
  const auto top = std::find(logits.begin(), logits.end(), most) - logits.begin();
  return {static_cast<double>(most) + std::log(total(sum)), static_cast<std::uint32_t>(top)};
}

TokenComparison compareRows(std::span<const float> reference, const RowSummary& ofReference,
                            std::span<const float> compared, const RowSummary& ofCompared, text::TokenId token) {
  assert(reference.size() == compared.size());
  const auto at = static_cast<std::size_t>(token);
  assert(at < reference.size());
  Doubles sum = {};
  sumDivergence(reference.data(), compared.data(), reference.size(), ofReference.logSum, ofCompared.logSum, sum);
  const auto favourite = [&](std::uint32_t top) {
    return Favourite{static_cast<text::TokenId>(top),
                     std::exp(static_cast<double>(reference[top]) - ofReference.logSum),
                     std::exp(static_cast<double>(compared[top]) - ofCompared.logSum)};
  };
  return {.nllReference = ofReference.logSum - static_cast<double>(reference[at]),
          .nllCompared = ofCompared.logSum - static_cast<double>(compared[at]),
          .kl = std::max(total(sum), 0.0),
          .sameTop = ofReference.top == ofCompared.top,
          .referenceRight = ofReference.top == at,
          .comparedRight = ofCompared.top == at,
          .referenceTop = favourite(ofReference.top),
          .comparedTop = favourite(ofCompared.top)};
}

}  // namespace core::evaluate
