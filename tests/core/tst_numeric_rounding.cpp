#include <QtTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/numeric/explain.h"
#include "core/numeric/typed_number.h"

using namespace core::numeric;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTop = std::numeric_limits<double>::max();

/// Every finite value of a small format once, ascending.
std::vector<double> levelsOf(const NumberFormat& format, const CodeScale& scale) {
  std::vector<double> levels;
  for (const double value : enumerate(format, scale))
    if (std::isfinite(value)) levels.push_back(value + 0.0);  // one zero
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

/// What is worth asking: zeros, every level, every middle, both sides of it, the ends and beyond.
std::vector<double> probesOf(const std::vector<double>& levels) {
  std::vector<double> probes = {0.0, -0.0, 5e-324, -5e-324, kTop, -kTop, 1.0 / 3, -1e-30, 1e30};
  const std::size_t step = std::max<std::size_t>(1, levels.size() / 500);
  for (std::size_t i = 0; i + 1 < levels.size(); i += step) {
    const double middle = levels[i] / 2 + levels[i + 1] / 2;
    for (const double x : {levels[i], levels[i + 1], middle, std::nextafter(middle, -kInfinity),
                           std::nextafter(middle, kInfinity), levels[i] * 0.75 + levels[i + 1] * 0.25})
      probes.push_back(x);
  }
  for (const double end : {levels.front(), levels.back()})
    for (const double factor : {1.0, 1.001, 1.01, 1.0625, 1.125, 1.25, 1.5, 4.0}) probes.push_back(end * factor);
  return probes;
}

const char* nameOf(const NumberFormat& format) { return format.name.c_str(); }

struct Case {
  const NumberFormat& format;
  CodeScale scale;
  double x;
  Rounding rounding;
  RoundingDecision decision;
  double value;
  const std::vector<double>& levels;  ///< of the format, ascending
  QByteArray text() const {
    return QString("%1 of %2 with scale %3 and zero-point %4 gave %5")
        .arg(nameOf(format))
        .arg(x, 0, 'g', 17)
        .arg(scale.scale)
        .arg(scale.zeroPoint)
        .arg(value, 0, 'g', 17)
        .toUtf8();
  }
};

template <typename Check>
void forEveryCase(const Check& check) {
  for (const NumberFormat& format : numberFormats()) {
    if (format.bits > 16) continue;
    const std::vector<CodeScale> scales =
        format.isInteger() ? std::vector<CodeScale>{{1.0, 0}, {0.25, 0}, {0.5, -2}, {2.0, 3}, {1.0, 300}}
                           : std::vector<CodeScale>{{}};
    for (const CodeScale& scale : scales) {
      const auto levels = levelsOf(format, scale);
      for (const double x : probesOf(levels))
        for (const Rounding rounding : {Rounding::NearestEven, Rounding::NearestAway, Rounding::TowardZero,
                                        Rounding::Up, Rounding::Down, Rounding::Stochastic}) {
          const auto decision = decideRounding(format, x, rounding, Overflow::AsFormat, scale);
          check(Case{format, scale, x, rounding, decision, decode(format, decision.code, scale), levels});
        }
    }
  }
}

}  // namespace

/// Everything that is said about a rounding, in every format, against the list of the format's values.
class TestNumericRounding : public QObject {
  Q_OBJECT
 private slots:
  void theDirectionIsWhereTheValueWent() {
    forEveryCase([](const Case& c) {
      if (c.decision.noSuchValue) return;
      const double from = std::abs(c.x), to = std::abs(c.value);
      // A value that lands on the other side of zero (a grid without zero) went toward zero only if it is smaller.
      const bool exact = c.value == c.x;
      QVERIFY2((c.decision.direction == RoundingDirection::Exact) == exact, c.text());
      if (exact || std::isnan(c.value)) return;
      QVERIFY2((c.decision.direction == RoundingDirection::AwayFromZero) == (to > from), c.text());
    });
  }

  void nothingIsCutOffOfWhatFits() {
    forEveryCase([](const Case& c) {
      if (!c.decision.hasBits || c.decision.overflow) return;
      const bool cut = c.decision.guard || c.decision.round || c.decision.sticky;
      QVERIFY2(cut == (c.value != c.x), c.text());
      QVERIFY2(c.decision.tie == (c.decision.guard && !c.decision.round && !c.decision.sticky), c.text());
    });
  }

  void theBitsSayHowMuchWasCutOff() {
    forEveryCase([](const Case& c) {
      if (!c.decision.hasBits || c.decision.overflow || c.format.isInteger() || c.decision.noSuchValue) return;
      const double below = decode(c.format, c.decision.truncatedCode);
      const double unit = ulp(c.format, c.decision.truncatedCode);
      const double rest = (std::abs(c.x) - std::abs(below)) / unit;  // in [0, 1)
      QVERIFY2(rest >= 0 && rest < 1, c.text());
      if (c.x != 0 && rest == 0 && below == 0) return;  // too small for a double to say
      QVERIFY2(c.decision.guard == (rest >= 0.5), c.text());
      QVERIFY2(c.decision.round == (std::fmod(rest, 0.5) >= 0.25), c.text());
      QVERIFY2(c.decision.sticky == (std::fmod(rest, 0.25) != 0), c.text());
    });
  }

  void noLevelIsNearer() {
    for (const NumberFormat& format : numberFormats()) {
      if (format.bits > 16 || format.kind == FormatKind::PowerOfTwo) continue;
      const auto levels = levelsOf(format, {});
      for (const double x : probesOf(levels)) {
        const double value = decode(format, encode(format, x, Rounding::NearestEven, Overflow::Saturate));
        const double clamped = std::clamp(x, levels.front(), levels.back());
        const auto above = std::lower_bound(levels.begin(), levels.end(), clamped);
        double nearest = std::abs(*above - clamped);
        if (above != levels.begin()) nearest = std::min(nearest, std::abs(*(above - 1) - clamped));
        QVERIFY2(std::abs(value - clamped) == nearest,
                 qPrintable(QString("%1 of %2").arg(nameOf(format)).arg(x, 0, 'g', 17)));
      }
    }
  }

  void overflowAndUnderflowAreWhatTheySay() {
    forEveryCase([](const Case& c) {
      if (c.decision.noSuchValue) return;
      const double top = c.levels.back(), bottom = c.levels.front();
      if (c.decision.overflow) QVERIFY2(c.x > top || c.x < bottom, c.text());
      // A whole step beyond an end is beyond it under every rounding. Powers of two have steps as large as themselves.
      const double step = top - c.levels[c.levels.size() - 2];
      if (c.format.kind != FormatKind::PowerOfTwo && (c.x >= top + step || c.x <= bottom - step))
        QVERIFY2(c.decision.overflow, c.text());
      QVERIFY2(c.decision.underflow == (c.value == 0 && c.x != 0 && !c.decision.overflow), c.text());
      if (std::isinf(c.value)) QVERIFY2(c.decision.overflow, c.text());
    });
  }

  void whatHasNoCodeIsSaid() {
    for (const NumberFormat& format : numberFormats()) {
      const auto nan = decideRounding(format, kNan);
      QVERIFY2(nan.noSuchValue == !format.hasNan(), nameOf(format));
      const double kept = decode(format, nan.code);
      QVERIFY2(format.hasNan() ? std::isnan(kept) : kept == 0.0, nameOf(format));
      for (const double infinity : {kInfinity, -kInfinity}) {
        const auto decision = decideRounding(format, infinity);
        QVERIFY2(decision.noSuchValue == !format.hasInfinity(), nameOf(format));
        const double value = decode(format, decision.code);
        if (format.hasInfinity()) QVERIFY2(value == infinity, nameOf(format));
        QVERIFY2(!decision.hasBits, nameOf(format));
      }
      for (const double zero : {0.0, -0.0}) {
        const auto decision = decideRounding(format, zero);
        QVERIFY2(decision.noSuchValue == (format.kind == FormatKind::PowerOfTwo), nameOf(format));
        if (decision.noSuchValue) continue;
        QVERIFY2(decode(format, decision.code) == 0.0, nameOf(format));
        QVERIFY2(!decision.sticky && !decision.guard && !decision.round && !decision.underflow, nameOf(format));
        QVERIFY2(decision.direction == RoundingDirection::Exact, nameOf(format));
      }
    }
  }

  void zeroOfEitherSignIsNoError() {
    for (const char* zero : {"0", "-0", "+0", "0.000", "-0e5", "0x0p0", "-0x0.0p3", "0/7", "-0/7"}) {
      const auto number = parseTypedNumber(zero, numberFormat(FormatId::Fp32));
      for (const NumberFormat& format : numberFormats()) {
        if (format.kind == FormatKind::PowerOfTwo) continue;
        const auto encoding = encodeTyped(format, number);
        QVERIFY2(encoding.error && encoding.error->toDecimalText() == "0", nameOf(format));
        const bool exact = encoding.decision.direction == RoundingDirection::Exact && !encoding.decision.sticky;
        QVERIFY2(exact, nameOf(format));
      }
    }
  }

  void fp64HasItsBitsToo() {
    const NumberFormat& format = numberFormat(FormatId::Fp64);
    const auto decisionOf = [&](const char* text) {
      return encodeTyped(format, parseTypedNumber(text, format)).decision;
    };
    const auto one = decisionOf("1");
    QVERIFY(one.hasBits && !one.guard && !one.round && !one.sticky && one.direction == RoundingDirection::Exact);
    const auto tie = decisionOf("1.00000000000000011102230246251565404236316680908203125");  // 1 + 2^-53
    QVERIFY(tie.tie && tie.guard && !tie.round && !tie.sticky && !tie.lastBitOdd);
    QCOMPARE(tie.direction, RoundingDirection::TowardZero);
    const auto above = decisionOf("1.000000000000000111022302462515654042363166809082031250000001");
    QVERIFY(!above.tie && above.guard && above.sticky);
    QCOMPARE(above.direction, RoundingDirection::AwayFromZero);
    const auto quarter = decisionOf("1.000000000000000055511151231257827021181583404541015625");  // 1 + 2^-54
    QVERIFY(!quarter.guard && quarter.round && !quarter.sticky);
    const auto tiny = decisionOf("1e-400");
    QVERIFY(tiny.underflow && !tiny.guard && tiny.sticky);
    const auto half = decisionOf("0x1p-1075");  // half the smallest: to even, that is to zero
    QVERIFY(half.underflow && half.tie);
  }

  void patternsAreExactInTheirOwnFormat() {
    for (const NumberFormat& format : numberFormats()) {
      if (format.bits > 8) continue;
      for (std::uint64_t code = 0; code <= format.codeMask(); ++code) {
        const auto number = parseTypedNumber("0x" + QString::number(code, 16).toStdString(), format);
        const auto encoding = encodeTyped(format, number);
        QCOMPARE(encoding.decision.code, code);
        const double value = decode(format, code);
        QVERIFY(std::isnan(value) || encoding.decision.direction == RoundingDirection::Exact);
        QVERIFY(encoding.decision.hasBits == (std::isfinite(value) && format.kind != FormatKind::CodeBook));
        if (std::isfinite(value)) QCOMPARE(encoding.error->toDecimalText(), std::string("0"));
      }
    }
  }

  void explanationsRepeatTheValue() {
    for (const NumberFormat& format : numberFormats()) {
      if (format.bits > 16) continue;
      const CodeScale scale{0.5, format.isInteger() ? 3 : 0};
      const auto levels = levelsOf(format, scale);
      for (std::uint64_t code = 0; code <= format.codeMask(); code += format.bits > 8 ? 37 : 1) {
        const Explanation e = explain(format, code, scale);
        const double value = decode(format, code, scale);
        QCOMPARE(e.valueText, exactText(value));
        QVERIFY(e.exponent.has_value() == (std::isfinite(value) && e.exponentField.has_value()));
        if (e.exponent) {
          const double significand = e.mantissaField
                                         ? *e.implicitBit + std::ldexp(static_cast<double>(*e.mantissaField),
                                                                       -static_cast<int>(format.mantissaBits))
                                         : 1.0;
          QCOMPARE((e.sign.value_or(0) != 0 ? -1 : 1) * std::ldexp(significand, *e.exponent), value);
          QVERIFY(e.mantissaField || format.kind == FormatKind::PowerOfTwo);
        }
        if (e.integer) QCOMPARE(scale.scale * static_cast<double>(*e.integer - scale.zeroPoint), value);
        if (e.codeBookIndex) QCOMPARE(0.5 * static_cast<double>(format.codeBook[*e.codeBookIndex]), value);
        if (!std::isfinite(value)) continue;
        // Neighbours are the neighbours in the list, and the unit is the way to the next one away from zero.
        const auto at = std::lower_bound(levels.begin(), levels.end(), value);
        QVERIFY(at != levels.end() && *at == value);
        const auto neighbour = [&](const std::optional<std::uint64_t>& other) { return decode(format, *other, scale); };
        if (at != levels.begin()) QCOMPARE(neighbour(e.previous), *(at - 1));
        if (at + 1 != levels.end()) QCOMPARE(neighbour(e.next), *(at + 1));
        const bool up = value >= 0;
        if (up ? at + 1 != levels.end() : at != levels.begin())
          QCOMPARE(e.ulp, up ? *(at + 1) - value : value - *(at - 1));
      }
    }
  }

  void endlessFractionsAreRoundedOnce() {
    std::mt19937 random(11);
    const NumberFormat& format = numberFormat(FormatId::Fp64);
    for (int i = 0; i < 300; ++i) {
      const int above = static_cast<int>(random() % 100000), below = 1 + static_cast<int>(random() % 99999);
      const auto number = parseTypedNumber(std::to_string(above) + "/" + std::to_string(below), format);
      QCOMPARE(number.nearest, static_cast<double>(above) / below);  // IEEE 754 division rounds once
    }
    const auto third = parseTypedNumber("-1/3", format);
    QVERIFY(third.isEndless());
    QCOMPARE(third.nearest, -1.0 / 3);
    const auto single = encodeTyped(numberFormat(FormatId::Fp32), third);
    QCOMPARE(decode(numberFormat(FormatId::Fp32), single.decision.code), static_cast<double>(-1.0F / 3.0F));
    QVERIFY(single.error->toDecimalText().starts_with("-0.00000000993410746256510416"));
    QVERIFY(single.error->toDecimalText().size() < 60);
    QVERIFY(!parseTypedNumber("3/8", format).isEndless());
    QCOMPARE(parseTypedNumber("3/8", format).exact.toDecimalText(), std::string("0.375"));
    QCOMPARE(parseTypedNumber("1e3/-0.5", format).nearest, -2000.0);
  }
};

QTEST_GUILESS_MAIN(TestNumericRounding)
#include "tst_numeric_rounding.moc"
