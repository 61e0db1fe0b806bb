// Scales that are no doubles: used exactly as they are typed.
#include <QtTest>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/numeric/explain.h"
#include "core/numeric/nearest_value.h"
#include "core/numeric/number_text.h"
#include "core/numeric/rounding_interval.h"
#include "core/numeric/typed_number.h"
#include "core/numeric/typed_scale.h"

using namespace core::numeric;

class TestNumericScale : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void oneTenthIsOneTenth() {
    const NumberFormat& int8 = numberFormat(FormatId::Int8);
    const CodeScale scale = parseScale(int8, "0.1");
    QCOMPARE(decodeExact(int8, 3, scale).toFractionText(), std::string("3/10"));
    QCOMPARE(decode(int8, 3, scale), 0.3);  // where 3 times the double 0.1 is 0.30000000000000004
    QVERIFY(decode(int8, 3, {0.1, 0}) != 0.3);
    const TypedEncoding encoding = encodeTyped(int8, parseTypedNumber("0.3", int8), {}, Overflow::AsFormat, scale);
    QVERIFY(encoding.decision.code == 3 && encoding.error->isZero());
    // Half way between two steps: a tie here, and none under the double.
    const TypedNumber middle = parseTypedNumber("0.35", int8);
    QVERIFY(encodeTyped(int8, middle, {}, Overflow::AsFormat, scale).decision.tie);
    QVERIFY(!encodeTyped(int8, middle, {}, Overflow::AsFormat, {0.1, 0}).decision.tie);
    QCOMPARE(explain(int8, 3, scale).formula, std::string("0.1 × (3-0)"));
    QCOMPARE(explain(int8, 3, scale).ulpText, std::string("0.1"));
    const auto interval = roundingInterval(int8, 3, {}, Overflow::AsFormat, scale);
    QCOMPARE(interval->low.toFractionText(), std::string("1/4"));
    const CodeScale fraction = parseScale(int8, "1/127", "3");
    QCOMPARE(decodeExact(int8, 127, fraction).toFractionText(), std::string("124/127"));
    QCOMPARE(explain(int8, 127, fraction).formula, std::string("(1/127) × (127-3)"));
    QCOMPARE(scaleText(parseScale(int8, "0x1p-3")), std::string("0.125"));
    QVERIFY(!parseScale(int8, "0.5").exactScale);  // a double says it all
    const NumberFormat& nf4 = numberFormat(FormatId::Nf4);
    const CodeScale absmax = parseScale(nf4, "0.3");
    QCOMPARE(decodeExact(nf4, 15, absmax).toFractionText(), std::string("3/10"));
    QCOMPARE(decode(nf4, 15, absmax), 0.3);
  }

  void everyCodeIsRoundedOnceAndComesBack() {
    std::mt19937_64 random(11);
    for (const NumberFormat& format : numberFormats()) {
      if (!format.isScaled()) continue;
      for (const char* text : {"0.1", "1/3", "1/127", "7e-20", "123456789.123456789123456789"}) {
        const CodeScale scale = parseScale(format, text, format.isInteger() ? "1" : "");
        const NearestValue nearest(format, scale);
        std::vector<double> probes{0};
        for (std::uint64_t code = 0; code <= format.codeMask(); ++code) {
          const double value = decode(format, code, scale);
          QCOMPARE(value, nearestDouble(decodeExact(format, code, scale)));
          const auto back = decideRounding(format, decodeExact(format, code, scale), {}, Overflow::AsFormat, scale);
          QVERIFY(decodeExact(format, back.code, scale).compare(decodeExact(format, code, scale)) == 0);
          const std::string shortest = shortestText(format, code, scale);
          if (shortest.find("…") == std::string::npos) {
            const auto read = parseTypedNumber(shortest, format, scale);
            QCOMPARE(decode(format, encodeTyped(format, read, {}, Overflow::AsFormat, scale).decision.code, scale),
                     value);
          }
          if (const auto next = core::numeric::next(format, code)) {
            const double middle = (value + decode(format, *next, scale)) / 2;
            for (const double x : {middle, std::nextafter(middle, -1e300), std::nextafter(middle, 1e300), value})
              probes.push_back(x);
          }
        }
        const double reach = 1.5 * std::fabs(decode(format, format.codeMask() / 2, scale)) + scale.scale;
        std::uniform_real_distribution<double> anywhere(-reach, reach);
        for (int i = 0; i < 200; ++i) probes.push_back(anywhere(random));
        for (const double x : probes) {
          const auto decision = decideRounding(format, x, {}, Overflow::AsFormat, scale);
          QCOMPARE(nearest(x).value, decode(format, decision.code, scale));
          QCOMPARE(nearest(x).beyond, decision.overflow);
          QCOMPARE(decideRounding(format, ExactNumber::fromDouble(x), {}, Overflow::AsFormat, scale).code,
                   decision.code);
        }
      }
    }
  }

  void whatIsNoScaleIsRefusedWithASentence() {
    struct Case {
      const char *format, *scale, *zeroPoint;
    };
    for (const Case& one : {Case{"int8", "0", ""},
                            {"int8", "-0.1", ""},
                            {"int8", "nan", ""},
                            {"int8", "inf", ""},
                            {"int8", "1/0", ""},
                            {"int8", "", ""},
                            {"int8", "banana", ""},
                            {"int8", "1e-400", ""},
                            {"int8", "1e400", ""},
                            {"nf4", "0", ""},
                            {"nf4", "1", "0"},
                            {"fp32", "1", ""},
                            {"int8", "1", "128"},
                            {"int8", "1", "-129"},
                            {"int8", "1", "0.5"},
                            {"int8", "1", "nan"},
                            {"uint4", "1", "-1"},
                            {"uint4", "1", "16"},
                            {"int2", "1", "x"}}) {
      bool refused = false;
      try {
        (void)parseScale(*findNumberFormat(one.format), one.scale, one.zeroPoint);
      } catch (const core::Error& error) {
        const std::string sentence = error.what();
        refused = sentence.size() > 20 && sentence.back() == '.';
      }
      QVERIFY2(refused, qPrintable(QString("%1 %2 %3").arg(one.format, one.scale, one.zeroPoint)));
    }
    QCOMPARE(parseScale(numberFormat(FormatId::Int8), "1", "-128").zeroPoint, std::int64_t{-128});
    QCOMPARE(parseScale(numberFormat(FormatId::UInt8), "1", "255").zeroPoint, std::int64_t{255});
  }
};

QTEST_GUILESS_MAIN(TestNumericScale)
#include "tst_numeric_scale.moc"
