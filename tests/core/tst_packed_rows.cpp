// Products of rows that are decoded in registers, on every instruction set: bit for bit those of the decoded rows,
// which are those of the library.
#include <QtTest>

#include <cmath>
#include <cstring>
#include <random>

#include "core/model/ops/row_decoder.h"
#include "core/model/ops/vector_kernels.h"
#include "core/quant/block_codec.h"
#include "core/quant/quantizer.h"

using namespace core;
namespace ops = core::model::ops;

namespace {

constexpr std::size_t kRows = 13, kWidth = 768;  // more than a step of rows, and than what scales are made for at once

/// Rows of very different sizes; one of zeros, one whose scales are subnormal.
std::vector<float> someRows() {
  std::mt19937 engine(5);
  std::normal_distribution<float> normal;
  std::vector<float> values(kRows * kWidth);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t row = i / kWidth;
    values[i] = normal(engine) * (row == 3   ? 0.0F
                                  : row == 4 ? 3e-6F
                                             : std::pow(10.0F, static_cast<float>(row % 5) - 3));
  }
  return values;
}

tensor::TensorView viewOf(const std::vector<float>& values) {
  return {.name = "matrix",
          .dtype = tensor::DType::F32,
          .shape = {kRows, kWidth},
          .bytes = std::as_bytes(std::span(values)),
          .owner = nullptr};
}

bool isSame(const std::vector<float>& a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::isnan(a[i]) ? !std::isnan(b[i]) : std::memcmp(&a[i], &b[i], sizeof(float)) != 0) return false;
  return a.size() == b.size();
}

void check(const quant::QuantizedTensor& weight, bool isFinite) {
  const std::vector<float> exact = quant::dequantize(weight);
  const std::size_t width = weight.rowValues();
  std::vector<float> x(width);
  std::mt19937 engine(9);
  std::normal_distribution<float> normal;
  for (float& value : x) value = normal(engine);
  const ops::RowDecoder decoder(weight);
  QVERIFY(decoder.isPacked());
  for (const ops::VectorKernels& kernels : ops::runnableVectorKernels()) {
    const ops::PackedKernel& kernel = kernels.packedRows(decoder.format());
    for (std::size_t count = 1; count <= weight.rows(); ++count) {
      const std::size_t first = weight.rows() - count;
      std::vector<float> rows(count * width, NAN), decoded(count, NAN), direct(count, NAN);
      kernel.decode(decoder.packedRows(first, count), count, rows.data());
      QVERIFY2(isSame({exact.begin() + static_cast<std::ptrdiff_t>(first * width), exact.end()}, rows), kernels.name);
      kernels.dotRows(rows.data(), width, count, x.data(), width, 1, width, decoded.data(), count);
      kernel.dot(decoder.packedRows(first, count), count, x.data(), direct.data());
      QVERIFY2(isSame(decoded, direct), kernels.name);
      for (std::size_t r = 0; r < count && isFinite; ++r) {
        double sum = 0, size = 0;
        for (std::size_t i = 0; i < width; ++i) {
          const double product = static_cast<double>(rows[r * width + i]) * static_cast<double>(x[i]);
          sum += product;
          size += std::abs(product);
        }
        QVERIFY2(std::abs(static_cast<double>(direct[r]) - sum) <= 1e-6 * size, kernels.name);
      }
    }
  }
}

}  // namespace

class TestPackedRows : public QObject {
  Q_OBJECT

 private slots:
  void productsAreThoseOfTheDecodedRows_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"fp16",
                               "bf16",
                               "q4_0",
                               "q4_1",
                               "q5_0",
                               "q5_1",
                               "q8_0",
                               "q4_k",
                               "q5_k",
                               "q6_k",
                               "int4",
                               "int4:group=row",
                               "int4:group=tensor",
                               "int4:group=64,range=minmax",
                               "hqq:bits=4,group=64",
                               "int8",
                               "int8:group=32,range=minmax",
                               "int8:group=tensor",
                               "nf4",
                               "nf4:block=32",
                               "nf4:double=on",
                               "fp4",
                               "log4"})
      QTest::newRow(scheme) << scheme;
  }
  void productsAreThoseOfTheDecodedRows() {
    QFETCH(QString, scheme);
    const std::vector<float> values = someRows();
    const auto weight = quant::quantize(quant::Scheme::parse(scheme.toStdString()), viewOf(values));
    check(*weight, true);
    // Scales that no quantizer makes.
    quant::QuantizedTensor odd = *weight;
    const auto spoil = [](std::vector<float>& scales) {
      const float odds[] = {INFINITY, NAN, 1e-44F, 0.0F, -0.0F, -INFINITY};
      for (std::size_t i = 0; i < scales.size(); i += 5) scales[i] = odds[i / 5 % std::size(odds)];
    };
    if (auto* integers = std::get_if<quant::Uniform>(&odd.layout))
      spoil(integers->scales);
    else if (auto* codes = std::get_if<quant::CodeBook>(&odd.layout))
      spoil(codes->nested ? codes->nested->absmax : codes->scales);
    else
      return;
    check(odd, false);
  }

  void anyBytesAreReadAlike_data() {
    QTest::addColumn<int>("dtype");
    using tensor::DType;
    for (const DType dtype : {DType::F16, DType::BF16, DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::Q8_0,
                              DType::Q4_K, DType::Q5_K, DType::Q6_K})
      QTest::newRow(std::string(tensor::info(dtype).name).c_str()) << static_cast<int>(dtype);
  }
  /// Scales are infinite, subnormal, negative, zero and NaN.
  void anyBytesAreReadAlike() {
    QFETCH(int, dtype);
    const auto type = static_cast<tensor::DType>(dtype);
    const tensor::DTypeInfo& layout = tensor::info(type);
    std::mt19937 engine(18);
    std::vector<std::byte> bytes(2 + 9 * 512 / layout.blockValues * layout.blockBytes);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine());
    // At an odd address, as files may have it.
    const tensor::TensorView view{.name = "blocks",
                                  .dtype = type,
                                  .shape = {9, 512},
                                  .bytes = std::span(bytes).subspan(1, bytes.size() - 2),
                                  .owner = nullptr};
    check(*quant::wrapStored(view), false);
  }

  /// Rows that are no whole pieces, and groups that are none, go another way.
  void whatHasNoWholePiecesIsDecoded() {
    for (const char* scheme : {"fp16", "int4:group=16", "int8", "nf4"}) {
      const std::vector<float> values(13 * 48, 0.5F);
      const tensor::TensorView view{.name = "matrix",
                                    .dtype = tensor::DType::F32,
                                    .shape = {13, 48},
                                    .bytes = std::as_bytes(std::span(values)),
                                    .owner = nullptr};
      const auto weight = quant::quantize(quant::Scheme::parse(scheme), view);
      QVERIFY2(!ops::RowDecoder(*weight).isPacked(), scheme);
    }
  }
};

QTEST_APPLESS_MAIN(TestPackedRows)
#include "tst_packed_rows.moc"
