#pragma once
// Floating point formats once more, straight from their definitions and without core/numeric: values from the formula,
// rounding by looking at the list of all values. For formats of up to 16 bits, whose arithmetic here is exact in long
// double (64 bits of mantissa, 15 of exponent).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace reference {

enum class Kind { Ieee, Fn, Fnuz, Finite };
enum class Mode { NearestEven, NearestAway, TowardZero, Up, Down, Stochastic };

struct Definition {
  std::string name;  ///< as parseNumberFormat reads it
  int exponentBits, mantissaBits, bias;
  Kind kind;
  bool subnormals = true;

  std::uint64_t signBit() const { return std::uint64_t{1} << (exponentBits + mantissaBits); }
  std::uint64_t allOnes() const { return signBit() - 1; }
};

/// OCP OFP8 1.0, table 1; OCP MX 1.0, tables 4 and 5; IEEE 754-2019, table 3.5; FNUZ: Noune et al., 2022.
inline std::vector<Definition> definitions() {
  return {{"fp16", 5, 10, 15, Kind::Ieee},       {"bf16", 8, 7, 127, Kind::Ieee},
          {"fp8_e4m3", 4, 3, 7, Kind::Fn},       {"fp8_e5m2", 5, 2, 15, Kind::Ieee},
          {"fp8_e4m3fnuz", 4, 3, 8, Kind::Fnuz}, {"fp8_e5m2fnuz", 5, 2, 16, Kind::Fnuz},
          {"fp6_e3m2", 3, 2, 3, Kind::Finite},   {"fp6_e2m3", 2, 3, 1, Kind::Finite},
          {"fp4_e2m1", 2, 1, 1, Kind::Finite}};
}

/// (−1)^S · 2^(E − bias) · (1 + M / 2^m), or with E = 0: (−1)^S · 2^(1 − bias) · M / 2^m. No special values.
inline long double formula(const Definition& d, std::uint64_t magnitude) {
  const auto e = static_cast<int>(magnitude >> d.mantissaBits);
  const auto m = static_cast<long double>(magnitude & ((std::uint64_t{1} << d.mantissaBits) - 1));
  const long double part = m / static_cast<long double>(std::uint64_t{1} << d.mantissaBits);
  if (e == 0) return d.subnormals ? std::pow(2.0L, 1 - d.bias) * part : 0.0L;
  return std::pow(2.0L, e - d.bias) * (1.0L + part);
}

inline long double valueOf(const Definition& d, std::uint64_t code) {
  constexpr long double kNan = std::numeric_limits<long double>::quiet_NaN();
  const bool negative = (code & d.signBit()) != 0;
  const std::uint64_t magnitude = code & d.allOnes();
  const long double sign = negative ? -1.0L : 1.0L;
  switch (d.kind) {
    case Kind::Ieee:
      if (magnitude >> d.mantissaBits == d.allOnes() >> d.mantissaBits) {
        const bool zeroMantissa = (magnitude & ((std::uint64_t{1} << d.mantissaBits) - 1)) == 0;
        return zeroMantissa ? sign * std::numeric_limits<long double>::infinity() : kNan;
      }
      break;
    case Kind::Fn:
      if (magnitude == d.allOnes()) return kNan;
      break;
    case Kind::Fnuz:
      if (negative && magnitude == 0) return kNan;
      if (formula(d, magnitude) == 0) return 0.0L;
      break;
    case Kind::Finite:
      break;
  }
  return sign * formula(d, magnitude);
}

/// The finite magnitudes, ascending, each with its lowest code.
struct Level {
  long double value;
  std::uint64_t code;
};

class Rounder {
 public:
  explicit Rounder(const Definition& d) : m_definition(d) {
    for (std::uint64_t code = 0; code <= d.allOnes(); ++code) {
      const long double value = valueOf(d, code);
      if (std::isfinite(value) && (m_levels.empty() || value > m_levels.back().value))
        m_levels.push_back({value, code});
    }
    m_beyond = formula(d, m_levels.back().code + 1);
  }

  const std::vector<Level>& levels() const { return m_levels; }
  /// One step beyond the largest value.
  long double beyond() const { return m_beyond; }

  /// Any code that stands for NaN counts as kNan.
  static constexpr std::uint64_t kNan = ~std::uint64_t{0};

  std::uint64_t round(long double x, Mode mode, long double draw, bool saturate) const {
    const bool negative = std::signbit(x);
    const long double a = std::abs(x);
    const auto above = std::upper_bound(m_levels.begin(), m_levels.end(), a,
                                        [](long double value, const Level& level) { return value < level.value; });
    const Level& low = *(above - 1);
    const bool last = above == m_levels.end();
    const bool stays = mode == Mode::TowardZero || mode == (negative ? Mode::Up : Mode::Down);
    if (!last || a < m_beyond) {
      const long double high = last ? m_beyond : above->value;
      if (!goesAway((a - low.value) / (high - low.value), low.code % 2 == 1, mode, negative, draw))
        return withSign(low.code, negative);
      if (!last) return withSign(above->code, negative);
    }
    if (stays || saturate || m_definition.kind == Kind::Finite) return withSign(m_levels.back().code, negative);
    return m_definition.kind == Kind::Ieee ? withSign(m_levels.back().code + 1, negative) : kNan;
  }

 private:
  static bool goesAway(long double part, bool odd, Mode mode, bool negative, long double draw) {
    if (part == 0) return false;
    switch (mode) {
      case Mode::NearestEven:
        return part == 0.5L ? odd : part > 0.5L;
      case Mode::NearestAway:
        return part >= 0.5L;
      case Mode::TowardZero:
        return false;
      case Mode::Up:
        return !negative;
      case Mode::Down:
        return negative;
      case Mode::Stochastic:
        break;
    }
    return part > draw;
  }
  std::uint64_t withSign(std::uint64_t code, bool negative) const {
    const bool positiveZero = code == 0 && m_definition.kind == Kind::Fnuz;
    return negative && !positiveZero ? code | m_definition.signBit() : code;
  }

  Definition m_definition;
  std::vector<Level> m_levels;
  long double m_beyond = 0;
};

}  // namespace reference
