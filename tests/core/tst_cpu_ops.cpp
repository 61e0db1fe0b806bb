// Every operation of the CPU executor against its formula, written down once more in double precision.
#include <QtTest>

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "core/model/ops/add.h"
#include "core/model/ops/attention.h"
#include "core/model/ops/embed.h"
#include "core/model/ops/glu.h"
#include "core/model/ops/matmul.h"
#include "core/model/ops/rms_norm.h"
#include "core/model/ops/rope.h"
#include "core/model/ops/row_decoder.h"
#include "core/model/ops/store_kv.h"
#include "core/model/ops/vector_kernels.h"
#include "core/numeric/half.h"
#include "core/quant/quantizer.h"

using namespace core;
namespace ops = core::model::ops;

namespace {

std::vector<float> randomValues(std::size_t count, std::uint32_t seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(engine);
  return values;
}

tensor::TensorView viewOf(std::vector<float>&&, std::uint64_t) = delete;  // a view needs what it looks at
tensor::TensorView viewOf(const std::vector<float>& values, std::uint64_t rows) {
  return {.name = "matrix",
          .dtype = tensor::DType::F32,
          .shape = {rows, values.size() / rows},
          .bytes = std::as_bytes(std::span(values)),
          .owner = nullptr};
}

double dot(const float* a, const float* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

bool close(float value, double expected, double tolerance = 1e-5) {
  return std::abs(static_cast<double>(value) - expected) <= tolerance * (1.0 + std::abs(expected));
}

/// One query's attention as the formula says it.
std::vector<double> naiveAttention(const ops::AttentionShape& shape, const float* query, std::size_t head,
                                   std::size_t position, const std::vector<float>& keys,
                                   const std::vector<float>& values) {
  const std::size_t kvHead = head / (shape.heads / shape.kvHeads);
  const std::size_t window = shape.slidingWindow == 0 ? position + 1 : shape.slidingWindow;
  std::vector<double> result(shape.valueHeadSize, 0.0);
  double total = 0;
  for (std::size_t p = position + 1 - std::min(window, position + 1); p <= position; ++p) {
    const float* key = keys.data() + (p * shape.kvHeads + kvHead) * shape.headSize;
    const float* value = values.data() + (p * shape.kvHeads + kvHead) * shape.valueHeadSize;
    const double weight = std::exp(dot(query, key, shape.headSize) * static_cast<double>(shape.scale));
    total += weight;
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += weight * static_cast<double>(value[i]);
  }
  for (double& value : result) value /= total;
  return result;
}

}  // namespace

class TestCpuOps : public QObject {
  Q_OBJECT

 private slots:
  void everyInstructionSetGivesTheSameDotProducts() {
    QVERIFY(!ops::runnableVectorKernels().empty());
    for (const ops::VectorKernels& kernels : ops::runnableVectorKernels()) {
      // Shorter than a vector, and longer than what is looked at at once; fewer rows than a block, and more than a
      // panel.
      for (const std::size_t n : {1, 3, 4, 15, 16, 17, 80, 131, 256, 700}) {
        for (const std::size_t rows : {1, 3, 4, 7, 24, 33}) {
          for (const std::size_t xs : {1, 2, 3, 5, 8, 13}) {
            const auto w = randomValues(rows * n, 1);
            const auto x = randomValues(xs * n, 2);
            std::vector<float> out(rows * xs, NAN), one(rows, NAN);
            kernels.dotRows(w.data(), n, rows, x.data(), n, xs, n, out.data(), rows);
            for (std::size_t t = 0; t < xs; ++t) {
              // A token is computed alike, whether alone or among others.
              kernels.dotRows(w.data(), n, rows, x.data() + t * n, n, 1, n, one.data(), rows);
              for (std::size_t r = 0; r < rows; ++r) {
                QVERIFY2(close(out[t * rows + r], dot(w.data() + r * n, x.data() + t * n, n)), kernels.name);
                QVERIFY2(out[t * rows + r] == one[r], kernels.name);
              }
            }
          }
        }
      }
    }
  }

  void everyInstructionSetMakesPowers() {
    std::vector<float> in;
    for (int i = -1100000; i <= 900000; ++i) in.push_back(static_cast<float>(i) * 1e-4F);  // −110 … 90
    for (const float x : {0.0F, -0.0F, 1e-30F, -1e-30F, -1e30F, 1e30F, -INFINITY, INFINITY}) in.push_back(x);
    for (const ops::VectorKernels& kernels : ops::runnableVectorKernels()) {
      std::vector<float> out(in.size(), NAN), shares(in.size(), NAN);
      kernels.exps(in.data(), 0.0F, in.size(), out.data());
      kernels.logistics(in.data(), in.size(), shares.data());
      for (std::size_t i = 0; i < in.size(); ++i) {
        const double power = std::exp(static_cast<double>(in[i])),
                     share = 1 / (1 + std::exp(-static_cast<double>(in[i])));
        // Two steps of the result, of which subnormal ones are 2^-149 apart.
        const double step = power < 0x1p-126 ? 0x1p-149 : std::ldexp(1.0, std::ilogb(power) - 23);
        const bool isLarge = power > static_cast<double>(std::numeric_limits<float>::max());
        if (isLarge)
          QVERIFY2(std::isinf(out[i]) || std::abs(in[i] - 88.7228F) < 1e-3F, QByteArray::number(in[i]));
        else
          QVERIFY2(std::abs(static_cast<double>(out[i]) - power) <= 2 * step, QByteArray::number(in[i]));
        QVERIFY2(std::abs(static_cast<double>(shares[i]) - share) <= 4e-7 * share + 0x1p-127,
                 QByteArray::number(in[i]));
      }
      for (const std::size_t n : {1, 5, 16, 23}) {
        std::vector<float> some(in.begin() + 1000000, in.begin() + 1000000 + static_cast<std::ptrdiff_t>(n)),
            made = some;
        const float total = kernels.exps(some.data(), 0.5F, n, made.data());
        double wanted = 0;
        for (std::size_t i = 0; i < n; ++i) {
          QVERIFY(close(made[i], std::exp(static_cast<double>(some[i]) - 0.5), 1e-6));
          wanted += static_cast<double>(made[i]);
        }
        QVERIFY2(close(total, wanted, 1e-6), kernels.name);
        made[n - 1] = NAN;
        QVERIFY(std::isnan(kernels.exps(made.data(), 0.0F, n, made.data())) && std::isnan(made[n - 1]));
      }
    }
  }

  void everyInstructionSetAddsScaledRows() {
    for (const ops::VectorKernels& kernels : ops::runnableVectorKernels()) {
      for (const std::size_t n : {1, 16, 19, 64}) {
        const auto rows = randomValues(5 * n, 3);
        const auto factors = randomValues(5, 4);
        std::vector<float> out(n, 1.0F);
        kernels.addScaledRows(rows.data(), n, 5, factors.data(), n, out.data());
        for (std::size_t i = 0; i < n; ++i) {
          double expected = 1.0;
          for (std::size_t r = 0; r < 5; ++r) expected += static_cast<double>(factors[r] * rows[r * n + i]);
          QVERIFY2(close(out[i], expected), kernels.name);
        }
      }
    }
  }

  void everyInstructionSetAddsProducts() {
    for (const ops::VectorKernels& kernels : ops::runnableVectorKernels()) {
      for (const std::size_t n : {1, 16, 19, 83}) {
        for (const std::size_t rows : {1, 4, 7}) {
          for (const bool transposed : {false, true}) {
            constexpr std::size_t kDepth = 6;
            const auto terms = randomValues(kDepth * n, 5);
            const auto factors = randomValues(kDepth * rows, 6);
            const std::size_t rowStride = transposed ? 1 : kDepth, step = transposed ? rows : 1;
            std::vector<float> out(rows * n, 1.0F);
            kernels.addProducts(factors.data(), rowStride, step, rows, terms.data(), n, kDepth, n, out.data(), n);
            for (std::size_t i = 0; i < rows; ++i) {
              for (std::size_t j = 0; j < n; ++j) {
                double expected = 1.0;
                for (std::size_t k = 0; k < kDepth; ++k)
                  expected += static_cast<double>(factors[i * rowStride + k * step] * terms[k * n + j]);
                QVERIFY2(close(out[i * n + j], expected), kernels.name);
              }
            }
          }
        }
      }
    }
  }

  void matMulDecodesAndAddsTheBias_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("width");
    for (const char* scheme : {"fp32", "fp16", "bf16", "int8", "int4:group=32", "int4:group=32,range=minmax",
                               "int3:group=32", "int8:group=tensor", "nf4", "nf4:double=on", "fp4", "q4_0", "q8_0"}) {
      QTest::addRow("%s 37x96", scheme) << scheme << 37 << 96;
      QTest::addRow("%s 300x1056", scheme) << scheme << 300 << 1056;
    }
    // Rows that are whole blocks of nothing.
    for (const char* scheme : {"fp32", "bf16", "int8", "int4:group=32", "nf4"}) {
      QTest::addRow("%s 5x33", scheme) << scheme << 5 << 33;
    }
  }

  void matMulDecodesAndAddsTheBias() {
    QFETCH(QString, scheme);
    QFETCH(int, rows);
    QFETCH(int, width);
    const auto n = static_cast<std::size_t>(width);
    const auto outWidth = static_cast<std::size_t>(rows);
    const auto values = randomValues(outWidth * n, 5);
    const auto weight = quant::quantize(quant::Scheme::parse(scheme.toStdString()), viewOf(values, outWidth));
    const std::vector<float> exact = quant::dequantize(*weight);
    const auto bias = randomValues(outWidth, 6);
    for (const std::size_t tokens : {1, 2, 9, 70}) {
      const auto in = randomValues(tokens * n, 7);
      std::vector<float> out(tokens * outWidth, NAN);
      ops::matMul(*weight, bias, in.data(), tokens, out.data());
      for (std::size_t t = 0; t < tokens; ++t) {
        for (std::size_t r = 0; r < outWidth; ++r) {
          const double expected = dot(exact.data() + r * n, in.data() + t * n, n) + static_cast<double>(bias[r]);
          QVERIFY(close(out[t * outWidth + r], expected, 1e-4));
        }
      }
    }
  }

  void matMulRunsInTheComputeType_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("type");
    for (const char* scheme : {"fp32", "nf4", "q8_0", "int4"})
      for (const char* type : {"fp16", "bf16"}) QTest::addRow("%s:compute=%s", scheme, type) << scheme << type;
  }

  /// Weights, inputs and outputs are numbers of the type; the sum between them is of float32. The result may then
  /// differ from the exact sum's rounding by one step of the type (2^-10 or 2^-7) where the float sum lies near a
  /// midpoint.
  void matMulRunsInTheComputeType() {
    QFETCH(QString, scheme);
    QFETCH(QString, type);
    const auto compute = type == "fp16" ? quant::ComputeType::Fp16 : quant::ComputeType::Bf16;
    const auto parsed = quant::Scheme::parse((scheme + ":compute=" + type).toStdString());
    constexpr std::size_t kRows = 37, kColumns = 96, kTokens = 3;
    const auto values = randomValues(kRows * kColumns, 5);
    const auto weight = quant::quantize(parsed, viewOf(values, kRows));
    QVERIFY(weight->compute() == compute);
    std::vector<float> rounded = quant::dequantize(*weight);
    quant::roundTo(compute, rounded);
    const auto bias = randomValues(kRows, 6);
    const auto in = randomValues(kTokens * kColumns, 7);
    auto roundedIn = in;
    quant::roundTo(compute, roundedIn);
    std::vector<float> out(kTokens * kRows, NAN);
    ops::matMul(*weight, bias, in.data(), kTokens, out.data());
    auto again = out;
    quant::roundTo(compute, again);
    QCOMPARE(out, again);
    const double step = compute == quant::ComputeType::Fp16 ? 0x1p-10 : 0x1p-7;
    for (std::size_t t = 0; t < kTokens; ++t)
      for (std::size_t r = 0; r < kRows; ++r) {
        const double expected = dot(rounded.data() + r * kColumns, roundedIn.data() + t * kColumns, kColumns) +
                                static_cast<double>(bias[r]);
        QVERIFY(std::abs(static_cast<double>(out[t * kRows + r]) - expected) <= std::abs(expected) * step + 1e-4);
      }
  }

  void rowDecoderEqualsTheLibrary_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"fp32",
                               "bf16",
                               "int8",
                               "int4",
                               "int4:group=row",
                               "int4:group=tensor",
                               "int4:group=22",
                               "int4:group=32,range=minmax",
                               "int4:group=7",
                               "int4:group=64,range=minmax,method=hqq",
                               "int4:group=row,range=minmax,method=hqq",
                               "int3",
                               "nf4",
                               "nf4:block=128,double=on",
                               "fp4",
                               "log4",
                               "mx_e2m1",
                               "nv_e2m1",
                               "kmeans4",
                               "int7",
                               "fp8_e4m3:scale=block128",
                               "dynamic8"}) {
      QTest::newRow(scheme) << scheme;
    }
  }

  // Bit for bit, whichever way the decoder takes; widths that are no multiple of a vector, a group or a block.
  void rowDecoderEqualsTheLibrary() {
    QFETCH(QString, scheme);
    for (const std::size_t width : {33, 34, 66, 96, 250, 1024}) {
      const auto values = randomValues(9 * width, 17);
      const auto weight = quant::quantize(quant::Scheme::parse(scheme.toStdString()), viewOf(values, 9));
      const std::vector<float> exact = quant::dequantize(*weight);
      std::vector<float> scratch;
      const ops::RowDecoder decoder(*weight);
      for (std::size_t row = 0; row < 9; ++row) {
        const std::size_t count = std::min<std::size_t>(3, 9 - row);
        const float* rows = decoder.rows(row, count, scratch);
        QVERIFY(std::equal(rows, rows + count * width, exact.data() + row * width));
      }
    }
  }

  void everyInstructionSetLooksUpTheSameLevels() {
    std::vector<float> levels(16);
    std::iota(levels.begin(), levels.end(), 100.0F);
    std::vector<std::uint8_t> packed(77);
    for (std::size_t i = 0; i < packed.size(); ++i) packed[i] = static_cast<std::uint8_t>(i * 37 + 5);
    for (const ops::VectorKernels& kernels : ops::runnableVectorKernels()) {
      for (const std::size_t pairs : {1, 7, 8, 16, 24, 77}) {
        std::vector<float> low(2 * pairs), high(2 * pairs);
        kernels.lookUpNibbles(packed.data(), pairs, ops::NibbleOrder::LowFirst, levels.data(), 2.0F, 3.0F, low.data());
        kernels.lookUpNibbles(packed.data(), pairs, ops::NibbleOrder::HighFirst, levels.data(), 2.0F, 3.0F,
                              high.data());
        for (std::size_t i = 0; i < pairs; ++i) {
          QCOMPARE(low[2 * i], 3.0F * (98.0F + static_cast<float>(packed[i] & 15)));
          QCOMPARE(low[2 * i + 1], 3.0F * (98.0F + static_cast<float>(packed[i] >> 4)));
          QCOMPARE(high[2 * i], low[2 * i + 1]);
          QCOMPARE(high[2 * i + 1], low[2 * i]);
        }
      }
    }
  }

  void embedTakesRows() {
    const auto values = randomValues(10 * 7, 8);
    const auto weight = quant::wrapStored(viewOf(values, 10));
    std::vector<float> out(3 * 7);
    ops::embed(*weight, std::vector<text::TokenId>{9, 0, 4}, out.data());
    QVERIFY(std::equal(out.begin(), out.begin() + 7, values.begin() + 63));
    QVERIFY(std::equal(out.begin() + 14, out.end(), values.begin() + 28));
  }

  void rmsNormFollowsItsFormula() {
    const auto x = randomValues(2 * 50, 9);
    const auto weight = randomValues(50, 10);
    std::vector<float> out(100);
    ops::rmsNorm(weight, weight.size(), 0.5F, x.data(), 2, out.data());
    for (std::size_t t = 0; t < 2; ++t) {
      const double scale = 1.0 / std::sqrt(dot(&x[t * 50], &x[t * 50], 50) / 50 + 0.5);
      for (std::size_t i = 0; i < 50; ++i) {
        QVERIFY(close(out[t * 50 + i], static_cast<double>(x[t * 50 + i]) * scale * static_cast<double>(weight[i])));
      }
    }
  }

  void ropeRotatesPairs_data() {
    QTest::addColumn<bool>("adjacent");
    QTest::newRow("adjacent") << true;
    QTest::newRow("halves") << false;
  }

  void ropeRotatesPairs() {
    QFETCH(bool, adjacent);
    const std::vector<float> frequencies = {1.0F, 0.25F};
    const ops::RopeShape shape{3, 6, 4, adjacent ? model::RopePairing::Adjacent : model::RopePairing::Halves};
    const auto before = randomValues(2 * 3 * 6, 11);
    std::vector<float> x(before.size(), NAN), inPlace = before;
    ops::rope(shape, ops::rotations({frequencies}, 40, 2), 2, before.data(), x.data());
    ops::rope(shape, ops::rotations({frequencies}, 40, 2), 2, inPlace.data(), inPlace.data());
    QCOMPARE(inPlace, x);
    for (std::size_t row = 0; row < 6; ++row) {
      const double position = 40.0 + static_cast<double>(row / 3);
      const float* h = &before[row * 6];
      for (std::size_t pair = 0; pair < 2; ++pair) {
        const std::size_t a = adjacent ? 2 * pair : pair;
        const std::size_t b = adjacent ? 2 * pair + 1 : pair + 2;
        const double angle = position * static_cast<double>(frequencies[pair]);
        const double ha = h[a];
        const double hb = h[b];
        QVERIFY(close(x[row * 6 + a], ha * std::cos(angle) - hb * std::sin(angle)));
        QVERIFY(close(x[row * 6 + b], ha * std::sin(angle) + hb * std::cos(angle)));
      }
      QCOMPARE(x[row * 6 + 4], h[4]);  // behind the rotated dimensions
      QCOMPARE(x[row * 6 + 5], h[5]);
    }
  }

  void attentionFollowsItsFormula_data() {
    QTest::addColumn<int>("heads");
    QTest::addColumn<int>("kvHeads");
    QTest::addColumn<int>("headSize");
    QTest::addColumn<int>("valueHeadSize");
    QTest::addColumn<int>("window");
    QTest::addColumn<int>("stored");
    QTest::addColumn<int>("tokens");
    QTest::newRow("one token") << 4 << 2 << 64 << 64 << 0 << 0 << 1;
    QTest::newRow("head size 80, decode") << 6 << 2 << 80 << 80 << 0 << 200 << 1;
    QTest::newRow("prefill over blocks") << 4 << 4 << 16 << 16 << 0 << 0 << 150;
    QTest::newRow("appended, values narrower") << 8 << 1 << 20 << 12 << 0 << 61 << 23;
    QTest::newRow("sliding window") << 4 << 2 << 16 << 16 << 37 << 90 << 40;
  }

  void attentionFollowsItsFormula() {
    QFETCH(int, heads);
    QFETCH(int, kvHeads);
    QFETCH(int, headSize);
    QFETCH(int, valueHeadSize);
    QFETCH(int, window);
    QFETCH(int, stored);
    QFETCH(int, tokens);
    const auto size = [](int n) { return static_cast<std::size_t>(n); };
    const float scale = 1.2F / std::sqrt(static_cast<float>(headSize));  // not the usual one
    const ops::AttentionShape shape{size(heads),         size(kvHeads), size(headSize),
                                    size(valueHeadSize), scale,         size(window)};
    const std::size_t positions = size(stored + tokens);
    const auto keys = randomValues(positions * shape.kvHeads * shape.headSize, 12);
    const auto values = randomValues(positions * shape.kvHeads * shape.valueHeadSize, 13);
    const auto queries = randomValues(size(tokens) * shape.heads * shape.headSize, 14);
    ops::KvRows keyRows(positions, shape.kvHeads, shape.headSize, model::KvFormat::F32);
    ops::KvRows valueRows(positions, shape.kvHeads, shape.valueHeadSize, model::KvFormat::F32);
    ops::storeKv(keys.data(), values.data(), positions, 0, keyRows, valueRows);
    std::vector<float> out(size(tokens) * shape.heads * shape.valueHeadSize, NAN);
    ops::attention(shape, queries.data(), size(tokens), static_cast<std::uint32_t>(stored), keyRows, valueRows, {},
                   out.data());
    for (std::size_t t = 0; t < size(tokens); ++t) {
      for (std::size_t head = 0; head < shape.heads; ++head) {
        const std::size_t row = t * shape.heads + head;
        const auto expected =
            naiveAttention(shape, queries.data() + row * shape.headSize, head, size(stored) + t, keys, values);
        for (std::size_t i = 0; i < shape.valueHeadSize; ++i) {
          QVERIFY(close(out[row * shape.valueHeadSize + i], expected[i]));
        }
      }
    }
  }

  void halfPrecisionCacheRounds() {
    ops::KvRows rows(4, 1, 2, model::KvFormat::F16);
    const std::vector<float> written = {1.0F, 2049.0F};  // 2049 is between two FP16 numbers
    rows.write(3, 1, written.data());
    float read[2] = {};
    rows.read(3, 1, 0, read);
    QCOMPARE(read[0], 1.0F);
    QCOMPARE(read[1], 2048.0F);
  }

  /// A scale for every row and head: what one head holds does not touch another's.
  void byteCacheRoundsHeadByHead() {
    ops::KvRows rows(4, 2, 3, model::KvFormat::Int8);
    const std::vector<float> written = {127.0F, 0.5F, -1.5F, 1e-3F, -5e-4F, 0.0F};
    rows.write(2, 1, written.data());
    float first[3] = {}, second[3] = {};
    rows.read(2, 1, 0, first);
    rows.read(2, 1, 1, second);
    QCOMPARE(std::vector<float>(first, first + 3), (std::vector<float>{127.0F, 0.0F, -2.0F}));  // halves to even
    QCOMPARE(second[0], 127.0F * (1e-3F / 127.0F));
    QVERIFY(std::abs(second[1] + 5e-4F) <= 0.5F * 1e-3F / 127.0F);
    QCOMPARE(second[2], 0.0F);
    QCOMPARE(model::kvHeadBytes(model::KvFormat::Int8, 3), std::uint64_t{3 + 4});
  }

  void swiGluAndAdd() {
    const auto gate = randomValues(20000, 15);
    const auto up = randomValues(20000, 16);
    std::vector<float> out(20000);
    ops::glu(model::Activation::Silu, gate.data(), up.data(), out.size(), out.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double g = gate[i];
      QVERIFY(close(out[i], g / (1.0 + std::exp(-g)) * static_cast<double>(up[i])));
    }
    ops::add(gate.data(), up.data(), out.size(), out.data());
    QCOMPARE(out[123], gate[123] + up[123]);
  }
};

QTEST_GUILESS_MAIN(TestCpuOps)
#include "tst_cpu_ops.moc"
