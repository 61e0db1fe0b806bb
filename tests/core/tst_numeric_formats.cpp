#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/numeric/codec.h"
#include "core/numeric/custom_format.h"
#include "core/numeric/rounding.h"
#include "core/numeric/scale_of_range.h"
#include "support/golden.h"

using namespace core::numeric;

namespace {
const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "floats";

std::vector<std::uint64_t> readCodes(const std::string& stem, std::uint32_t bits) {
  std::vector<std::uint64_t> codes;
  if (bits == 16)
    for (const auto code : support::readArray<std::uint16_t>(kData / (stem + ".u16"))) codes.push_back(code);
  else
    for (const auto code : support::readArray<std::uint8_t>(kData / (stem + ".u8"))) codes.push_back(code);
  return codes;
}

void addReferenceFormats() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("file");
  const std::pair<const char*, const char*> formats[] = {{"fp8_e4m3", "e4m3fn"},
                                                         {"fp8_e5m2", "e5m2"},
                                                         {"fp6_e3m2", "e3m2fn"},
                                                         {"fp6_e2m3", "e2m3fn"},
                                                         {"fp4_e2m1", "e2m1fn"},
                                                         {"e8m0", "e8m0fnu"},
                                                         {"fp16", "f16"},
                                                         {"bf16", "bf16"},
                                                         {"fp8_e4m3fnuz", "e4m3fnuz"},
                                                         {"fp8_e5m2fnuz", "e5m2fnuz"},
                                                         {"e4m3", "e4m3"},
                                                         {"e3m4", "e3m4"},
                                                         {"e4m3:bias=11,specials=fnuz", "e4m3b11fnuz"},
                                                         {"E4M3:specials=fn", "e4m3fn"},
                                                         {"e5m2:bias=15", "e5m2"},
                                                         {"e3m2:specials=none", "e3m2fn"},
                                                         {"e2m1:specials=none", "e2m1fn"},
                                                         {"e5m10", "f16"},
                                                         {"e8m7", "bf16"},
                                                         {"e4m3:specials=fnuz", "e4m3fnuz"}};
  for (const auto& [name, file] : formats) QTest::newRow(name) << name << file;
}

QString hex(double value) { return QString::number(value, 'g', 17); }

/// Every finite value of a format in ascending order with its code (+0 only), found by sorting.
std::vector<std::pair<double, std::uint64_t>> sortedValues(const NumberFormat& format) {
  std::vector<std::pair<double, std::uint64_t>> values;
  const auto all = enumerate(format);
  for (std::size_t code = 0; code < all.size(); ++code)
    if (std::isfinite(all[code]) && !(all[code] == 0.0 && std::signbit(all[code])))
      values.emplace_back(all[code], code);
  std::stable_sort(values.begin(), values.end(), [](auto a, auto b) { return a.first < b.first; });
  values.erase(std::unique(values.begin(), values.end(), [](auto a, auto b) { return a.first == b.first; }),
               values.end());
  return values;
}
}  // namespace

class TestNumericFormats : public QObject {
  Q_OBJECT
 private slots:
  void everyCodeHasTheReferenceValue_data() { addReferenceFormats(); }
  void everyCodeHasTheReferenceValue() {
    QFETCH(QString, name);
    QFETCH(QString, file);
    const NumberFormat format = parseNumberFormat(name.toStdString());
    const auto found = enumerate(format);
    std::vector<float> expected;
    if (file == "bf16")  // has no table: a code is the upper half of a float32
      for (std::uint32_t code = 0; code < 65536; ++code) expected.push_back(std::bit_cast<float>(code << 16));
    else
      expected = support::readArray<float>(kData / (file + ".values.f32").toStdString());
    QCOMPARE(found.size(), expected.size());
    for (std::size_t code = 0; code < found.size(); ++code) {
      const double value = static_cast<double>(expected[code]);
      if (std::isnan(value)) {
        QVERIFY(std::isnan(found[code]));
        QCOMPARE(classify(format, code), NumberClass::NotANumber);
      } else {
        QVERIFY2(std::bit_cast<std::uint64_t>(found[code]) == std::bit_cast<std::uint64_t>(value),
                 qPrintable(hex(value)));
        QCOMPARE(encode(format, value), static_cast<std::uint64_t>(code));
      }
    }
  }

  void everyConversionEqualsTheReference_data() { addReferenceFormats(); }
  void everyConversionEqualsTheReference() {
    QFETCH(QString, name);
    QFETCH(QString, file);
    const NumberFormat format = parseNumberFormat(name.toStdString());
    const std::string stem = file.toStdString() + ".conv";
    const auto in = support::readArray<float>(kData / (stem + ".in.f32"));
    const auto expected = readCodes(stem + ".out", format.bits);
    const bool saturates = std::filesystem::exists(kData / (stem + ".out.sat.u8"));
    const auto expectedSaturated = saturates ? readCodes(stem + ".out.sat", format.bits) : expected;
    QCOMPARE(in.size(), expected.size());
    QCOMPARE(in.size(), expectedSaturated.size());
    QCOMPARE(saturates, format.bits == 8);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double value = static_cast<double>(in[i]);
      const std::uint64_t code = encode(format, value);
      const std::uint64_t saturated = encode(format, value, Rounding::NearestEven, Overflow::Saturate);
      if (std::isnan(value)) {
        QCOMPARE(std::isnan(decode(format, code)), format.hasNan());
        continue;
      }
      if (format.id == FormatId::E8M0 && value > 0 && value < 0x1p-126) continue;  // not normative
      const bool anyNan = std::isnan(decode(format, expected[i]));
      QVERIFY2(anyNan ? std::isnan(decode(format, code)) : code == expected[i], qPrintable(hex(value)));
      if (!saturates) continue;
      const bool anyNanSaturated = std::isnan(decode(format, expectedSaturated[i]));
      QVERIFY2(anyNanSaturated ? std::isnan(decode(format, saturated)) : saturated == expectedSaturated[i],
               qPrintable(hex(value)));
    }
  }

  void roundsFromDoubleOnce() {
    const NumberFormat& half = numberFormat(FormatId::Fp16);
    // 1 + 2^-11 is a tie in FP16; a trace above it, far below float32's resolution, must still round up.
    QCOMPARE(encode(half, 1.0 + 0x1p-11), std::uint64_t{0x3c00});
    QCOMPARE(encode(half, 1.0 + 0x1p-11 + 0x1p-50), std::uint64_t{0x3c01});
    QCOMPARE(encode(half, 1.0 + 0x1p-11 - 0x1p-50), std::uint64_t{0x3c00});
    QCOMPARE(encode(numberFormat(FormatId::Fp32), 1.0 + 0x1p-24 + 0x1p-52), std::uint64_t{0x3f800001});
  }

  void fp32AndFp64AreTheMachinesOwn() {
    const NumberFormat& single = numberFormat(FormatId::Fp32);
    const NumberFormat& both = numberFormat(FormatId::Fp64);
    std::uint64_t state = 88172645463325252ULL;
    for (int i = 0; i < 200000; ++i) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      const double value = std::bit_cast<double>(state);
      if (std::isnan(value)) continue;
      QCOMPARE(encode(both, value), state);
      QCOMPARE(std::bit_cast<std::uint64_t>(decode(both, state)), state);
      const float narrowed = static_cast<float>(value);
      QCOMPARE(encode(single, value), static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(narrowed)));
      const auto bits = static_cast<std::uint32_t>(state);
      const float single32 = std::bit_cast<float>(bits);
      if (std::isnan(single32)) continue;
      QCOMPARE(decode(single, bits), static_cast<double>(single32));
      QCOMPARE(encode(single, static_cast<double>(single32)), static_cast<std::uint64_t>(bits));
      QCOMPARE(decode(numberFormat(FormatId::Tf32), bits >> 13),
               static_cast<double>(std::bit_cast<float>(bits & ~0x1fffU)));
    }
  }

  void towardZeroNeverGrows_data() { addReferenceFormats(); }
  void towardZeroNeverGrows() {
    QFETCH(QString, name);
    const NumberFormat format = parseNumberFormat(name.toStdString());
    if (format.bits > 8) return;  // the same code path, shown on the small formats
    const auto values = sortedValues(format);
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
      const double low = values[i].first;
      const double high = values[i + 1].first;
      for (const double part : {0.25, 0.5, 0.75}) {
        const double between = low + part * (high - low);
        const double expected = between > 0 ? low : high;
        QCOMPARE(decode(format, encode(format, between, Rounding::TowardZero)), expected);
      }
    }
    if (format.id == FormatId::E8M0) return;
    QCOMPARE(decode(format, encode(format, 1e30, Rounding::TowardZero)), values.back().first);
    QCOMPARE(decode(format, encode(format, -1e30, Rounding::TowardZero)), values.front().first);
  }

  void neighboursWalkThroughAllValues() {
    for (const NumberFormat& format : numberFormats()) {
      if (format.bits > 16) continue;
      const auto values = sortedValues(format);
      for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        const auto up = next(format, values[i].second);
        const auto down = previous(format, values[i + 1].second);
        QVERIFY(up && down);
        QCOMPARE(decode(format, *up), values[i + 1].first);
        QCOMPARE(decode(format, *down), values[i].first);
      }
      const auto beyond = next(format, values.back().second);
      QCOMPARE(beyond.has_value(), format.hasInfinity());
      if (beyond) QVERIFY(std::isinf(decode(format, *beyond)));
      if (beyond) QVERIFY(!next(format, *beyond));
      QCOMPARE(previous(format, values.front().second).has_value(), format.hasInfinity());
    }
    QVERIFY(!next(numberFormat(FormatId::Fp8E4M3), 0x7f));
    QCOMPARE(*next(numberFormat(FormatId::Fp64), 0x8000000000000000ULL), std::uint64_t{1});
  }

  void ulpIsTheSpacing() {
    QCOMPARE(ulp(numberFormat(FormatId::Fp32), 0x3f800000), 0x1p-23);
    QCOMPARE(ulp(numberFormat(FormatId::Fp32), 1), 0x1p-149);
    QCOMPARE(ulp(numberFormat(FormatId::Fp8E4M3), 0x7e), 32.0);
    QVERIFY(std::isnan(ulp(numberFormat(FormatId::Fp8E4M3), 0x7f)));
    QCOMPARE(ulp(numberFormat(FormatId::E8M0), 128), 2.0);
    QCOMPARE(ulp(numberFormat(FormatId::Int8), 3, {0.5, 0}), 0.5);
    QCOMPARE(ulp(numberFormat(FormatId::Nf4), 15), 1.0 - static_cast<double>(0.72295683622360229F));
  }

  void decisionsNameTheirBits() {
    const NumberFormat& tiny = numberFormat(FormatId::Fp4E2M1);  // 0 0.5 1 1.5 2 3 4 6
    const auto tie = decideRounding(tiny, 2.5);
    QVERIFY(tie.tie && tie.guard && !tie.round && !tie.sticky && !tie.lastBitOdd);
    QCOMPARE(tie.direction, RoundingDirection::TowardZero);
    QCOMPARE(decode(tiny, tie.code), 2.0);
    const auto oddTie = decideRounding(tiny, -3.5);
    QVERIFY(oddTie.tie && oddTie.lastBitOdd);
    QCOMPARE(oddTie.direction, RoundingDirection::AwayFromZero);
    QCOMPARE(decode(tiny, oddTie.code), -4.0);
    const auto sticky = decideRounding(tiny, 2.5 + 0x1p-40);
    QVERIFY(sticky.guard && !sticky.round && sticky.sticky && !sticky.tie);
    QCOMPARE(decode(tiny, sticky.code), 3.0);
    QCOMPARE(decideRounding(tiny, 3.0).direction, RoundingDirection::Exact);
    QVERIFY(decideRounding(tiny, 100.0).overflow);
    QVERIFY(decideRounding(tiny, 0.2).underflow);
    QVERIFY(decideRounding(tiny, std::nan("")).noSuchValue);
    QCOMPARE(encode(tiny, HUGE_VAL), std::uint64_t{7});
  }

  void integersFollowScaleAndZeroPoint() {
    const NumberFormat& format = numberFormat(FormatId::Int4);
    QCOMPARE(decode(format, 0xf), -1.0);
    QCOMPARE(decode(format, 0x8), -8.0);
    const CodeScale affine{0.25, 3};
    QCOMPARE(decode(format, 0x7, affine), 1.0);
    QCOMPARE(encode(format, 1.0, Rounding::NearestEven, Overflow::AsFormat, affine), std::uint64_t{7});
    QCOMPARE(encode(format, 100.0, Rounding::NearestEven, Overflow::AsFormat, affine), std::uint64_t{7});
    QCOMPARE(encode(format, -1e300, Rounding::NearestEven, Overflow::AsFormat, affine), std::uint64_t{8});
    QCOMPARE(encode(format, 0.0, Rounding::NearestEven, Overflow::AsFormat, affine), std::uint64_t{3});
    QCOMPARE(encode(format, 2.5), std::uint64_t{2});
    QCOMPARE(encode(format, 3.5), std::uint64_t{4});
    QCOMPARE(encode(format, -2.75, Rounding::TowardZero), std::uint64_t{0xe});
    QCOMPARE(encode(numberFormat(FormatId::UInt3), -4.0), std::uint64_t{0});
    QCOMPARE(encode(numberFormat(FormatId::UInt8), 300.0), std::uint64_t{255});
    QVERIFY(decideRounding(format, 8.0).overflow);
    QVERIFY(!decideRounding(format, -8.0).overflow);
  }

  void rangesBecomeScales() {
    const auto scaleOf = [](FormatId id, double low, double high, bool zeroPoint = false) {
      return scaleOfRange(numberFormat(id), {low, high, zeroPoint});
    };
    QCOMPARE(scaleOf(FormatId::Int8, -0.5, 1).scale, 1.0 / 127);
    QCOMPARE(scaleOf(FormatId::Nf4, -0.5, 0.25).scale, 0.5);
    QCOMPARE(scaleOf(FormatId::UInt8, -1, 1).scale, 2.0 / 255);
    QCOMPARE(scaleOf(FormatId::UInt8, -1, 1).zeroPoint, std::int64_t{128});  // 127.5, away from zero
    QCOMPARE(scaleOf(FormatId::Int8, 0, 2.55, true).zeroPoint, std::int64_t{-128});
    QCOMPARE(scaleOf(FormatId::Fp16, -1, 1).scale, 1.0);
    // A range wider than the largest double still has its step.
    QCOMPARE(scaleOf(FormatId::UInt8, -1e308, 1e308).scale, 1e308 / 255 + 1e308 / 255);
    QCOMPARE(scaleOf(FormatId::Int8, -1e308, 1e308).scale, 1e308 / 127);
    for (const auto& [low, high] :
         {std::pair{1.0, 1.0}, {2.0, 1.0}, {0.0, HUGE_VAL}, {std::nan(""), 1.0}, {0.0, 5e-324}, {1.0, 1.0 + 0x1p-50}})
      QVERIFY_EXCEPTION_THROWN(scaleOf(FormatId::UInt8, low, high), core::Error);
  }

  void codeBooksTakeTheNearestEntry() {
    const NumberFormat& nf4 = numberFormat(FormatId::Nf4);
    for (std::uint64_t code = 0; code < 16; ++code) QCOMPARE(encode(nf4, decode(nf4, code)), code);
    const double midpoint = (decode(nf4, 14) + 1.0) / 2;
    QCOMPARE(encode(nf4, midpoint), std::uint64_t{14});
    QCOMPARE(encode(nf4, std::nextafter(midpoint, 2.0)), std::uint64_t{15});
    QVERIFY(decideRounding(nf4, midpoint).tie);
    QCOMPARE(encode(nf4, 0.99, Rounding::TowardZero), std::uint64_t{14});
    QCOMPARE(encode(nf4, -0.99, Rounding::TowardZero), std::uint64_t{1});
    QCOMPARE(encode(nf4, -7.0), std::uint64_t{0});
    const NumberFormat& fp4 = numberFormat(FormatId::Fp4Bitsandbytes);
    QCOMPARE(encode(fp4, 0.0), std::uint64_t{0});
    QCOMPARE(encode(fp4, -0.3), std::uint64_t{12});
  }

  void bitsBeyondTheFormatAreIgnored() {
    for (const NumberFormat& format : numberFormats()) {
      if (format.bits == 64) continue;
      const double plain = decode(format, 1);
      QCOMPARE(decode(format, (std::uint64_t{1} << format.bits) + 1), plain);
      QCOMPARE(ulp(format, ~format.codeMask() + 1), ulp(format, 1));
      QCOMPARE(next(format, ~format.codeMask() + 1), next(format, 1));
    }
  }

  void customFormatsHaveOneName() {
    const std::pair<const char*, const char*> names[] = {
        {" E5M10:Bias=15 ", "e5m10"},
        {"e5m10:specials=ieee,bias=16", "e5m10:bias=16"},
        {"e4m3:subnormals=off,specials=fn,bias=+7", "e4m3:specials=fn,subnormals=off"},
        {"e4m3:specials=fnuz", "e4m3:specials=fnuz"},
        {"e4m3:specials=fnuz,bias=7", "e4m3:bias=7,specials=fnuz"},
        {"BF16", "bf16"}};
    for (const auto& [typed, name] : names) {
      const NumberFormat format = parseNumberFormat(typed);
      QCOMPARE(format.name, std::string(name));
      QVERIFY(parseNumberFormat(format.name) == format);
      QCOMPARE(format.title.empty(), false);
    }
    QCOMPARE(parseNumberFormat("e5m2").id, FormatId::Custom);
    const NumberFormat widest = parseNumberFormat("e11m52");
    for (const std::uint64_t code : {0x3ff8000000000000ULL, 0x8000000000000001ULL, 0x7ff0000000000000ULL})
      QCOMPARE(decode(widest, code), decode(numberFormat(FormatId::Fp64), code));
  }

  void wrongFormatsAreRefusedWithASentence() {
    for (const char* wrong : {"",
                              "fp7",
                              "e4",
                              "m3",
                              "e4m",
                              "em3",
                              "e0m3",
                              "e12m3",
                              "e4m53",
                              "e99999999999m3",
                              "e-4m3",
                              "e4m-3",
                              "e4m3:",
                              "e4m3:bias",
                              "e4m3:bias=",
                              "e4m3:bias=x",
                              "e4m3:bias=99999999999",
                              "e4m3:bias=2000",
                              "e4m3:bias=-2000",
                              "e4m3:specials=some",
                              "e4m3:subnormals=maybe",
                              "e4m3:size=3",
                              "e4m3,bias=3",
                              "e1m0",
                              "e1m0:specials=fn",
                              "e1m3:subnormals=off",
                              "e11m52:bias=1100",
                              "e4m3 e4m3",
                              "\x1b[31m"}) {
      try {
        (void)parseNumberFormat(wrong);
        QFAIL(wrong);
      } catch (const core::Error& error) {
        const std::string sentence = error.what();
        QVERIFY2(sentence.size() > 20 && sentence.back() == '.' && sentence.find('\x1b') == std::string::npos, wrong);
      }
    }
    QVERIFY_EXCEPTION_THROWN(parseNumberFormat(std::string(100000, 'e')), core::Error);
    QVERIFY_EXCEPTION_THROWN(customFormat({4000000000U, 3, 7}), core::Error);
    QVERIFY_EXCEPTION_THROWN(customFormat({4, 3, 2147483647}), core::Error);
    QVERIFY_EXCEPTION_THROWN(encode(numberFormat(FormatId::Int8), 1.0, {}, Overflow::AsFormat, {0.0, 0}), core::Error);
    QVERIFY_EXCEPTION_THROWN(encode(numberFormat(FormatId::Nf4), 1.0, {}, Overflow::AsFormat, {HUGE_VAL, 0}),
                             core::Error);
  }

  void anUlpUnderAScaleIsWhole() {
    const NumberFormat& nf4 = numberFormat(FormatId::Nf4);
    const ExactNumber tenth = ExactNumber::fromDouble(0.1);
    const ExactNumber gap = ExactNumber::fromDouble(ulp(nf4, 7));
    QCOMPARE(ulpExact(nf4, 7, {0.1, 0}).compare(tenth * gap), 0);
    QVERIFY(ExactNumber::fromDouble(ulp(nf4, 7, {0.1, 0})).compare(tenth * gap) != 0);  // no double holds it
    QCOMPARE(ulpExact(numberFormat(FormatId::Int4), 3, {-0.1, 5}).compare(tenth), 0);
    QCOMPARE(ulp(numberFormat(FormatId::Int8), 127, {1e308, 0}), 1e308);  // whose value is beyond the doubles
    QVERIFY(ulpExact(numberFormat(FormatId::Fp16), 0x7c00).isNan() &&
            ulpExact(numberFormat(FormatId::E8M0), 255).isNan());
  }

  void withoutSubnormalsZeroHasManyCodes() {
    const NumberFormat format = parseNumberFormat("e3m2:subnormals=off");  // bias 3: the smallest is 2^-2
    for (std::uint64_t code = 0; code < 4; ++code) {
      QCOMPARE(decode(format, code), 0.0);
      QVERIFY(std::signbit(decode(format, code | 0x20)));
      QCOMPARE(classify(format, code), NumberClass::Zero);
      QCOMPARE(*next(format, code), std::uint64_t{4});
      QCOMPARE(*previous(format, code), std::uint64_t{0x24});
      QCOMPARE(ulp(format, code), 0.25);
    }
    QCOMPARE(*previous(format, 4), std::uint64_t{0});
    QCOMPARE(decode(format, 4), 0.25);
    QCOMPARE(encode(format, 0.125), std::uint64_t{0});  // a tie of zero and the smallest
    QCOMPARE(encode(format, std::nextafter(0.125, 1)), std::uint64_t{4});
    QCOMPARE(encode(format, -0.2, Rounding::TowardZero), std::uint64_t{0x20});
    QCOMPARE(encode(format, 1e-300, Rounding::Up), std::uint64_t{4});
    QCOMPARE(encode(format, 0.125, Rounding::NearestAway), std::uint64_t{4});
    QCOMPARE(decideRounding(format, 0.0625).fraction, 0.25);
  }

  void namesAreUniqueAndFound() {
    for (const NumberFormat& format : numberFormats()) {
      QCOMPARE(findNumberFormat(format.name), &format);
      QCOMPARE(&numberFormat(format.id), &format);
    }
    QCOMPARE(findNumberFormat("FP8_E5M2"), &numberFormat(FormatId::Fp8E5M2));
    QVERIFY(findNumberFormat("fp7") == nullptr);
    QVERIFY_EXCEPTION_THROWN(enumerate(numberFormat(FormatId::Fp32)), core::Error);
  }
};

QTEST_GUILESS_MAIN(TestNumericFormats)
#include "tst_numeric_formats.moc"
