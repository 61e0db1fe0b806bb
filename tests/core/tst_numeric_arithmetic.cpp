#include <QtTest>
#include <array>
#include <bit>
#include <cfenv>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/numeric/conversion_chain.h"
#include "core/numeric/custom_format.h"
#include "core/numeric/typed_number.h"
#include "reference_format.h"

using namespace core::numeric;

namespace {

struct MachineMode {
  Rounding rounding;
  int machine;
};
constexpr std::array kMachineModes = {MachineMode{Rounding::NearestEven, FE_TONEAREST},
                                      MachineMode{Rounding::Up, FE_UPWARD}, MachineMode{Rounding::Down, FE_DOWNWARD},
                                      MachineMode{Rounding::TowardZero, FE_TOWARDZERO}};

ArithmeticException machineException() {
  if (std::fetestexcept(FE_INVALID)) return ArithmeticException::Invalid;
  if (std::fetestexcept(FE_DIVBYZERO)) return ArithmeticException::DivisionByZero;
  return std::fetestexcept(FE_OVERFLOW) ? ArithmeticException::Overflow : ArithmeticException::None;
}

template <typename T>
T machineResult(char operation, T a, T b, int mode, ArithmeticException& exception) {
  volatile T left = a, right = b, result = 0;
  std::fesetround(mode);
  std::feclearexcept(FE_ALL_EXCEPT);
  if (operation == '+') result = left + right;
  if (operation == '-') result = left - right;
  if (operation == '*') result = left * right;
  if (operation == '/') result = left / right;
  exception = machineException();
  std::fesetround(FE_TONEAREST);
  return result;
}

template <typename T, typename Bits>
void compareWithTheMachine(FormatId id, int count) {
  const NumberFormat& format = numberFormat(id);
  std::mt19937_64 random(3);
  const std::array<Bits, 6> corners = {std::bit_cast<Bits>(T(0)),
                                       std::bit_cast<Bits>(T(-0.0)),
                                       Bits{1},
                                       std::bit_cast<Bits>(std::numeric_limits<T>::max()),
                                       std::bit_cast<Bits>(std::numeric_limits<T>::min()),
                                       std::bit_cast<Bits>(std::numeric_limits<T>::infinity())};
  for (int i = 0; i < count; ++i) {
    const auto pick = [&](Bits near) {
      if (random() % 8 == 0) return corners[random() % corners.size()];
      return random() % 2 == 0 ? static_cast<Bits>(random()) : static_cast<Bits>(near ^ (random() & 0xffff));
    };
    const Bits a = pick(0), b = pick(a);
    const T left = std::bit_cast<T>(a), right = std::bit_cast<T>(b);
    if (std::isnan(left) || std::isnan(right)) continue;
    const char operation = "+-*/"[random() % 4];
    const std::string text = "0x" + QString::number(qulonglong{a}, 16).toStdString() + operation + "0x" +
                             QString::number(qulonglong{b}, 16).toStdString();
    const TypedNumber number = parseTypedNumber(text, format);
    for (const auto& [rounding, machine] : kMachineModes) {
      ArithmeticException exception{};
      const T expected = machineResult(operation, left, right, machine, exception);
      const Evaluation found = evaluate(number.expression, format, rounding);
      QCOMPARE(found.steps.size(), std::size_t{3});
      QCOMPARE(found.steps[2].exception, exception);
      if (std::isnan(expected))
        QVERIFY(found.value.isNan());
      else
        QVERIFY2(found.code == std::bit_cast<Bits>(expected),
                 qPrintable(QString("%1 %2").arg(text.c_str(), toString(rounding))));
    }
  }
}

std::vector<ChainLink> linksOf(std::span<const NumberFormat> formats) {
  std::vector<ChainLink> links;
  for (const NumberFormat& format : formats) links.push_back({&format, {}, Overflow::AsFormat, {}});
  return links;
}

ConversionChain chainOf(const char* number, const std::vector<const char*>& names) {
  std::vector<NumberFormat> formats;
  for (const char* name : names) formats.push_back(parseNumberFormat(name));
  return convertThrough(parseTypedNumber(number, numberFormat(FormatId::Fp64)).exact, linksOf(formats));
}

}  // namespace

class TestNumericArithmetic : public QObject {
  Q_OBJECT
 private slots:
  void everyStepIsTheMachinesInDouble() { compareWithTheMachine<double, std::uint64_t>(FormatId::Fp64, 4000); }
  void everyStepIsTheMachinesInSingle() { compareWithTheMachine<float, std::uint32_t>(FormatId::Fp32, 4000); }

  void oneTenthAndTwoTenths() {
    const NumberFormat& format = numberFormat(FormatId::Fp64);
    const TypedNumber number = parseTypedNumber("0.1 + 0.2", format);
    const Evaluation sum = evaluate(number.expression, format);
    QCOMPARE(sum.code, std::bit_cast<std::uint64_t>(0.1 + 0.2));
    QCOMPARE(sum.steps.size(), std::size_t{3});
    QCOMPARE(sum.steps[0].operation, Operation::Read);
    QCOMPARE(sum.steps[1].text, std::string("0.2"));
    QCOMPARE(sum.steps[2].text, std::string("0.1 + 0.2"));
    QCOMPARE(sum.steps[2].left->code, std::bit_cast<std::uint64_t>(0.1));
    QVERIFY(sum.steps[2].decision.tie);  // the famous sum is a tie that goes to even
    QCOMPARE(sum.exact.toFractionText(), std::string("3/10"));
    QCOMPARE(sum.error.toDecimalText(8), std::string("0.000000000000000044408920…"));
    QCOMPARE(encodeTyped(format, number).decision.code, std::bit_cast<std::uint64_t>(0.3));
    const Evaluation half = evaluate(number.expression, numberFormat(FormatId::Fp16));
    QCOMPARE(half.value.toDecimalText(), std::string("0.2998046875"));
  }

  void anIntermediateResultMayOverflowOrVanish() {
    const NumberFormat& half = numberFormat(FormatId::Fp16);
    const Evaluation big = evaluate(parseTypedNumber("60000 * 2 / 4", half).expression, half);
    QVERIFY(big.value.isInfinite() && big.exact.compare(ExactNumber::fromInteger(30000)) == 0);
    const Evaluation divided = evaluate(parseTypedNumber("1 / 1e-9", half).expression, half);
    QVERIFY(divided.value.isInfinite() && divided.error.isNan());
    const Evaluation absorbed = evaluate(parseTypedNumber("(2048 + 1) - 2048", half).expression, half);
    QVERIFY(absorbed.value.isZero() && absorbed.error.compare(ExactNumber::fromInteger(-1)) == 0);
  }

  void aChainCanRoundTwice() {
    // 1 + 2^-11 + 2^-30: FP32 makes it a tie of FP16, which goes to even; directly it is above the middle.
    const auto chain = chainOf("1 + 2^-11 + 2^-30", {"fp32", "fp16"});
    QVERIFY(chain.doubleRounding());
    QCOMPARE(chain.divergence->cause, DivergenceCause::TieMade);
    QCOMPARE(chain.divergence->step, std::size_t{1});
    QCOMPARE(chain.divergence->madeBy, std::size_t{0});
    QCOMPARE(chain.steps[1].code, std::uint64_t{0x3c00});
    QCOMPARE(chain.steps[1].direct.code, std::uint64_t{0x3c01});
    QVERIFY(chain.steps[1].decision.tie && !chain.steps[1].direct.tie);
    QCOMPARE(chain.steps[0].stepError.compare(ExactNumber::powerOfTwo(-30).negated()), 0);
    QVERIFY(!chainOf("1 + 2^-11 + 2^-20", {"fp32", "fp16"}).divergence);
    const auto later = chainOf("1 + 2^-11 + 2^-30", {"fp64", "fp32", "fp32", "fp16"});
    QVERIFY(later.doubleRounding());
    QCOMPARE(later.divergence->step, std::size_t{3});
    QCOMPARE(later.divergence->madeBy, std::size_t{1});
  }

  void aFinerFormatInBetweenHidesNoDoubleRounding() {
    // 14.5 + 2^-12: FP16 makes it 14.5, which FP32 keeps, and FP8 E4M3 has 14 and 15.
    for (const std::vector<const char*>& formats :
         {std::vector<const char*>{"fp16", "fp32", "fp8_e4m3"}, {"fp16", "fp32", "fp64", "fp8_e4m3", "bf16"}}) {
      const auto chain = chainOf("14.5 + 2^-12", formats);
      QVERIFY(chain.doubleRounding());
      QCOMPARE(chain.divergence->cause, DivergenceCause::TieMade);
      QCOMPARE(chain.divergence->step, formats.size() == 3 ? std::size_t{2} : std::size_t{3});
      QCOMPARE(chain.divergence->madeBy, std::size_t{0});
    }
    const auto kept = chainOf("14.5 + 2^-12", {"fp16", "fp32", "fp64"});
    QVERIFY(!kept.doubleRounding());
    QCOMPARE(kept.divergence->cause, DivergenceCause::PrecisionLost);
    QCOMPARE(kept.divergence->step, std::size_t{1});
  }

  void otherReasonsAreNoDoubleRounding() {
    const std::tuple<const char*, std::vector<const char*>, DivergenceCause> known[] = {
        {"70000", {"fp16", "fp32"}, DivergenceCause::Overflow},
        {"500", {"fp8_e4m3", "bf16"}, DivergenceCause::Overflow},
        {"1e-9", {"fp16", "fp32"}, DivergenceCause::Underflow},
        {"1.1", {"fp8_e4m3", "fp16"}, DivergenceCause::PrecisionLost},
        {"nan", {"fp32", "fp4_e2m1", "bf16"}, DivergenceCause::Overflow},
        {"-inf", {"fp6_e3m2", "bf16"}, DivergenceCause::Overflow},
        {"-2", {"e8m0", "bf16"}, DivergenceCause::Overflow}};
    for (const auto& [number, formats, cause] : known) {
      const auto chain = chainOf(number, formats);
      QVERIFY2(chain.divergence && !chain.doubleRounding(), number);
      QCOMPARE(chain.divergence->cause, cause);
      QCOMPARE(chain.divergence->madeBy, formats.size() - 2);
    }
    QVERIFY(!chainOf("nan", {"fp32", "fp16"}).divergence);
    const auto negative = chainOf("-nan", {"fp32", "fp8_e4m3", "fp16"});  // a NaN keeps its sign from step to step
    for (const ChainStep& step : negative.steps) QCOMPARE(step.code, step.direct.code);
    QCOMPARE(negative.steps[2].code, std::uint64_t{0xfe00});
    QVERIFY(!chainOf("-inf", {"fp32", "fp16"}).divergence);
    QVERIFY(chainOf("1", {}).steps.empty());
  }

  void doubleRoundingIsFoundWhereverItHappens() {
    // The machine narrows to single; the list of all FP16 values says what one rounding gives.
    const reference::Definition definition = reference::definitions()[0];
    const reference::Rounder rounder(definition);
    const std::array formats = {numberFormat(FormatId::Fp32), numberFormat(FormatId::Fp16)};
    const auto links = linksOf(formats);
    std::mt19937_64 random(9);
    int found = 0;
    for (int i = 0; i < 20000; ++i) {
      const auto half = static_cast<std::uint64_t>(random() % 0x7bff);
      const long double middle = (reference::valueOf(definition, half) + reference::valueOf(definition, half + 1)) / 2;
      const double shift = std::ldexp(1.0 + static_cast<double>(random() % 1000), -static_cast<int>(random() % 60));
      const double x = static_cast<double>(middle) * (1 + shift * 0x1p-20 * (random() % 2 == 0 ? 1 : -1));
      const auto chained =
          rounder.round(static_cast<long double>(static_cast<float>(x)), reference::Mode::NearestEven, 0, false);
      const auto direct = rounder.round(static_cast<long double>(x), reference::Mode::NearestEven, 0, false);
      const auto chain = convertThrough(ExactNumber::fromDouble(x), links);
      QCOMPARE(chain.steps[1].code, chained);
      QCOMPARE(chain.steps[1].direct.code, direct);
      QCOMPARE(chain.doubleRounding(), chained != direct);
      found += chained != direct ? 1 : 0;
    }
    QVERIFY(found > 100);
  }

  void whatHasNoValueIsAnsweredByEveryFormat() {
    struct Case {
      const char *text, *format;
      std::uint64_t code;
      ArithmeticException exception;  // of the last step
    };
    using enum ArithmeticException;
    for (const Case& one : {Case{"1/0", "fp32", 0x7f800000, DivisionByZero},
                            {"1/-0", "fp32", 0xff800000, DivisionByZero},
                            {"-1/0", "fp16", 0xfc00, DivisionByZero},
                            {"0/0", "fp16", 0x7e00, Invalid},
                            {"inf-inf", "bf16", 0x7fc0, Invalid},
                            {"0*inf", "fp32", 0x7fc00000, Invalid},
                            {"1/0", "fp8_e4m3", 0x7f, DivisionByZero},       // NaN: there is no infinity
                            {"1/-0", "fp8_e4m3fnuz", 0x80, DivisionByZero},  // NaN, and no −0
                            {"1/0", "fp4_e2m1", 0x7, DivisionByZero},        // the largest value: neither
                            {"-1/0", "fp4_e2m1", 0xf, DivisionByZero},
                            {"0/0", "fp4_e2m1", 0, Invalid},
                            {"1/0", "int8", 0x7f, DivisionByZero},
                            {"-1/0", "int8", 0x80, DivisionByZero},
                            {"0/0", "int8", 0, Invalid},
                            {"1/(1/0)", "fp32", 0, None},
                            {"1/(0.1+0.2-0.3)", "fp64", 0x4350000000000000, None}}) {
      const NumberFormat format = parseNumberFormat(one.format);
      const TypedNumber number = parseTypedNumber(one.text, format);
      const Evaluation found = evaluate(number.expression, format);
      QVERIFY2(found.code == one.code, qPrintable(QString("%1 in %2: %3").arg(one.text, one.format).arg(found.code)));
      QVERIFY2(found.steps.back().exception == one.exception, one.text);
      QVERIFY(!number.hasValue());
      // There is nothing to round but what the format computes.
      QCOMPARE(encodeTyped(format, number).decision.code, one.code);
      QVERIFY(!encodeTyped(format, number).error);
    }
    const TypedNumber product = parseTypedNumber("1e300*1e300", numberFormat(FormatId::Fp64));
    QVERIFY(product.hasValue());
    const Evaluation large = evaluate(product.expression, numberFormat(FormatId::Fp64));
    QVERIFY(large.value.isInfinite() && large.steps.back().exception == Overflow);
    QVERIFY(evaluate(parseTypedNumber("0*nan", numberFormat(FormatId::Fp64)).expression, numberFormat(FormatId::Fp64))
                .steps.back()
                .exception == None);  // NaN comes from NaN quietly
  }

  void hostileTextsAreAnsweredAtOnce() {
    const std::string hundredThousand(100000, '7');
    std::string sum = "1/3", product = "1";
    for (int i = 0; i < 90; ++i) {
      sum += "+1/" + std::to_string(1000003 + 2 * i) + std::string(500, '7');
      product += "*" + std::string(600, '9');
    }
    const std::string texts[] = {
        hundredThousand,
        "0." + hundredThousand,
        "1e1000000000",
        "1e-99999999999999999999999",
        "0x1p2000000000",
        "0x" + hundredThousand,
        std::string(60000, '('),
        std::string(60000, '-') + "1",
        std::string(30000, '(') + "1" + std::string(30000, ')'),
        "2^1000000000",
        "9999^20000*9999^20000",
        "1e5000*1e5000*1e5000*1e5000*1e5000*1e5000*1e5000*1e5000*1e5000*1e5000*1e5000*1e5000*1e5000"
        "*1e5000*1e5000*1e5000*1e5000",
        sum,
        product,
        std::string(65000, '9') + "/3",
        "1+" + std::string(60000, ' ') + "1",
        "1/0",
        "0/0",
        "1/(0.1-0.1)",
        std::string(60000, ','),
        std::string("1\0002", 3),
        std::string("\xff\xfe\x80", 3)};
    for (const std::string& text : texts) {
      QElapsedTimer timer;
      timer.start();
      try {
        const auto number = parseTypedNumber(text, numberFormat(FormatId::Fp32));
        for (const NumberFormat& format : numberFormats()) (void)encodeTyped(format, number);
        (void)number.exact.toDecimalText();
      } catch (const core::Error& error) {
        const std::string sentence = error.what();
        QVERIFY(sentence.size() > 20 && sentence.size() < 400 && sentence.back() == '.');
      }
      QVERIFY2(timer.elapsed() < 3000,
               qPrintable(QString::number(timer.elapsed()) + " ms: " + QString::fromStdString(text.substr(0, 40))));
    }
  }
};

QTEST_GUILESS_MAIN(TestNumericArithmetic)
#include "tst_numeric_arithmetic.moc"
