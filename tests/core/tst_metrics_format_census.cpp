#include <QtTest>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/metrics/format_census.h"
#include "core/numeric/code_books.h"
#include "core/numeric/custom_format.h"
#include "core/numeric/half.h"
#include "core/numeric/nearest_value.h"
#include "core/tensor/tensor_view.h"

using namespace core;
using namespace core::metrics;
using numeric::CodeScale;
using numeric::FormatId;
using numeric::NumberFormat;
using numeric::Overflow;

namespace {

std::vector<CensusFormat> manyFormats() {
  std::vector<CensusFormat> all;
  for (const NumberFormat& format : numeric::numberFormats()) {
    all.push_back({format});
    if (format.isScaled()) all.push_back({format, {0.013, format.isInteger() ? 2 : 0}});
    if (format.isScaled()) all.push_back({format, {0.25, 0}});
    if (!format.isScaled()) all.push_back({format, {}, Overflow::Saturate});
  }
  for (const FormatId id : {FormatId::Int8, FormatId::UInt4, FormatId::Nf4})
    for (const char* exact : {"0.1", "7e-324"})  // no doubles; the second has none near it
      all.push_back(
          {numeric::numberFormat(id), numeric::CodeScale::exactly(*numeric::ExactNumber::parseDecimal(exact))});
  for (const char* name : {"e4m3:subnormals=off", "e5m0", "e3m2:specials=fnuz,subnormals=off", "e11m51"})
    all.push_back({numeric::parseNumberFormat(name)});
  return all;
}

std::vector<double> manyValues() {
  std::mt19937 random(17);
  std::normal_distribution<double> normal(0.0, 0.02);
  std::vector<double> values = {0.0,    -0.0,  448,   449, 464,  465,   480,   1e30,     -1e30,     5e-324,      1e-310,
                                -1e308, 57344, 65520, 1.0, -1.0, 0.125, 0.375, HUGE_VAL, -HUGE_VAL, std::nan("")};
  for (int i = 0; i < 3000; ++i) values.push_back(normal(random));
  for (int i = 1; i < 40; ++i) values.push_back(i * 5e-324);
  for (int i = -40; i < 40; ++i) {
    values.push_back(std::ldexp(1.0 + i * 0.01, i));
    values.push_back(-std::ldexp(1.5, -i));
    values.push_back(0.013 * (i + 0.5));  // near the middles of integers under that scale
    values.push_back(0.25 * (i + 0.5));
  }
  const auto book = numeric::nf4CodeBook();
  for (std::size_t i = 0; i + 1 < book.size(); ++i) {
    const double middle = (static_cast<double>(book[i]) + static_cast<double>(book[i + 1])) / 2;
    for (const double scale : {1.0, 0.013, 0.25}) values.push_back(middle * scale);
  }
  return values;
}

Fate fateOf(const CensusFormat& one, double x, double* value) {
  if (!std::isfinite(x)) return Fate::NonFinite;
  const auto decision = numeric::decideRounding(one.format, x, {}, one.overflow, one.scale);
  *value = numeric::decode(one.format, decision.code, one.scale);
  if (!std::isfinite(*value)) return Fate::Overflowed;
  if (decision.overflow) return Fate::Clipped;
  if (one.format.id == FormatId::E8M0 && x < 0x1p-128) return Fate::Clipped;
  const auto kind = numeric::classify(one.format, decision.code, one.scale);
  if (*value == 0) return x == 0 ? Fate::Zero : Fate::BecameZero;
  if (kind == numeric::NumberClass::Subnormal) return Fate::Subnormal;
  return *value == x ? Fate::Exact : Fate::Rounded;
}

}  // namespace

class TestMetricsFormatCensus : public QObject {
  Q_OBJECT
 private slots:
  void theQuickWayIsTheLongWay() {
    for (const CensusFormat& one : manyFormats()) {
      const numeric::NearestValue nearest(one.format, one.scale, one.overflow);
      for (const double x : manyValues()) {
        if (!std::isfinite(x)) continue;
        const auto decision = numeric::decideRounding(one.format, x, {}, one.overflow, one.scale);
        const double expected = numeric::decode(one.format, decision.code, one.scale);
        const auto found = nearest(x);
        const QByteArray what =
            QString("%1 of %2, scale %3").arg(one.format.name.c_str()).arg(x, 0, 'g', 17).arg(one.scale.scale).toUtf8();
        QVERIFY2(std::isnan(expected) ? std::isnan(found.value) : found.value == expected, what);
        QVERIFY2(found.beyond == decision.overflow, what);
      }
    }
  }

  void everyValueHasOneFate() {
    const auto formats = manyFormats();
    const auto values = manyValues();
    const auto found = formatCensus(values, formats);
    QCOMPARE(found.size(), formats.size());
    for (std::size_t f = 0; f < formats.size(); ++f) {
      FormatCensus expected;
      for (const double x : values) {
        double value = 0;
        auto& group = expected.groups[static_cast<std::size_t>(fateOf(formats[f], x, &value))];
        ++group.count;
        if (!std::isfinite(x) || !std::isfinite(value)) continue;
        group.squaredError += (value - x) * (value - x);
        expected.squares += x * x;
      }
      QCOMPARE(found[f].count(), values.size());
      for (std::size_t fate = 0; fate < kFates; ++fate) {
        QVERIFY2(found[f].groups[fate].count == expected.groups[fate].count,
                 qPrintable(QString("%1 %2: %3, not %4")
                                .arg(formats[f].format.name.c_str(), toString(static_cast<Fate>(fate)))
                                .arg(found[f].groups[fate].count)
                                .arg(expected.groups[fate].count)));
        QCOMPARE(found[f].groups[fate].squaredError, expected.groups[fate].squaredError);
      }
      QCOMPARE(found[f].squares, expected.squares);
    }
  }

  void byHand() {
    // E4M3: largest 448, smallest normal 2^-6, smallest 2^-9.
    const std::vector<double> values = {1.0, 1.05, 0.003, 0.0001, 0.0, 500, HUGE_VAL};
    const std::array formats = {CensusFormat{numeric::numberFormat(FormatId::Fp8E4M3)},
                                CensusFormat{numeric::numberFormat(FormatId::Fp8E4M3), {}, Overflow::Saturate}};
    const auto found = formatCensus(values, formats);
    for (const Fate fate :
         {Fate::Exact, Fate::Rounded, Fate::Subnormal, Fate::BecameZero, Fate::Zero, Fate::Overflowed, Fate::NonFinite})
      QCOMPARE(found[0][fate].count, std::uint64_t{1});
    QCOMPARE(found[1][Fate::Clipped].count, std::uint64_t{1});
    QCOMPARE(found[1][Fate::Clipped].squaredError, 52.0 * 52.0);
    QVERIFY(found[1].errorShare(Fate::Clipped) > 0.999);
    QVERIFY(found[1].relativeSquaredError() > 0.01 && found[1].relativeSquaredError() < 0.011);
    const std::vector<double> none;
    QVERIFY(std::isnan(formatCensus(none, formats)[0].relativeSquaredError()));
    QVERIFY_EXCEPTION_THROWN(
        formatCensus(values, std::array{CensusFormat{numeric::numberFormat(FormatId::Int8), {0.0, 0}}}), Error);
  }

  void tensorsOfAnyTypeAreCounted() {
    const auto formats = manyFormats();
    std::vector<float> floats;
    for (const double x : manyValues()) floats.push_back(static_cast<float>(x));
    for (int i = 0; i < 150000; ++i) floats.push_back(floats[static_cast<std::size_t>(30 + i % 3000)] * 1.5F);
    std::vector<std::uint16_t> halves(floats.size());
    numeric::floatToHalf(floats, halves);
    std::vector<float> widened(floats.size());
    numeric::halfToFloat(halves, widened);
    const auto censusOf = [&](tensor::DType dtype, std::span<const std::byte> bytes) {
      tensor::TensorView view;
      view.dtype = dtype;
      view.shape = tensor::Shape{floats.size()};
      view.bytes = bytes;
      return formatCensus(quant::QuantizedTensor(view), formats);
    };
    const auto check = [&](const std::vector<FormatCensus>& found, const std::vector<float>& values) {
      const std::vector<double> doubles(values.begin(), values.end());
      const auto expected = formatCensus(doubles, formats);
      for (std::size_t f = 0; f < formats.size(); ++f)
        for (std::size_t fate = 0; fate < kFates; ++fate) {
          const auto& a = found[f].groups[fate];
          const auto& b = expected[f].groups[fate];
          QCOMPARE(a.count, b.count);
          QVERIFY(std::abs(a.squaredError - b.squaredError) <= 1e-9 * b.squaredError);
        }
    };
    check(censusOf(tensor::DType::F32, std::as_bytes(std::span(floats))), floats);
    check(censusOf(tensor::DType::F16, std::as_bytes(std::span(halves))), widened);
  }

  void aJobCanBeStopped() {
    std::stop_source stop;
    stop.request_stop();
    const std::vector<float> floats(1000, 1.0F);
    tensor::TensorView view;
    view.shape = tensor::Shape{floats.size()};
    view.bytes = std::as_bytes(std::span(floats));
    const auto formats = manyFormats();
    QVERIFY_EXCEPTION_THROWN(formatCensus(quant::QuantizedTensor(view), formats, JobContext(stop.get_token())),
                             Cancelled);
  }
};

QTEST_GUILESS_MAIN(TestMetricsFormatCensus)
#include "tst_metrics_format_census.moc"
