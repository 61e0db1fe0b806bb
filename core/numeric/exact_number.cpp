#include "core/numeric/exact_number.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/base/error.h"
#include "core/numeric/exact_rational.h"

namespace core::numeric {

namespace {

mpq_class shifted(const mpq_class& value, int power) {
  mpq_class result;
  const auto count = static_cast<mp_bitcnt_t>(std::abs(power));
  if (power >= 0)
    mpq_mul_2exp(result.get_mpq_t(), value.get_mpq_t(), count);
  else
    mpq_div_2exp(result.get_mpq_t(), value.get_mpq_t(), count);
  return result;
}

std::size_t bitCount(const mpz_class& value) { return mpz_sizeinbase(value.get_mpz_t(), 2); }

void requireBounded(std::size_t bits) {
  if (bits <= ExactNumber::kMaxBits) return;
  throw Error(ErrorCode::InvalidArgument,
              "The exact result has more than about 78,000 digits, which is more than is computed here.");
}

}  // namespace

ExactNumber ExactNumber::unbounded(bool negative, Rational magnitude) {
  if (magnitude.value == 0) return {Kind::Finite, negative};
  return {Kind::Finite, negative, std::make_shared<const Rational>(std::move(magnitude))};
}

ExactNumber ExactNumber::bounded(bool negative, Rational magnitude) {
  requireBounded(std::max(bitCount(magnitude.value.get_num()), bitCount(magnitude.value.get_den())));
  return unbounded(negative, std::move(magnitude));
}

ExactNumber ExactNumber::fromDouble(double value) {
  const bool negative = std::signbit(value);
  if (std::isnan(value)) return nan(negative);
  if (std::isinf(value)) return infinity(negative);
  return unbounded(negative, {mpq_class(std::abs(value))});
}

ExactNumber ExactNumber::fromInteger(std::int64_t value) {
  const auto magnitude = value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  mpz_class integer;
  mpz_import(integer.get_mpz_t(), 1, 1, sizeof(magnitude), 0, 0, &magnitude);
  return unbounded(value < 0, {mpq_class(integer)});
}

ExactNumber ExactNumber::powerOfTwo(int power) { return unbounded(false, {shifted(mpq_class(1), power)}); }

ExactNumber ExactNumber::infinity(bool negative) { return {Kind::Infinite, negative}; }

ExactNumber ExactNumber::nan(bool negative) { return {Kind::NotANumber, negative}; }

ExactNumber ExactNumber::negated() const {
  ExactNumber result = *this;
  result.m_negative = !m_negative;
  return result;
}

ExactNumber ExactNumber::operator+(const ExactNumber& other) const {
  if (isNan() || other.isNan()) return nan();
  if (isInfinite()) return other.isInfinite() && m_negative != other.m_negative ? nan() : *this;
  if (other.isInfinite()) return other;
  if (isZero() && other.isZero()) return {Kind::Finite, m_negative && other.m_negative};
  if (isZero()) return other;
  if (other.isZero()) return *this;
  if (m_negative == other.m_negative) return bounded(m_negative, {m_magnitude->value + other.m_magnitude->value});
  const int order = cmp(m_magnitude->value, other.m_magnitude->value);
  if (order == 0) return {};
  return bounded(order > 0 ? m_negative : other.m_negative, {abs(m_magnitude->value - other.m_magnitude->value)});
}

ExactNumber ExactNumber::operator*(const ExactNumber& other) const {
  const bool negative = m_negative != other.m_negative;
  if (isNan() || other.isNan() || (isInfinite() && other.isZero()) || (isZero() && other.isInfinite())) return nan();
  if (isInfinite() || other.isInfinite()) return infinity(negative);
  if (isZero() || other.isZero()) return {Kind::Finite, negative};
  return bounded(negative, {m_magnitude->value * other.m_magnitude->value});
}

ExactNumber ExactNumber::operator/(const ExactNumber& other) const {
  const bool negative = m_negative != other.m_negative;
  if (isNan() || other.isNan() || (isInfinite() && other.isInfinite()) || (isZero() && other.isZero())) return nan();
  if (isInfinite() || other.isZero()) return infinity(negative);
  if (isZero() || other.isInfinite()) return {Kind::Finite, negative};
  return bounded(negative, {m_magnitude->value / other.m_magnitude->value});
}

ExactNumber ExactNumber::timesPowerOfTwo(int power) const {
  if (!m_magnitude) return *this;
  return unbounded(m_negative, {shifted(m_magnitude->value, power)});
}

int ExactNumber::compare(const ExactNumber& other) const {
  assert(!isNan() && !other.isNan());
  const auto sign = [](const ExactNumber& x) { return x.isZero() ? 0 : x.m_negative ? -1 : 1; };
  if (sign(*this) != sign(other)) return sign(*this) < sign(other) ? -1 : 1;
  if (sign(*this) == 0) return 0;
  int order = 0;  // of the magnitudes
  if (isInfinite() || other.isInfinite())
    order = static_cast<int>(isInfinite()) - static_cast<int>(other.isInfinite());
  else
    order = cmp(m_magnitude->value, other.m_magnitude->value);
  order = order < 0 ? -1 : order > 0 ? 1 : 0;
  return m_negative ? -order : order;
}

int ExactNumber::floorLog2() const {
  assert(m_magnitude);
  const mpq_class& value = m_magnitude->value;
  const int guess = static_cast<int>(bitCount(value.get_num())) - static_cast<int>(bitCount(value.get_den()));
  return value < shifted(mpq_class(1), guess) ? guess - 1 : guess;
}

ExactNumber::Parts ExactNumber::parts() const {
  if (!m_magnitude) return {};
  const mpq_class& value = m_magnitude->value;
  mpz_class whole, rest;
  mpz_fdiv_qr(whole.get_mpz_t(), rest.get_mpz_t(), value.get_num_mpz_t(), value.get_den_mpz_t());
  Parts parts;
  assert(whole == 0 || bitCount(whole) <= 64);
  mpz_export(&parts.whole, nullptr, 1, sizeof(parts.whole), 0, 0, whole.get_mpz_t());
  mpq_class fraction;
  fraction.get_num() = rest;  // without a common factor, since numerator and denominator had none
  fraction.get_den() = value.get_den();
  parts.fraction = rest == 0 ? ExactNumber() : unbounded(false, {fraction});
  return parts;
}

}  // namespace core::numeric
