#include <QtTest>
#include <array>
#include <bit>

#include "core/numeric/custom_format.h"
#include "core/numeric/rounding.h"
#include "reference_format.h"

using namespace core::numeric;

namespace {

constexpr std::array kModes = {Rounding::NearestEven, Rounding::NearestAway, Rounding::TowardZero,
                               Rounding::Up,          Rounding::Down,        Rounding::Stochastic};

/// Every custom format of up to 8 bits, with two biases, every kind of special values, with and without subnormals.
std::vector<reference::Definition> smallCustomFormats() {
  std::vector<reference::Definition> all;
  for (int e = 1; e <= 7; ++e)
    for (int m = 0; e + m <= 7; ++m)
      for (const auto& [specials, kind] :
           {std::pair{"ieee", reference::Kind::Ieee}, std::pair{"fn", reference::Kind::Fn},
            std::pair{"fnuz", reference::Kind::Fnuz}, std::pair{"none", reference::Kind::Finite}})
        for (const bool subnormals : {true, false})
          for (const int bias : {(1 << (e - 1)) - 1, 5}) {
            const std::string name = "e" + std::to_string(e) + "m" + std::to_string(m) +
                                     ":bias=" + std::to_string(bias) + ",specials=" + specials +
                                     ",subnormals=" + (subnormals ? "on" : "off");
            const reference::Definition d{name, e, m, bias, kind, subnormals};
            if (reference::Rounder(d).levels().size() > 1) all.push_back(d);
          }
  return all;
}

/// Values, middles, their neighbours among the doubles, quarters, and what lies beyond; of both signs.
std::vector<double> probesOf(const reference::Rounder& rounder) {
  std::vector<double> probes = {0.0, 5e-324, std::numeric_limits<double>::max(), 1e30, 1e-30};
  const auto add = [&](long double x) {
    const auto value = static_cast<double>(x);
    for (const double one : {value, std::nextafter(value, 0.0), std::nextafter(value, HUGE_VAL)})
      if (std::isfinite(one)) probes.push_back(one);
  };
  const auto& levels = rounder.levels();
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const long double low = levels[i].value, high = i + 1 < levels.size() ? levels[i + 1].value : rounder.beyond();
    add(low);
    add((low + high) / 2);
    probes.push_back(static_cast<double>(low + (high - low) / 4));
  }
  add(rounder.beyond());
  const std::size_t positive = probes.size();
  for (std::size_t i = 0; i < positive; ++i) probes.push_back(-probes[i]);
  return probes;
}

std::uint64_t withOneNan(const NumberFormat& format, std::uint64_t code) {
  return std::isnan(decode(format, code)) ? reference::Rounder::kNan : code;
}

void checkValues(const NumberFormat& format, const reference::Definition& d) {
  QCOMPARE(format.bits, static_cast<std::uint32_t>(1 + d.exponentBits + d.mantissaBits));
  for (std::uint64_t code = 0; code <= format.codeMask(); ++code) {
    const auto expected = static_cast<double>(reference::valueOf(d, code));
    const double found = decode(format, code);
    const bool same = std::isnan(expected)
                          ? std::isnan(found)
                          : std::bit_cast<std::uint64_t>(expected) == std::bit_cast<std::uint64_t>(found);
    QVERIFY2(same, qPrintable(QString("%1 %2: %3").arg(d.name.c_str()).arg(code, 0, 16).arg(found)));
  }
}

/// Every probe in every mode, as a double; every `exactStep`-th of them as an exact number, too, and a trace beyond it.
void checkRounding(const NumberFormat& format, const reference::Definition& d, std::size_t exactStep) {
  const reference::Rounder rounder(d);
  const std::vector<double> probes = probesOf(rounder);
  std::size_t count = 0;
  for (const double x : probes)
    for (const Rounding mode : kModes)
      for (const double draw : {0.0, 0.25, 0.7}) {
        if (draw != 0.25 && (mode != Rounding::Stochastic || exactStep > 1)) continue;
        for (const Overflow overflow : {Overflow::AsFormat, Overflow::Saturate}) {
          const bool inRange = std::abs(x) <= static_cast<double>(rounder.levels().back().value);
          if (overflow == Overflow::Saturate && inRange) continue;  // nothing to saturate
          const RoundingRule rule(mode, draw);
          const auto reference = static_cast<reference::Mode>(mode);
          const std::uint64_t expected =
              rounder.round(static_cast<long double>(x), reference, draw, overflow == Overflow::Saturate);
          const auto text = [&] {
            return QString("%1 of %2, %3").arg(d.name.c_str()).arg(x, 0, 'g', 17).arg(toString(mode)).toUtf8();
          };
          const RoundingDecision found = decideRounding(format, x, rule, overflow);
          QVERIFY2(withOneNan(format, found.code) == expected, text());
          if (++count % exactStep != 0) continue;
          const ExactNumber exact = ExactNumber::fromDouble(x);
          const ExactRoundingDecision again = decideRounding(format, exact, rule, overflow);
          QVERIFY2(again.code == found.code && again.tie == found.tie && again.fraction == found.fraction &&
                       again.truncatedCode == found.truncatedCode && again.direction == found.direction,
                   text());
        }
      }
}

}  // namespace

/// Every code and every decision of the small formats against a definition that shares nothing with the codec.
class TestNumericDefinition : public QObject {
  Q_OBJECT
 private slots:
  void valuesOfTheTable() {
    for (const auto& d : reference::definitions()) checkValues(parseNumberFormat(d.name), d);
    // The upper 19 bits of a float; its arithmetic is exact in long double, too.
    checkValues(numberFormat(FormatId::Tf32), {"tf32", 8, 10, 127, reference::Kind::Ieee});
  }
  void valuesOfEverySmallCustomFormat() {
    const auto all = smallCustomFormats();
    QVERIFY(all.size() > 400);
    for (const auto& d : all) checkValues(parseNumberFormat(d.name), d);
  }
  void roundingOfTheTable_data() {
    QTest::addColumn<int>("index");
    const auto all = reference::definitions();
    for (std::size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i].name.c_str()) << static_cast<int>(i);
  }
  void roundingOfTheTable() {
    QFETCH(int, index);
    const auto d = reference::definitions()[static_cast<std::size_t>(index)];
    const NumberFormat format = parseNumberFormat(d.name);
    checkRounding(format, d, format.bits > 8 ? 97 : 1);
  }
  void roundingOfEverySmallCustomFormat() {
    for (const auto& d : smallCustomFormats()) checkRounding(parseNumberFormat(d.name), d, 31);
  }
  void aTraceOnEitherSideOfAMiddleDecides() {
    const ExactNumber trace = ExactNumber::powerOfTwo(-3000);
    for (const auto& d : reference::definitions()) {
      const NumberFormat format = parseNumberFormat(d.name);
      const reference::Rounder rounder(d);
      const auto& levels = rounder.levels();
      const std::size_t step = format.bits > 8 ? 509 : 1;
      for (std::size_t i = 0; i + 1 < levels.size(); i += step) {
        const auto middle = ExactNumber::fromDouble(static_cast<double>((levels[i].value + levels[i + 1].value) / 2));
        QCOMPARE(decideRounding(format, middle + trace).code, levels[i + 1].code);
        QCOMPARE(decideRounding(format, middle - trace).code, levels[i].code);
        QCOMPARE(decideRounding(format, (middle + trace).negated()).code, levels[i + 1].code | d.signBit());
        QVERIFY(decideRounding(format, middle).tie && !decideRounding(format, middle + trace).tie);
        const auto low = ExactNumber::fromDouble(static_cast<double>(levels[i].value));
        QCOMPARE(decideRounding(format, low + trace, Rounding::Up).code, levels[i + 1].code);
        QCOMPARE(decideRounding(format, low + trace, Rounding::Down).code, levels[i].code);
        QCOMPARE(decideRounding(format, low + trace, {Rounding::Stochastic, 0.0}).code, levels[i + 1].code);
        QCOMPARE(decideRounding(format, low + trace, {Rounding::Stochastic, 1e-300}).code, levels[i].code);
      }
    }
  }
  /// E8M0 (OCP MX 1.0, 5.4.1): 2^(code − 127), code 255 NaN.
  void powersOfTwo() {
    const NumberFormat& format = numberFormat(FormatId::E8M0);
    QVERIFY(std::isnan(decode(format, 255)));
    for (int code = 0; code < 255; ++code) {
      const double value = std::ldexp(1.0, code - 127);
      QCOMPARE(decode(format, static_cast<std::uint64_t>(code)), value);
      const auto codeOf = [&](double x, RoundingRule rule) { return static_cast<int>(encode(format, x, rule)); };
      for (const Rounding mode : kModes) QCOMPARE(codeOf(value, mode), code);
      const double below = std::nextafter(1.5 * value, 0);
      const int next = code + 1;  // 255: beyond the largest, which has no Inf
      QCOMPARE(codeOf(1.5 * value, Rounding::NearestEven), next);
      QCOMPARE(codeOf(1.5 * value, Rounding::NearestAway), next);
      QCOMPARE(codeOf(below, Rounding::NearestEven), code);
      QCOMPARE(codeOf(below, Rounding::NearestAway), code);
      QCOMPARE(codeOf(1.9 * value, Rounding::TowardZero), code);
      QCOMPARE(codeOf(1.9 * value, Rounding::Down), code);
      QCOMPARE(codeOf(std::nextafter(value, HUGE_VAL), Rounding::Up), next);
      QCOMPARE(codeOf(1.25 * value, {Rounding::Stochastic, 0.24}), next);
      QCOMPARE(codeOf(1.25 * value, {Rounding::Stochastic, 0.25}), code);
    }
  }
};

QTEST_GUILESS_MAIN(TestNumericDefinition)
#include "tst_numeric_definition.moc"
