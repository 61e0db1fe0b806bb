#include <QtTest>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <random>

#include "core/numeric/binades.h"
#include "core/numeric/custom_format.h"
#include "core/numeric/number_text.h"
#include "core/numeric/rounding_interval.h"
#include "core/numeric/typed_number.h"

using namespace core::numeric;

namespace {

constexpr std::array kModes = {Rounding::NearestEven, Rounding::NearestAway, Rounding::TowardZero,
                               Rounding::Up,          Rounding::Down,        Rounding::Stochastic};

struct Case {
  NumberFormat format;
  CodeScale scale;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const NumberFormat& format : numberFormats()) {
    if (format.bits > 8) continue;
    all.push_back({format, {}});
    if (format.kind == FormatKind::CodeBook) all.push_back({format, {0.0371, 0}});
    if (!format.isInteger() || format.bits == 6 || format.bits == 7) continue;  // as 5 and 8
    all.push_back({format, {0.1, 3}});
    all.push_back({format, {-0.5, 0}});
    all.push_back({format, {0.3, 300}});  // zero is none of the values
  }
  for (const char* name : {"e4m3", "e5m0", "e2m2:subnormals=off", "e3m2:specials=fnuz,subnormals=off",
                           "e1m4:specials=fn", "e1m3", "e3m0:specials=fn", "e4m3:bias=20,specials=none"})
    all.push_back({parseNumberFormat(name), {}});
  return all;
}

/// Significant digits of a shown decimal.
std::size_t digitCount(const std::string& shown) {
  QString digits = QString::fromStdString(shown).section(u'e', 0, 0).remove(u'-');
  const bool hasPoint = digits.contains(u'.');
  digits.remove(u'.');
  while (digits.startsWith(u'0')) digits.remove(0, 1);
  while (!hasPoint && digits.endsWith(u'0')) digits.chop(1);
  return static_cast<std::size_t>(digits.size());
}

}  // namespace

class TestNumericInterval : public QObject {
  Q_OBJECT
 private slots:
  void everyEndIsWhereTheCodeChanges() {
    const ExactNumber trace = ExactNumber::powerOfTwo(-2000);
    for (const Case& one : cases())
      for (const Rounding mode : kModes)
        for (const Overflow overflow : {Overflow::AsFormat, Overflow::Saturate}) {
          if (overflow == Overflow::Saturate && one.format.isScaled()) continue;  // they always do
          const RoundingRule rule(mode, 0.3);
          for (std::uint64_t code = 0; code <= one.format.codeMask(); ++code) {
            const auto interval = roundingInterval(one.format, code, rule, overflow, one.scale);
            const ExactNumber stored = decodeExact(one.format, code, one.scale);
            const ExactNumber value = stored.isZero() ? ExactNumber() : stored;  // −0 is no real number
            std::vector<ExactNumber> probes;
            if (value.isFinite()) probes.insert(probes.end(), {value, value + trace, value - trace});
            if (interval)
              for (const ExactNumber& end : {interval->low, interval->high})
                if (end.isFinite())
                  probes.insert(probes.end(), {end.isZero() ? ExactNumber() : end, end + trace, end - trace});
            for (const ExactNumber& x : probes) {
              const bool inside = interval && interval->contains(x);
              const auto found = decideRounding(one.format, x, rule, overflow, one.scale).code;
              QVERIFY2(inside == (found == code), qPrintable(QString("%1 code %2, %3 (%4): %5 gave %6")
                                                                 .arg(one.format.name.c_str())
                                                                 .arg(code, 0, 16)
                                                                 .arg(toString(mode))
                                                                 .arg(one.scale.scale)
                                                                 .arg(x.toDecimalText(30).c_str())
                                                                 .arg(found, 0, 16)));
            }
            if (interval) QVERIFY(interval->low.compare(interval->high) <= 0);
          }
        }
  }

  void knownIntervals() {
    const auto of = [](const char* format, std::uint64_t code, Rounding mode = Rounding::NearestEven) {
      return *roundingInterval(parseNumberFormat(format), code, mode);
    };
    const auto one = of("fp32", 0x3f800000);  // an even code keeps both ties; the gap below 1 is half as wide
    QCOMPARE(nearestDouble(one.low), 1 - 0x1p-25);
    QCOMPARE(nearestDouble(one.high), 1 + 0x1p-24);
    QVERIFY(one.lowClosed && one.highClosed);
    const auto odd = of("fp32", 0x3f800001);
    QVERIFY(!odd.lowClosed && !odd.highClosed);
    const auto largest = of("fp16", 0x7bff);
    QCOMPARE(nearestDouble(largest.high), 65520.0);
    QVERIFY(!largest.highClosed);
    const auto infinite = of("fp16", 0x7c00);
    QVERIFY(infinite.lowClosed && infinite.highUnbounded());
    QVERIFY(!roundingInterval(numberFormat(FormatId::Fp16), 0x7e00));
    QVERIFY(of("fp4_e2m1", 7).highUnbounded());
    QVERIFY(of("int4", 8).lowUnbounded());
    const auto smallest = of("fp64", 1);
    QVERIFY(smallest.low.compare(ExactNumber::powerOfTwo(-1075)) == 0 && !smallest.lowClosed);
    const auto truncated = of("fp32", 0x3f800000, Rounding::TowardZero);
    QCOMPARE(nearestDouble(truncated.low), 1.0);
    QVERIFY(truncated.lowClosed && !truncated.highClosed);
    QVERIFY(!of("fp32", 0x80000000).high.isNegative());  // an end is a real number
    const auto zero = of("fp8_e4m3fnuz", 0);
    QCOMPARE(nearestDouble(zero.low), -nearestDouble(zero.high));
  }

  void noShorterDecimalReadsBack() {
    // Every decimal of up to two digits, rounded to every small format: the fewest digits of each code.
    for (const Case& one : cases()) {
      if (one.scale.scale < 0) continue;
      std::map<std::uint64_t, std::size_t> fewest;
      for (int exponent = -16; exponent <= 39; ++exponent)
        for (int digits = 99; digits >= 1; --digits)
          for (const char* sign : {"", "-"}) {
            if (digits % 10 == 0) continue;
            const std::string text = sign + std::to_string(digits) + "e" + std::to_string(exponent);
            if (one.format.id == FormatId::E8M0 && *sign != '\0') continue;
            const auto found = decideRounding(one.format, *ExactNumber::parseDecimal(text), {}, {}, one.scale);
            if (found.overflow) continue;
            const std::size_t count = std::to_string(digits).size();
            const auto [at, isNew] = fewest.try_emplace(found.code, count);
            if (!isNew) at->second = std::min(at->second, count);
          }
      for (std::uint64_t code = 0; code <= one.format.codeMask(); ++code) {
        const ExactNumber value = decodeExact(one.format, code, one.scale);
        if (!value.isFinite() || value.isZero() || std::abs(nearestDouble(value)) < 1e-13) continue;
        const std::string shown = shortestText(one.format, code, one.scale);
        const auto again = parseTypedNumber(shown, one.format);
        const auto back = decideRounding(one.format, again.exact, {}, {}, one.scale).code;
        QVERIFY2(decodeExact(one.format, back, one.scale).compare(value) == 0, shown.c_str());
        const auto known = fewest.find(code);
        const QByteArray what = (one.format.name + " " + shown).c_str();
        if (known != fewest.end())
          QVERIFY2(digitCount(shown) == known->second, what);
        else if (back == code)
          QVERIFY2(digitCount(shown) > 2, what);
      }
    }
  }

  void shortestTextsAreThoseOfTheLibrary() {
    std::mt19937_64 random(5);
    for (int i = 0; i < 3000; ++i) {
      const auto bits = static_cast<std::uint32_t>(random());
      const float value = std::bit_cast<float>(bits);
      if (!std::isfinite(value) || value == 0) continue;
      char text[64];
      const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
      const std::string shown = shortestText(numberFormat(FormatId::Fp32), bits);
      const auto format = numberFormat(FormatId::Fp32);
      // The same number digit by digit, however it is written.
      QVERIFY2(
          parseTypedNumber(shown, format).exact.compare(parseTypedNumber(std::string(text, end.ptr), format).exact) ==
              0,
          shown.c_str());
    }
    QCOMPARE(shortestText(numberFormat(FormatId::Fp64), 1), std::string("5e-324"));
    QCOMPARE(shortestText(numberFormat(FormatId::Fp32), 0x3dcccccd), std::string("0.1"));
    QCOMPARE(shortestText(numberFormat(FormatId::Fp8E4M3), 0xfe), std::string("-450"));
    QCOMPARE(shortestText(numberFormat(FormatId::Fp16), 0x8000), std::string("-0"));
    QCOMPARE(shortestText(numberFormat(FormatId::Fp16), 0xfc00), std::string("-inf"));
    QCOMPARE(shortestText(numberFormat(FormatId::Fp64), 0x7fefffffffffffff), std::string("1.7976931348623157e308"));
  }

  void literalsReadBack() {
    const NumberFormat& single = numberFormat(FormatId::Fp32);
    QCOMPARE(cLiteral(single, 0x3eeaf790), std::string("0x1.d5ef2p-2F"));
    QCOMPARE(pythonLiteral(single, 0x3eeaf790), std::string("float.fromhex('0x1.d5ef2p-2')"));
    QCOMPARE(cLiteral(single, 0x7f800000), std::string("INFINITY"));
    QCOMPARE(cLiteral(single, 0x7fc00000), std::string("NAN"));
    QCOMPARE(cLiteral(single, 0x80000000), std::string("-0x0p+0F"));
    QCOMPARE(pythonLiteral(single, 0xff800000), std::string("float('-inf')"));
    QCOMPARE(cLiteral(numberFormat(FormatId::Int8), 0xfe), std::string("-2"));
    QCOMPARE(cLiteral(numberFormat(FormatId::Int8), 2, {0.5, 0}), std::string("0x1p+0F"));
    for (const std::uint32_t bits : {0x7f800000U, 0xff800000U, 0x80000000U, 1U})
      for (const std::string& literal : {cLiteral(single, bits), pythonLiteral(single, bits)})
        QCOMPARE(encodeTyped(single, parseTypedNumber(literal, single)).decision.code, std::uint64_t{bits});
    std::mt19937_64 random(6);
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t code = random();
      const double value = std::bit_cast<double>(code);
      if (std::isfinite(value))
        QCOMPARE(std::strtod(cLiteral(numberFormat(FormatId::Fp64), code).c_str(), nullptr), value);
      const auto bits = static_cast<std::uint32_t>(code);
      const std::string literal = cLiteral(single, bits);
      const std::uint64_t readBack = encodeTyped(single, parseTypedNumber(literal, single)).decision.code;
      const std::string python = pythonLiteral(single, bits);
      QCOMPARE(encodeTyped(single, parseTypedNumber(python, single)).decision.code, readBack);
      if (std::isnan(std::bit_cast<float>(bits))) continue;
      QCOMPARE(readBack, std::uint64_t{bits});
      if (!std::isfinite(std::bit_cast<float>(bits))) continue;
      QCOMPARE(literal.back(), 'F');
      QCOMPARE(std::strtof(literal.c_str(), nullptr), std::bit_cast<float>(bits));
    }
  }

  void densityIsWhatEnumerationCounts() {
    std::vector<Case> all = cases();
    for (const FormatId id : {FormatId::Fp16, FormatId::Bf16}) all.push_back({numberFormat(id), {}});
    for (const Case& one : all) {
      std::map<int, std::pair<std::uint64_t, std::uint64_t>> expected;
      std::vector<double> values = enumerate(one.format, one.scale);
      std::sort(values.begin(), values.end());
      values.erase(std::unique(values.begin(), values.end()), values.end());
      for (const double value : values) {
        if (!std::isfinite(value) || value == 0) continue;
        ++expected[std::ilogb(value)].first;
        expected[std::ilogb(value)].second += value > 0 ? 1 : 0;
      }
      const auto found = valuesPerBinade(one.format, one.scale);
      QCOMPARE(found.size(), expected.size());
      for (const BinadeCount& binade : found) {
        QCOMPARE(binade.count, expected[binade.exponent].first);
        QCOMPARE(binade.positive, expected[binade.exponent].second);
      }
    }
    QCOMPARE(valuesPerBinade(numberFormat(FormatId::Fp64)).size(), std::size_t{2098});
  }
};

QTEST_GUILESS_MAIN(TestNumericInterval)
#include "tst_numeric_interval.moc"
