// The facts of the lessons, computed by the program's own code, against figures from elsewhere: the user's reference
// documents (with the corrections they need), IEEE 754 and the formats' specifications.
#include <QTest>
#include <cmath>

#include "app/lessons/facts/facts.h"
#include "core/base/error.h"
#include "core/quant/model_size.h"

using namespace app;

namespace {

FactValue valueOf(const char* json) {
  nlohmann::json arguments = nlohmann::json::parse(json);
  const Fact* fact = findFact(arguments.at("fact").get<std::string>());
  if (fact == nullptr) throw std::runtime_error(std::string("no fact in ") + json);
  arguments.erase("fact");
  const FactCall call{fact, FactArguments(std::move(arguments))};
  if (const std::string problem = argumentProblem(*fact, call.arguments); !problem.empty())
    throw std::runtime_error(problem);
  return call.compute(core::JobContext());
}

double numberOf(const char* json) { return std::get<double>(valueOf(json)); }

}  // namespace

class TestLessonFacts : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void factsAreNamedOnceAndSayTheirKind() {
    for (const Fact& fact : facts()) {
      QCOMPARE(findFact(fact.name), &fact);
      QVERIFY(fact.compute != nullptr);
    }
    QVERIFY(findFact("no_such_fact") == nullptr);
  }

  void numbers_data() {
    QTest::addColumn<QByteArray>("fact");
    QTest::addColumn<double>("figure");
    QTest::addColumn<double>("tolerance");
    const auto row = [](const char* json, double figure, double tolerance = 0) {
      QTest::newRow(json) << QByteArray(json) << figure << tolerance;
    };
    // IEEE 754 and its relatives.
    row(R"({"fact": "field_bits", "format": "fp32", "field": "mantissa"})", 23);
    row(R"({"fact": "field_bits", "format": "fp16", "field": "exponent"})", 5);
    row(R"({"fact": "field_bits", "format": "bf16", "field": "mantissa"})", 7);
    row(R"({"fact": "bias", "format": "fp32"})", 127);
    row(R"({"fact": "field_value", "format": "fp32", "value": "0.45892", "field": "exponent"})", 125);
    row(R"({"fact": "value_of_code", "format": "fp32", "code": "0x40700000"})", 3.75);
    row(R"({"fact": "nan_codes", "format": "fp32"})", 16777214);
    row(R"({"fact": "nan_codes", "format": "fp16"})", 2046);
    row(R"({"fact": "nan_codes", "format": "fp8_e4m3"})", 2);
    row(R"({"fact": "nan_codes", "format": "fp4_e2m1"})", 0);
    row(R"({"fact": "largest_value", "format": "fp16"})", 65504);
    row(R"({"fact": "largest_value", "format": "fp8_e4m3"})", 448);
    row(R"({"fact": "largest_value", "format": "fp8_e5m2"})", 57344);
    row(R"({"fact": "smallest_power", "format": "fp32"})", -149);
    row(R"({"fact": "smallest_normal_power", "format": "fp32"})", -126);
    row(R"({"fact": "next_value", "format": "bf16", "value": 256})", 258);
    row(R"({"fact": "spacing", "format": "fp32", "value": 16777216})", 2);
    row(R"({"fact": "values_between", "format": "fp8_e4m3", "from": 1, "to": 2})", 8);
    row(R"({"fact": "share_below", "format": "fp16", "value": 1})", 100.0 * 15359 / 31743, 1e-9);
    row(R"({"fact": "not_stored", "format": "fp4_e2m1", "values": [0.5, 1.5, 3, 5]})", 5);
    row(R"({"fact": "sum", "format": "fp32", "a": 16777216, "b": 1})", 16777216);
    row(R"({"fact": "stored_value", "format": "fp16", "value": 2049})", 2048);
    row(R"({"fact": "repeated_sum", "format": "bf16", "value": "0.1", "count": 1000})", 32);
    row(R"({"fact": "first_with_spacing", "format": "fp16", "spacing": 1})", 1024);
    // The worked example: 0.45892 beside a maximum of 1.
    row(R"({"fact": "step_size", "scheme": "int8", "values": [1, 0.45892]})", 1 / 127.0, 1e-9);
    row(R"({"fact": "weight_code", "scheme": "int8", "values": [0.45892, 1]})", 58);
    row(R"({"fact": "decoded_weight", "scheme": "int8", "values": [0.45892, 1]})", 58 / 127.0, 1e-7);
    row(R"({"fact": "weight_code", "scheme": "int8", "values": [-0.3, 1, 0.45892]})", -38);
    // Scale and zero-point: −1 … 1 → 0 … 255 gives 127.5 before it is rounded.
    row(R"({"fact": "unrounded_zero_point", "scheme": "int8:range=minmax", "low": -1, "qmin": 0, "values": [-1, 1]})",
        127.5, 1e-4);
    row(R"({"fact": "unrounded_zero_point", "scheme": "int8:range=minmax", "low": -1, "qmin": -128, "values": [-1, 1]})",
        -0.5, 1e-4);
    row(R"({"fact": "stretched_zero_point", "scheme": "int8:range=minmax", "low": 2, "high": 3, "qmin": 0})", -510,
        1e-9);
    row(R"({"fact": "divided_weight", "scheme": "int8", "values": [0.45892, 1]})", 0.45892 * 127, 1e-5);
    row(R"({"fact": "half_step", "scheme": "int8", "values": [0.45892, 1]})", 1 / 254.0, 1e-9);
    row(R"({"fact": "smallest_maximum", "scheme": "int8", "value": 0.45892, "code": 58})", 0.45892 * 127 / 58.5, 1e-6);
    row(R"({"fact": "zero_point", "scheme": "int8:range=minmax", "values": [2, 3]})", -128);
    row(R"({"fact": "distinct_values", "scheme": "int4:group=row", "ramp": [-1, 1, 4001]})", 15);
    row(R"({"fact": "distinct_values", "scheme": "int8", "ramp": [0, 6, 4001]})", 128);
    row(R"({"fact": "become_zero", "scheme": "int4:group=row", "values": [7, 0, 0.4, -0.4, 0.6]})", 2);
    row(R"({"fact": "share_within", "share": 0.5, "values": [1, 0.5, -0.5, -0.6]})", 50);
    // A power of two is at most a third away: 3/4 lies between 1/2 and 1.
    row(R"({"fact": "worst_relative_error", "scheme": "log4:group=row", "ramp": [0.5, 1, 4001]})", 100 / 3.0, 0.1);
    row(R"({"fact": "group_for_bits", "format": "int4", "bits": 4.25})", 64);
    // A scale is shared by 32: its largest weight stands for the others' step.
    row(R"({"fact": "decoded_weight", "scheme": "q4_0", "values": [1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "index": 1})",
        -0.875);
    row(R"({"fact": "decoded_weight", "scheme": "mx_e2m1", "values": [7, 0.5, 1, 2, 3, 4, 5, 6]})", 6);
    // Sizes: 70B, 32B, 8B, 7B.
    row(R"({"fact": "model_size", "parameters": 70, "scheme": "fp32", "scales": "without"})", 280, 1e-9);
    row(R"({"fact": "model_size", "parameters": 70, "scheme": "bf16", "scales": "without"})", 140, 1e-9);
    row(R"({"fact": "model_size", "parameters": 70, "scheme": "int8", "scales": "without"})", 70, 1e-9);
    row(R"({"fact": "model_size", "parameters": 70, "scheme": "int4", "scales": "without"})", 35, 1e-9);
    row(R"({"fact": "model_size", "parameters": 70, "scheme": "int2", "scales": "without"})", 17.5, 1e-9);
    row(R"({"fact": "model_size", "parameters": 32, "scheme": "bf16"})", 64, 1e-9);
    row(R"({"fact": "model_size", "parameters": 32, "scheme": "q4_0"})", 18, 1e-9);
    row(R"({"fact": "cards_needed", "parameters": 70, "scheme": "fp32", "card": 80})", 4);
    row(R"({"fact": "cards_needed", "parameters": 70, "scheme": "bf16", "card": 80})", 2);
    row(R"({"fact": "cards_needed", "parameters": 70, "scheme": "int8", "card": 80})", 1);
    row(R"({"fact": "cards_needed", "parameters": 70, "scheme": "int4", "scales": "without", "card": 24})", 2);
    row(R"({"fact": "model_size", "parameters": 8.03, "scheme": "nf4:double=on"})", 4.1, 0.05);
    row(R"({"fact": "model_size", "parameters": 8.03, "embedding": 0.5253, "head": 0.5253, "scheme": "nf4:double=on", "ends": "bf16"})",
        5.7, 0.05);
    row(R"({"fact": "model_size", "parameters": 8.03, "embedding": 0.5253, "head": 0.5253, "scheme": "q4_0", "ends": "q4_0"})",
        4.5, 0.05);
    row(R"({"fact": "model_size", "parameters": 8.03, "scheme": "q8_0"})", 8.5, 0.05);
    row(R"({"fact": "bits_per_parameter", "scheme": "nf4:double=on"})", 4 + 8.0 / 64 + 32.0 / (64 * 256), 1e-4);
    row(R"({"fact": "bits_per_parameter", "scheme": "nf4"})", 4.5, 1e-9);
    row(R"({"fact": "cache_size", "context": 131072, "layers": 80, "kv_heads": 8, "head_size": 128})", 42.949672960,
        1e-9);
    row(R"({"fact": "bits_per_weight", "scheme": "kmeans4:group=64"})", 8, 1e-9);
    row(R"({"fact": "bits_per_weight", "scheme": "mxfp4"})", 4.25, 1e-9);
    row(R"({"fact": "bits_per_weight", "scheme": "q4_k"})", 4.5, 1e-9);
  }
  void numbers() {
    QFETCH(QByteArray, fact);
    QFETCH(double, figure);
    QFETCH(double, tolerance);
    const double computed = numberOf(fact);
    QVERIFY2(std::fabs(computed - figure) <= tolerance, qPrintable(QString::number(computed, 'g', 12)));
  }

  void patterns() {
    const auto code = [](const char* json) { return std::get<Pattern>(valueOf(json)).code; };
    QCOMPARE(code(R"({"fact": "code", "format": "fp32", "value": "0.45892"})"), std::uint64_t{0x3eeaf790});
    QCOMPARE(code(R"({"fact": "code", "format": "fp32", "value": -1})"), std::uint64_t{0xbf800000});
    QCOMPARE(code(R"({"fact": "code", "format": "bf16", "value": "0.45892"})"), std::uint64_t{0x3eeb});
    QCOMPARE(code(R"({"fact": "cut_code", "from": "fp32", "format": "bf16", "value": "0.45892"})"),
             std::uint64_t{0x3eea});
  }

  void wordsAndChoices() {
    const auto text = [](const char* json) { return QString::fromStdString(std::get<std::string>(valueOf(json))); };
    QCOMPARE(text(R"({"fact": "exact_digits", "format": "fp64", "value": "0.1"})"),
             QStringLiteral("0.1000000000000000055511151231257827021181583404541015625"));
    QCOMPARE(text(R"({"fact": "rounding_side", "format": "fp64", "value": "0.1"})"), QStringLiteral("above"));
    QCOMPARE(text(R"({"fact": "rounding_side", "format": "fp16", "value": "0.1"})"), QStringLiteral("below"));
    QCOMPARE(text(R"({"fact": "rounding_side", "format": "fp64", "value": "0.5"})"), QStringLiteral("exact"));
    QCOMPARE(text(R"({"fact": "sum_equals", "format": "fp64", "a": "0.1", "b": "0.2", "c": "0.3"})"),
             QStringLiteral("no"));
    QCOMPARE(text(R"({"fact": "sum_equals", "format": "fp32", "a": "0.1", "b": "0.2", "c": "0.3"})"),
             QStringLiteral("yes"));  // as C computes with floats
    QCOMPARE(text(R"({"fact": "widest_format", "formats": ["fp16", "bf16"]})"), QStringLiteral("bf16"));
    QCOMPARE(text(R"({"fact": "nearest_format", "formats": ["fp16", "bf16"], "value": 0.1})"), QStringLiteral("fp16"));
    QCOMPARE(text(R"({"fact": "smallest_scheme", "schemes": ["q4_0", "mxfp4", "q4_k"]})"), QStringLiteral("mxfp4"));
    // 32B in 4 bits beside a modest context on 24 GB (64 layers, 8 heads of 128), and in 16 bits.
    QCOMPARE(
        text(R"({"fact": "fits_card", "parameters": 32, "scheme": "q4_0", "card": 24, "context": 8192, "layers": 64,
                      "kv_heads": 8, "head_size": 128})"),
        QStringLiteral("yes"));
    QCOMPARE(text(R"({"fact": "fits_card", "parameters": 32, "scheme": "bf16", "card": 24})"), QStringLiteral("no"));
    QCOMPARE(text(R"({"fact": "fits_card", "parameters": 7, "scheme": "nf4:double=on", "card": 6})"),
             QStringLiteral("yes"));
  }

  // 0.45892 → 58 → 0.457 for maxima from 0.9996 to 1.0018 only; 58 alone from 0.9963 to 1.0136.
  void maximaOfTheWorkedExample() {
    const auto both = std::get<Interval>(valueOf(
        R"({"fact": "maxima_of_code", "scheme": "int8", "value": 0.45892, "code": 58, "decoded": 0.457, "places": 3})"));
    QVERIFY2(std::fabs(both.low - 0.9996) < 5e-5 && std::fabs(both.high - 1.0018) < 5e-5,
             qPrintable(QStringLiteral("%1 %2").arg(both.low, 0, 'f', 6).arg(both.high, 0, 'f', 6)));
    const auto alone =
        std::get<Interval>(valueOf(R"({"fact": "maxima_of_code", "scheme": "int8", "value": 0.45892, "code": 58})"));
    QVERIFY2(std::fabs(alone.low - 0.9963) < 5e-5 && std::fabs(alone.high - 1.0136) < 5e-5,
             qPrintable(QStringLiteral("%1 %2").arg(alone.low, 0, 'f', 6).arg(alone.high, 0, 'f', 6)));
  }

  // The zero-point is 127.5; rounded to 128, what stood at 1 comes back half a step smaller.
  void roundingTheZeroPointCostsHalfAStep() {
    const double step = numberOf(R"({"fact": "step_size", "scheme": "int8:range=minmax", "values": [-1, 1]})");
    const double low =
        numberOf(R"({"fact": "weight_error", "scheme": "int8:range=minmax", "values": [-1, 1], "index": 0})");
    const double high =
        numberOf(R"({"fact": "weight_error", "scheme": "int8:range=minmax", "values": [-1, 1], "index": 1})");
    QVERIFY(std::fabs(std::fabs(low) - step / 2) < 1e-6);
    QVERIFY(std::fabs(std::fabs(high) - step / 2) < 1e-6);
  }

  void wrongArgumentsAreSentences() {
    const auto problem = [](const char* name, const char* json) {
      return argumentProblem(*findFact(name), FactArguments(nlohmann::json::parse(json)));
    };
    QVERIFY(problem("code", R"({"format": "fp32"})").find("value") != std::string::npos);
    QVERIFY(problem("code", R"({"format": "fp32", "value": 1, "wings": 2})").find("wings") != std::string::npos);
    QVERIFY(problem("error", R"({"scheme": "int8", "distribution": "normal", "count": 64})").empty());
    for (const char* json :
         {R"({"fact": "code", "format": "fp33", "value": 1})", R"({"fact": "code", "format": 32, "value": 1})",
          R"({"fact": "error", "scheme": "int8", "values": []})",
          R"({"fact": "error", "scheme": "int99", "values": [1]})",
          R"({"fact": "error", "scheme": "int8", "distribution": "flat"})", R"({"fact": "error", "scheme": "int8"})",
          R"({"fact": "weight_code", "scheme": "nf4", "values": [1]})",
          R"({"fact": "weight_code", "scheme": "int8", "values": [1], "index": 1})",
          R"({"fact": "error", "scheme": "int8", "tensor": "no.such.tensor"})"}) {
      try {
        static_cast<void>(valueOf(json));
        QFAIL(json);
      } catch (const core::Error& error) {
        QVERIFY2(QString::fromUtf8(error.what()).startsWith(QStringLiteral("The fact ")), error.what());
        QVERIFY2(QString::fromUtf8(error.what()).endsWith(u'.'), error.what());
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestLessonFacts)
#include "tst_lesson_facts.moc"
