// LLM.int8() against bitsandbytes (tests/data/bitsandbytes/README.md).
#include <QtTest>
#include <cstring>
#include <filesystem>

#include "core/model/coded_row.h"
#include "core/model/ops/multiply_codes.h"
#include "core/model/ops/quantize_rows.h"
#include "core/numeric/half.h"
#include "core/quant/llm_int8.h"
#include "core/quant/quantizer.h"
#include "support/golden.h"

using namespace core;
using model::CodedRow;

namespace {

constexpr std::size_t kTokens = 12, kWidth = 64, kRows = 24;
const CodedRow kLayout(kWidth);

template <typename T>
std::vector<T> golden(const QString& name) {
  return support::readArray<T>(std::filesystem::path(QS_TEST_DATA) / "bitsandbytes" / ("int8." + name).toStdString());
}

std::vector<float> halves(const QString& name) {
  std::vector<float> values;
  for (const std::uint16_t bits : golden<std::uint16_t>(name)) values.push_back(numeric::halfToFloat(bits));
  return values;
}

quant::QuantizedTensorPtr weight(const std::string& threshold) {
  const auto owner = std::make_shared<const std::vector<float>>(halves("B.f16"));
  const tensor::TensorView view{"weight", tensor::DType::F32, {kRows, kWidth}, std::as_bytes(std::span(*owner)), owner};
  return quant::quantize(quant::Scheme::parse("llm_int8:threshold=" + threshold), view);
}

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> words(values.size());
  std::memcpy(words.data(), values.data(), values.size() * sizeof(float));
  return words;
}

std::vector<float> coded(const quant::QuantizedTensor& tensor, const std::vector<float>& inputs) {
  std::vector<float> rows(kTokens * kLayout.words());
  model::ops::encodeRows(*tensor.input, inputs.data(), kTokens, kWidth, rows.data());
  return rows;
}

}  // namespace

class TestLlmInt8 : public QObject {
  Q_OBJECT

 private slots:
  void weightsAreThoseOfItsStateDict() {
    const auto tensor = weight("6");
    const auto codes = golden<std::int8_t>("CB.i8");
    for (std::size_t i = 0; i < codes.size(); ++i)
      QCOMPARE(std::to_integer<int>(tensor->payload[i]) - 127, static_cast<int>(codes[i]));
    const auto scales = golden<float>("SCB.f32");
    for (std::size_t r = 0; r < kRows; ++r)
      QCOMPARE(tensor->as<quant::Uniform>()->scales[r], scales[r] * 7.874015718698502e-3F);
    const auto values = golden<float>("B.dequant.f32"), decoded = quant::dequantize(*tensor);
    for (std::size_t i = 0; i < values.size(); ++i)
      QVERIFY(std::abs(decoded[i] - values[i]) <= 1e-6F * std::abs(values[i]));
    QCOMPARE(tensor->input->name, quant::ActivationName::LlmInt8);
    QCOMPARE(tensor->input->threshold, 6.0F);
  }

  void inputsAreQuantizedAlike_data() {
    QTest::addColumn<QString>("threshold");
    for (const char* threshold : {"0", "6"}) QTest::newRow(threshold) << threshold;
  }
  void inputsAreQuantizedAlike() {
    QFETCH(QString, threshold);
    const auto tensor = weight(threshold.toStdString());
    const auto words = bits(coded(*tensor, halves("A.f16")));
    const auto codes = golden<std::int8_t>("t" + threshold + ".CA.i8");
    const auto absmax = golden<float>("t" + threshold + ".SCA.f32");
    std::uint64_t mask = 0;
    if (threshold == "6")
      for (const std::int64_t column : golden<std::int64_t>("t6.outlier_cols.i64")) mask |= std::uint64_t{1} << column;
    for (std::size_t t = 0; t < kTokens; ++t) {
      const std::uint32_t* row = words.data() + t * kLayout.words();
      QCOMPARE(std::memcmp(row + kLayout.codes(), codes.data() + t * kWidth, kWidth), 0);
      QCOMPARE(std::bit_cast<float>(row[0]), absmax[t] * quant::kLlmInt8InputScale);
      QCOMPARE(row[kLayout.masks()] | std::uint64_t{row[kLayout.masks() + 1]} << 32, mask);
    }
  }

  /// The integers, by products whose scales are all 1.
  void sumsAreExact_data() { inputsAreQuantizedAlike_data(); }
  void sumsAreExact() {
    QFETCH(QString, threshold);
    quant::QuantizedTensor tensor = *weight(threshold.toStdString());
    auto rows = coded(tensor, halves("A.f16"));
    for (float& scale : std::get<quant::Uniform>(tensor.layout).scales) scale = 1.0F;
    for (std::size_t t = 0; t < kTokens; ++t) rows[t * kLayout.words()] = 1.0F;
    std::vector<float> out(kTokens * kRows);
    model::ops::multiplyCodes(tensor, {}, rows.data(), nullptr, kTokens, out.data());
    const auto sums = golden<std::int32_t>("t" + threshold + ".matmul.i32");
    for (std::size_t i = 0; i < sums.size(); ++i) QCOMPARE(out[i], static_cast<float>(sums[i]));
  }

  void productsAgree_data() {
    QTest::addColumn<QString>("threshold");
    QTest::addColumn<QString>("name");
    QTest::newRow("without outliers") << "0"
                                      << "t0.scaled_mm.f32";
    QTest::newRow("their part left out") << "6"
                                         << "t6.scaled_mm.f32";
    QTest::newRow("with outliers") << "6"
                                   << "t6.mixed_mm.f32";
  }
  void productsAgree() {
    QFETCH(QString, threshold);
    QFETCH(QString, name);
    const auto tensor = weight(threshold.toStdString());
    const auto inputs = halves("A.f16");
    const auto rows = coded(*tensor, inputs);
    std::vector<float> out(kTokens * kRows);
    const bool mixed = name.contains("mixed");
    model::ops::multiplyCodes(*tensor, {}, rows.data(), mixed ? inputs.data() : nullptr, kTokens, out.data());
    const auto expected = golden<float>(name), parts = golden<float>("t" + threshold + ".scaled_mm.f32");
    for (std::size_t i = 0; i < out.size(); ++i) {
      // Relative to the larger of the two parts of a sum, which may cancel.
      const float size = std::max(std::abs(expected[i]), std::abs(parts[i]));
      QVERIFY2(std::abs(out[i] - expected[i]) <= 1e-6F * size, qPrintable(QString("%1: %2").arg(i).arg(out[i])));
    }
  }

  void outlierColumnsAreCounted() {
    const auto inputs = halves("A.f16");
    std::vector<float> largest(kWidth, 0.0F);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      largest[i % kWidth] = std::max(largest[i % kWidth], std::abs(inputs[i]));
    std::vector<std::uint32_t> expected;
    for (const std::int64_t column : golden<std::int64_t>("t6.outlier_cols.i64"))
      expected.push_back(static_cast<std::uint32_t>(column));
    QCOMPARE(quant::outlierColumns(largest, 6.0F), expected);
    QVERIFY(quant::outlierColumns(largest, 0.0F).empty());
  }
};

QTEST_GUILESS_MAIN(TestLlmInt8)
#include "tst_llm_int8.moc"
