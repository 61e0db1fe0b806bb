#include <QtTest>
#include <cmath>
#include <cstdio>

#include "core/base/error.h"
#include "core/numeric/exact_number.h"
#include "core/numeric/explain.h"
#include "core/numeric/typed_number.h"

using namespace core::numeric;

namespace {
std::string exactOf(const char* text) { return ExactNumber::parseDecimal(text)->toDecimalText(); }
QString text(const std::string& s) { return QString::fromStdString(s); }

TypedEncoding typed(FormatId id, const char* number, Rounding rounding = Rounding::NearestEven) {
  return encodeTyped(numberFormat(id), parseTypedNumber(number, numberFormat(FormatId::Fp32)), rounding);
}

/// What refusing a text says; empty when it was accepted.
std::string refusal(const char* number, FormatId id = FormatId::Fp32) {
  try {
    parseTypedNumber(number, numberFormat(id));
  } catch (const core::Error& error) {
    return error.what();
  }
  return {};
}
}  // namespace

class TestNumericExplain : public QObject {
  Q_OBJECT
 private slots:
  void decimalsHaveAllTheirDigits() {
    QCOMPARE(exactText(0.1), std::string("0.1000000000000000055511151231257827021181583404541015625"));
    QCOMPARE(exactText(static_cast<double>(0.1F)), std::string("0.100000001490116119384765625"));
    QCOMPARE(exactText(-448.0), std::string("-448"));
    QCOMPARE(exactText(1e22), std::string("10000000000000000000000"));
    QCOMPARE(exactText(0.0), std::string("0"));
    QCOMPARE(exactText(-0.0), std::string("-0"));
    QCOMPARE(exactText(HUGE_VAL), std::string("inf"));
    QCOMPARE(exactText(std::nan("")), std::string("nan"));
    const std::string smallest = exactText(5e-324);
    QVERIFY(smallest.starts_with("0.000") && smallest.ends_with("625"));
    QCOMPARE(smallest.size(), std::size_t{1076});
    QCOMPARE(exactText(1.7976931348623157e308).size(), std::size_t{309});
  }

  void arithmeticIsExact() {
    QCOMPARE(exactOf("001.2500e2"), std::string("125"));
    QCOMPARE(exactOf("-.5"), std::string("-0.5"));
    QCOMPARE(exactOf("1e-3"), std::string("0.001"));
    const auto number = [](const char* text) { return *ExactNumber::parseDecimal(text); };
    const auto minus = [&](const char* a, const char* b) { return (number(a) - number(b)).toDecimalText(); };
    QCOMPARE(minus("1", "0.1"), std::string("0.9"));
    QCOMPARE(minus("0.1", "1"), std::string("-0.9"));
    QCOMPARE(minus("-1", "0.25"), std::string("-1.25"));
    QCOMPARE(minus("999", "-1"), std::string("1000"));
    QCOMPARE(minus("5", "5.0"), std::string("0"));
    QCOMPARE(minus("-0", "-0"), std::string("0"));
    QCOMPARE(minus("-0", "0"), std::string("-0"));
    QCOMPARE(minus("1e30", "1e-30"), "999999999999999999999999999999." + std::string(30, '9'));
    QCOMPARE(number("-2").compare(number("1e-9")), -1);
    QCOMPARE(number("-0").compare(number("0")), 0);
    for (const char* wrong : {"", "-", ".", "e5", "1e", "1.2.3", "1 2", "0x10", "1e5001", "1e99999999999999999999"})
      QVERIFY2(!ExactNumber::parseDecimal(wrong), wrong);
    QVERIFY(ExactNumber::parseDecimal(std::string(60000, '1')));
    QVERIFY(!ExactNumber::parseDecimal(std::string(70000, '1')));
    QCOMPARE((number("1.25") * number("-0.8")).toDecimalText(), std::string("-1"));
    QCOMPARE((number("-2") / number("6")).toFractionText(), std::string("-1/3"));
    QCOMPARE((number("200") / number("3")).toDecimalText(5), std::string("66.666…"));
    QCOMPARE((number("2e5") / number("3")).toDecimalText(3), std::string("66600…"));
    QCOMPARE((number("2e-3") / number("3")).toDecimalText(3), std::string("0.000666…"));
    QCOMPARE(number("123.456").toDecimalText(4), std::string("123.4…"));
    QCOMPARE(number("123.456").toDecimalText(6), std::string("123.456"));
    QCOMPARE(ExactNumber::powerOfTwo(-3).toDecimalText(), std::string("0.125"));
    QCOMPARE(ExactNumber::powerOfTwo(100).toDecimalText(), std::string("1267650600228229401496703205376"));
    for (const double value : {5e-324, 1.7976931348623157e308, 0.1, -448.0}) {
      char hex[64];
      std::snprintf(hex, sizeof(hex), "%a", value);
      QCOMPARE(ExactNumber::parseHexFloat(hex)->toDecimalText(), exactText(value));
      QCOMPARE(ExactNumber::fromDouble(value).toDecimalText(), exactText(value));
      QCOMPARE(nearestDouble(ExactNumber::fromDouble(value)), value);
    }
  }

  void specialValuesFollowIeee754() {
    const auto number = [](double value) { return ExactNumber::fromDouble(value); };
    const double inf = HUGE_VAL;
    for (const double a : {0.0, -0.0, 1.5, -2.0, inf, -inf})
      for (const double b : {0.0, -0.0, 1.5, -2.0, inf, -inf}) {
        const std::pair<ExactNumber, double> results[] = {
            {number(a) + number(b), a + b}, {number(a) - number(b), a - b}, {number(a) * number(b), a * b}};
        for (const auto& [exact, expected] : results)
          QCOMPARE(text(exact.isNan() ? "nan" : exact.toDecimalText()),
                   text(std::isnan(expected) ? "nan" : exactText(expected)));
        const ExactNumber quotient = number(a) / number(b);
        const double expected = a / b;
        QCOMPARE(quotient.isNan(), std::isnan(expected));
        if (!quotient.isNan()) QCOMPARE(nearestDouble(quotient), expected);
        if (!quotient.isNan()) QCOMPARE(quotient.isNegative(), std::signbit(expected));
        QCOMPARE(number(a).compare(number(b)), a < b ? -1 : a > b ? 1 : 0);
      }
    const ExactNumber huge = *ExactNumber::parseDecimal("1" + std::string(60000, '0'));
    QVERIFY_EXCEPTION_THROWN(huge * huge, core::Error);
  }

  void fieldsOfAFloat() {
    const auto e = explain(numberFormat(FormatId::Fp32), 0x3fc00000);
    QCOMPARE(e.sign, 0);
    QCOMPARE(e.exponentField, std::uint64_t{127});
    QCOMPARE(e.exponent, 0);
    QCOMPARE(e.implicitBit, 1);
    QCOMPARE(e.mantissaField, std::uint64_t{4194304});
    QCOMPARE(text(e.formula), QString("(-1)^0 × 2^(127-127) × (1 + 4194304/2^23)"));
    QCOMPARE(text(e.binary), QString("0 01111111 10000000000000000000000"));
    QCOMPARE(text(e.hex), QString("0x3fc00000"));
    QCOMPARE(text(e.valueText), QString("1.5"));
    QCOMPARE(text(e.ulpText), QString("0.00000011920928955078125"));
    QCOMPARE(text(e.nextText), QString("1.50000011920928955078125"));
    QCOMPARE(*e.previous, std::uint64_t{0x3fbfffff});
  }

  void specialCodes() {
    const auto subnormal = explain(numberFormat(FormatId::Fp8E4M3), 0x81);
    QCOMPARE(text(subnormal.formula), QString("(-1)^1 × 2^(1-7) × (0 + 1/2^3)"));
    QCOMPARE(subnormal.numberClass, NumberClass::Subnormal);
    QCOMPARE(text(subnormal.valueText), QString("-0.001953125"));
    QCOMPARE(text(subnormal.nextText), QString("0"));
    const auto nan = explain(numberFormat(FormatId::Fp8E4M3), 0x7f);
    QCOMPARE(text(nan.formula), QString("not a number (exponent field 15, mantissa field 7)"));
    QCOMPARE(text(nan.ulpText), QString("nan"));
    QVERIFY(!nan.exponent && !nan.next && nan.nextText.empty());
    const auto infinite = explain(numberFormat(FormatId::Fp16), 0xfc00);
    QCOMPARE(text(infinite.valueText), QString("-inf"));
    QVERIFY(!infinite.previous && infinite.next);
    QCOMPARE(text(explain(numberFormat(FormatId::E8M0), 130).formula), QString("2^(130-127)"));
    const auto tf32 = explain(numberFormat(FormatId::Tf32), 0x1fc00);
    QCOMPARE(text(tf32.valueText), QString("1"));
    QCOMPARE(text(tf32.hex), QString("0x1fc00"));
  }

  void integersAndCodeBooks() {
    const auto integer = explain(numberFormat(FormatId::Int4), 0xd, {0.5, -2});
    QCOMPARE(integer.integer, std::int64_t{-3});
    QCOMPARE(text(integer.formula), QString("0.5 × (-3-(-2))"));
    QCOMPARE(text(integer.valueText), QString("-0.5"));
    QCOMPARE(text(integer.binary), QString("1101"));
    const auto entry = explain(numberFormat(FormatId::Nf4), 8);
    QCOMPARE(entry.codeBookIndex, std::uint64_t{8});
    QCOMPARE(text(entry.valueText), QString("0.07958029955625534057617187500").chopped(2));
    QVERIFY(!entry.sign);
  }

  void decimalsAreRoundedOnce() {
    // 2^-24 above 1 is a tie of FP32; this is above it by less than a double can tell.
    const char* justAboveTie = "1.000000059604644775390625000000000000000000000001";
    QCOMPARE(parseTypedNumber(justAboveTie, numberFormat(FormatId::Fp32)).nearest, 1.0 + 0x1p-24);
    QCOMPARE(typed(FormatId::Fp32, justAboveTie).decision.code, std::uint64_t{0x3f800001});
    QVERIFY(!typed(FormatId::Fp32, justAboveTie).decision.tie);
    const char* tie = "1.000000059604644775390625";
    QCOMPARE(typed(FormatId::Fp32, tie).decision.code, std::uint64_t{0x3f800000});
    QVERIFY(typed(FormatId::Fp32, tie).decision.tie);
    const char* justBelowTie = "1.000000059604644775390624999999999999999999999999";
    QCOMPARE(typed(FormatId::Fp32, justBelowTie).decision.code, std::uint64_t{0x3f800000});
    QVERIFY(!typed(FormatId::Fp32, justBelowTie).decision.tie);
  }

  void errorsAreExact() {
    const auto third = typed(FormatId::Fp32, "0.1");
    QCOMPARE(text(third.error->toDecimalText()), QString("0.000000001490116119384765625"));
    QCOMPARE(third.decision.direction, RoundingDirection::AwayFromZero);
    QCOMPARE(text(typed(FormatId::Fp4E2M1, "-100").error->toDecimalText()), QString("94"));
    QCOMPARE(text(typed(FormatId::Fp16, "0.5").error->toDecimalText()), QString("0"));
    QVERIFY(!typed(FormatId::Fp16, "1e6").error);
    QVERIFY(typed(FormatId::Fp16, "1e6").decision.overflow);
  }

  void fp64KnowsItsDirection() {
    const auto tenth = typed(FormatId::Fp64, "0.1");
    QCOMPARE(tenth.decision.direction, RoundingDirection::AwayFromZero);
    QCOMPARE(typed(FormatId::Fp64, "0.1", Rounding::TowardZero).decision.code, tenth.decision.code - 1);
    QCOMPARE(typed(FormatId::Fp64, "-0.5").decision.direction, RoundingDirection::Exact);
    QVERIFY(typed(FormatId::Fp64, "1e400").decision.overflow);
    QCOMPARE(typed(FormatId::Fp64, "1e400").decision.code, std::uint64_t{0x7ff0000000000000});
    QCOMPARE(typed(FormatId::Fp64, "-1e400", Rounding::TowardZero).decision.code, std::uint64_t{0xffefffffffffffff});
    QVERIFY(typed(FormatId::Fp64, "1e-400").decision.underflow);
    QCOMPARE(typed(FormatId::Fp32, "1e400").decision.code, std::uint64_t{0x7f800000});
    QVERIFY(typed(FormatId::Fp32, "-1e-400").decision.underflow);
    QCOMPARE(typed(FormatId::Fp32, "-1e-400").decision.code, std::uint64_t{0x80000000});
  }

  void arithmeticIsComputedExactly() {
    const NumberFormat& single = numberFormat(FormatId::Fp32);
    const std::pair<const char*, const char*> known[] = {{"0.1+0.2", "3/10"},
                                                         {"1-2-3", "-4"},
                                                         {"12/3/2", "2"},
                                                         {"2+3*4", "14"},
                                                         {"(2+3)*4", "20"},
                                                         {"-(1 - 2^-3) × 3", "-21/8"},
                                                         {"--1", "1"},
                                                         {"3-+-2", "5"},
                                                         {"1/3+1/6", "1/2"},
                                                         {"2^10", "1024"},
                                                         {"-2^2", "-4"},
                                                         {"1.5^2", "9/4"},
                                                         {"3÷4", "3/4"},
                                                         {"2·3", "6"},
                                                         {"3×10^2", "300"},
                                                         {"3 × 10⁻² + 1", "103/100"},
                                                         {"3×10", "30"},
                                                         {"0,1+0,2", "3/10"},
                                                         {"1,234.5-0.5", "1234"},
                                                         {"0x1p-2*4", "1"},
                                                         {"1e-2+1e2", "10001/100"},
                                                         {"((((1))))", "1"},
                                                         {"0x3f800000 + 1", "2"},
                                                         {"inf - 1", "inf"},
                                                         {"inf-inf", "nan"},
                                                         {"2^-1e", nullptr}};
    for (const auto& [typed, expected] : known) {
      if (expected == nullptr) {
        QVERIFY2(!refusal(typed).empty(), typed);
        continue;
      }
      QCOMPARE(text(parseTypedNumber(typed, single).exact.toFractionText()), QString(expected));
    }
    QCOMPARE(parseTypedNumber("0.1+0.2", numberFormat(FormatId::Fp64)).nearest, 0.3);  // exactly, then rounded once
    QVERIFY(!parseTypedNumber("-0x1p-3", single).isArithmetic());
    QVERIFY(!parseTypedNumber("2^-24", single).isArithmetic());
  }

  void patternsAreBitsOfTheFormat() {
    const NumberFormat& half = numberFormat(FormatId::Fp16);
    const auto number = parseTypedNumber(" 0x3E00 ", half);
    QCOMPARE(number.nearest, 1.5);
    QCOMPARE(encodeTyped(half, number).decision.code, std::uint64_t{0x3e00});
    QCOMPARE(encodeTyped(numberFormat(FormatId::Fp32), number).decision.code, std::uint64_t{0x3fc00000});
    QCOMPARE(parseTypedNumber("0b0_01111_1000000000", half).nearest, 1.5);
    QCOMPARE(parseTypedNumber("0b0 01111 1000000000 + 1", half).nearest, 2.5);
    QVERIFY(!refusal("0b01 2").empty());
    const auto payload = parseTypedNumber("0x7e05", half);
    QVERIFY(std::isnan(payload.nearest) && payload.exact.isNan());
    QCOMPARE(encodeTyped(half, payload).decision.code, std::uint64_t{0x7e05});
    QCOMPARE(parseTypedNumber("0xffffffffffffffff", numberFormat(FormatId::Fp64)).patternCode, ~std::uint64_t{0});
    QCOMPARE(parseTypedNumber("0xf", numberFormat(FormatId::Int4)).nearest, -1.0);
  }

  void wordsAreUnderstood() {
    const NumberFormat& single = numberFormat(FormatId::Fp32);
    QVERIFY(std::isinf(parseTypedNumber("inf", single).nearest));
    QCOMPARE(parseTypedNumber("-Infinity", single).nearest, -HUGE_VAL);
    QVERIFY(std::isnan(parseTypedNumber("NaN", single).nearest));
    QCOMPARE(parseTypedNumber("+1.5e1", single).nearest, 15.0);
    QVERIFY(std::signbit(parseTypedNumber("-0", single).nearest));
    QCOMPARE(parseTypedNumber("-.5", single).nearest, -0.5);
    QCOMPARE(parseTypedNumber("0x1.8p3", single).nearest, 12.0);
    QCOMPARE(parseTypedNumber("-0X1.8P-1", single).nearest, -0.75);
    QCOMPARE(parseTypedNumber("0x.8", single).nearest, 0.5);
    QVERIFY(!parseTypedNumber("0x1p0", single).patternFormat);
    QCOMPARE(parseTypedNumber("0x1p0", single).nearest, 1.0);
  }

  void whatTablesShowCanBeTypedAgain() {
    const NumberFormat& single = numberFormat(FormatId::Fp32);
    const std::pair<const char*, double> known[] = {
        {"\u22120.1234", -0.1234},
        {"0,1", 0.1},
        {"-12,3456", -12.3456},
        {"0,125", 0.125},
        {"1,234,567", 1234567},
        {"1,234.5", 1234.5},
        {"12\u202f345", 12345},
        {"1\u00a0000", 1000},
        {"\u22121.5×10\u207b\u2077", -1.5e-7},
        {"2.5×10\u00b9\u00b2", 2.5e12},
        {"3×10^-4", 3e-4},
        {"0.1000000000\u200b0000000055", 0.1000000000000000055},
    };
    for (const auto& [text, value] : known) QCOMPARE(parseTypedNumber(text, single).nearest, value);
    QCOMPARE(parseTypedNumber("\u2212\u221e", single).nearest, -HUGE_VAL);
  }

  void wrongTextsAreRefusedWithASentence() {
    for (const char* wrong : {"",          "  ",      "abc",
                              "1,234",     "0x",      "-0x10",
                              "1/",        "/3",      "0x.p1",
                              "0x1p99999", "1,2,3",   "1,2.5",
                              "0b",        "0b102",   "0xg",
                              "1e6000",    "0x-1",    "1.5f",
                              "0b_",       "1 2",     "(1",
                              "1)",        "()",      "1+",
                              "*2",        "2^",      "2^0.5",
                              "0^-1",      "2^99999", "2^9^9",
                              "1+x",       "1..2",    "1e5e5",
                              "sin(1)",    "- -",     "1+0b",
                              "\x1b[31m",  "1;2",     "9^20000*9^20000*9^20000*9^20000*9^20000"}) {
      const std::string sentence = refusal(wrong);
      QVERIFY2(sentence.size() > 20 && sentence.back() == '.', wrong);
    }
    QCOMPARE(text(refusal("0x1ff", FormatId::Fp8E4M3)),
             QString("The bit pattern \"0x1ff\" does not fit into the 8 bits of FP8 E4M3."));
    QVERIFY(!refusal("0b10000", FormatId::Nf4).empty());
    QVERIFY(!refusal("0x10000000000000000", FormatId::Fp64).empty());
    QVERIFY(refusal("0x00ff", FormatId::Fp8E4M3).empty());
  }
};

QTEST_GUILESS_MAIN(TestNumericExplain)
#include "tst_numeric_explain.moc"
