// Inputs as bytes and as FP8, and products of integers, against their formulas written down once more.
#include <QtTest>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "core/base/error.h"
#include "core/model/coded_row.h"
#include "core/model/ops/arrange_columns.h"
#include "core/model/ops/code_kernels.h"
#include "core/model/ops/multiply_codes.h"
#include "core/model/ops/quantize_rows.h"
#include "core/quant/bit_stream.h"
#include "core/quant/block_integers.h"
#include "core/quant/hollow_tensors.h"
#include "core/quant/input_range.h"
#include "core/quant/quantizer.h"
#include "core/quant/row_scale.h"
#include "support/golden.h"
#include "support/odd_inputs.h"

using namespace core;
namespace ops = core::model::ops;
using model::CodedRow;
using quant::ActivationName;
using quant::ActivationRange;
using quant::InputQuantizer;

namespace {

std::vector<float> randomValues(std::size_t count, std::uint64_t seed) {
  support::RandomNumbers random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.bell());
  return values;
}

quant::QuantizedTensorPtr quantized(const std::string& scheme, std::size_t rows, std::size_t width,
                                    const quant::TensorCalibration* calibration = nullptr) {
  const auto owner = std::make_shared<const std::vector<float>>(randomValues(rows * width, 5));
  const tensor::TensorView view{"weight", tensor::DType::F32, {rows, width}, std::as_bytes(std::span(*owner)), owner};
  return quant::quantize(quant::Scheme::parse(scheme), view, JobContext(), calibration);
}

std::vector<float> coded(const InputQuantizer& quantizer, const std::vector<float>& in, std::size_t tokens) {
  const std::size_t width = in.size() / tokens;
  std::vector<float> rows(tokens * CodedRow(static_cast<std::uint32_t>(width)).words());
  ops::encodeRows(quantizer, in.data(), tokens, width, rows.data());
  return rows;
}

/// One coded row, read by its description.
struct Row {
  float scale;
  std::int32_t zero;
  std::vector<std::int8_t> codes;
  std::vector<std::int16_t> sums;

  Row(const float* words, std::size_t width) : codes(width) {
    const CodedRow layout(static_cast<std::uint32_t>(width));
    sums.resize(std::size_t{layout.units} * 4);
    scale = words[0];
    std::memcpy(&zero, words + 1, sizeof(zero));
    std::memcpy(codes.data(), words + layout.codes(), width);
    std::memcpy(sums.data(), words + layout.sums(), sums.size() * 2);
  }
};

quant::InputHistogram histogramOf(const std::vector<float>& values) {
  quant::InputHistogram histogram;
  histogram.add(values);
  return histogram;
}

quant::Activations activations(ActivationName name, ActivationRange range, double percentile = 99.99) {
  return {.name = name, .range = range, .percentile = percentile};
}

}  // namespace

class TestActivations : public QObject {
  Q_OBJECT

 private slots:
  /// Codes of a row, in double: products of two floats and their halves are exact there.
  void dynamicCodesFollowTheFormula() {
    std::size_t tokens = 0;
    for (const std::size_t width : {1, 31, 32, 100}) {
      const std::vector<float> in = support::oddInputs(width, tokens);
      const auto rows = coded({.name = ActivationName::Int8Dynamic}, in, tokens);
      const std::size_t words = CodedRow(static_cast<std::uint32_t>(width)).words();
      for (std::size_t t = 0; t < tokens; ++t) {
        const Row row(rows.data() + t * words, width);
        float absmax = 0.0F;
        for (std::size_t i = 0; i < width; ++i) absmax = std::max(absmax, std::fabs(in[t * width + i]));
        if (absmax < 0x1p-100F) absmax = 0.0F;
        QCOMPARE(row.scale, absmax / 127.0F);
        QCOMPARE(row.zero, 0);
        std::vector<int> sums(row.sums.size(), 0);
        for (std::size_t i = 0; i < width; ++i) {
          const float product = absmax == 0.0F ? 0.0F : in[t * width + i] * (127.0F / absmax);
          QCOMPARE(static_cast<double>(row.codes[i]), std::nearbyint(static_cast<double>(product)));
          sums[i / 8] += row.codes[i];
        }
        for (std::size_t i = 0; i < sums.size(); ++i) QCOMPARE(static_cast<int>(row.sums[i]), sums[i]);
      }
    }
  }

  void staticCodesAreClamped() {
    const InputQuantizer quantizer{.name = ActivationName::Int8Static, .scale = 0.5F, .zeroPoint = -28};
    const std::vector<float> in = {0.0F, 0.25F, 0.75F, -50.0F, -50.5F, 77.5F, 78.0F, 1e30F, -1e30F};
    const auto rows = coded(quantizer, in, 1);
    const Row row(rows.data(), in.size());
    QCOMPARE(row.scale, 0.5F);
    QCOMPARE(row.zero, -28);
    // 0.25 / 0.5 and 0.75 / 0.5 are halves: to even.
    QCOMPARE(row.codes, (std::vector<std::int8_t>{-28, -28, -26, -128, -128, 127, 127, 127, -128}));
  }

  /// What is no number is not hidden: every product with such a row is NaN.
  void notANumberStaysNone() {
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
      for (const auto name : {ActivationName::Int8Dynamic, ActivationName::Int8Static, ActivationName::LlmInt8}) {
        const auto weight = quantized("int8:activations=int8_dynamic", 3, 40);
        std::vector<float> in = randomValues(80, 1);
        in[45] = bad;
        const auto rows = coded({.name = name, .scale = 0.1F}, in, 2);
        std::vector<float> out(6);
        ops::multiplyCodes(*weight, {}, rows.data(), nullptr, 2, out.data());
        for (std::size_t i = 0; i < 3; ++i) QVERIFY(std::isfinite(out[i]) && std::isnan(out[3 + i]));
      }
      for (const auto name : {ActivationName::Fp8Dynamic, ActivationName::Fp8Static}) {
        std::vector<float> in = {1.0F, bad, 2.0F}, out(3);
        ops::roundRows({.name = name, .scale = 0.1F}, in.data(), 1, 3, out.data());
        for (const float value : out) QVERIFY(std::isnan(value));
      }
    }
  }

  /// Every rounding case of ml_dtypes' table, saturated.
  void fp8IsTheNearest() {
    const auto data = std::filesystem::path(QS_TEST_DATA) / "floats";
    const auto in = support::readArray<float>(data / "e4m3fn.conv.in.f32");
    const auto codes = support::readArray<std::uint8_t>(data / "e4m3fn.conv.out.sat.u8");
    const auto values = support::readArray<float>(data / "e4m3fn.values.f32");
    QCOMPARE(in.size(), codes.size());
    for (std::size_t i = 0; i < in.size(); ++i)
      if (std::isfinite(in[i])) QCOMPARE(quant::nearestE4M3(in[i]), values[codes[i]]);
  }

  void fp8RowsHaveTheirScale() {
    std::size_t tokens = 0;
    const std::vector<float> in = support::oddInputs(50, tokens);
    std::vector<float> out(in.size());
    ops::roundRows({.name = ActivationName::Fp8Dynamic}, in.data(), tokens, 50, out.data());
    for (std::size_t t = 0; t < tokens; ++t) {
      float absmax = 0.0F;
      for (std::size_t i = 0; i < 50; ++i) absmax = std::max(absmax, std::fabs(in[t * 50 + i]));
      for (std::size_t i = 0; i < 50; ++i) {
        const float x = in[t * 50 + i], y = out[t * 50 + i];
        if (absmax < 0x1p-100F) {
          QCOMPARE(y, 0.0F);
          continue;
        }
        QCOMPARE(y, quant::nearestE4M3(x * (448.0F / absmax)) * (absmax / 448.0F));
        QVERIFY(std::fabs(y - x) <= std::fabs(x) / 16.0F + absmax / 448.0F / 1024.0F);  // half a step
      }
    }
    ops::roundRows({.name = ActivationName::Fp8Static, .scale = 0.5F}, in.data(), 1, 50, out.data());
    for (std::size_t i = 0; i < 50; ++i) QCOMPARE(out[i], quant::nearestE4M3(in[i] * 2.0F) * 0.5F);
  }

  void everyInstructionSetMultipliesAlike() {
    support::RandomNumbers random(9);
    for (const std::size_t width : {8, 40, 256, 1000}) {
      const std::size_t padded = (width + 31) / 32 * 32;
      for (const std::size_t rows : {1, 3, 8}) {
        std::vector<std::uint8_t> weights(rows * padded, 0);
        std::vector<std::uint32_t> inputs(padded / 4 * ops::CodeTile::kTokens);
        for (auto& code : weights) code = static_cast<std::uint8_t>(random.bits() >> 56 | (random.bits() >> 63) * 255U);
        for (auto& word : inputs) word = static_cast<std::uint32_t>(random.bits() >> 32);
        std::vector<ops::CodeRun> runs;
        for (std::uint32_t first = 0; first < padded; first += 40)
          runs.push_back({first, std::min<std::uint32_t>(40, static_cast<std::uint32_t>(padded) - first)});
        std::vector<float> scales = randomValues(rows * runs.size(), 2);
        std::vector<std::int32_t> zeros(scales.size(), 127), sums(scales.size(), -77),
            inputSums(runs.size() * ops::CodeTile::kTokens, 31), inputZeros(ops::CodeTile::kTokens, -5);
        std::vector<std::vector<float>> all;
        for (const ops::CodeKernels& kernels : ops::runnableCodeKernels()) {
          std::vector<float>& out = all.emplace_back(rows * ops::CodeTile::kTokens);
          kernels.multiply({.runs = runs,
                            .weights = weights.data(),
                            .weightStride = padded,
                            .rows = rows,
                            .scales = scales.data(),
                            .weightZeros = zeros.data(),
                            .weightSums = sums.data(),
                            .inputs = inputs.data(),
                            .inputSums = inputSums.data(),
                            .inputZeros = inputZeros.data(),
                            .out = out.data()});
          QVERIFY2(all.front() == out, kernels.name);
          // Zero-points that are alike, and inputs without one, take a shorter way to the same.
          std::vector<std::int32_t> none(inputZeros.size(), 0), zeroSums(inputSums);
          for (auto& sum : zeroSums) sum *= 127;
          std::vector<float> longer(out.size()), shorter(out.size());
          ops::CodeTile tile{.runs = runs,
                             .weights = weights.data(),
                             .weightStride = padded,
                             .rows = rows,
                             .scales = scales.data(),
                             .weightZeros = zeros.data(),
                             .weightSums = sums.data(),
                             .inputs = inputs.data(),
                             .inputSums = inputSums.data(),
                             .inputZeros = none.data(),
                             .out = longer.data()};
          kernels.multiply(tile);
          tile.zeroSums = zeroSums.data();
          tile.inputZeros = nullptr;
          tile.out = shorter.data();
          kernels.multiply(tile);
          QVERIFY2(longer == shorter, kernels.name);
          const auto* bytes = reinterpret_cast<const std::int8_t*>(inputs.data());
          QCOMPARE(kernels.dot(weights.data(), bytes, width),
                   ops::runnableCodeKernels()[0].dot(weights.data(), bytes, width));
          const std::vector<float> columns = randomValues(rows * width, 3),
                                   values = randomValues(width * ops::CodeTile::kTokens, 4);
          std::vector<float> floats(out.size());
          kernels.multiplyFloats({columns.data(), values.data(), rows, width, floats.data()});
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t t = 0; t < ops::CodeTile::kTokens; ++t) {
              float sum = 0.0F;
              for (std::size_t c = 0; c < width; ++c)
                sum += columns[r * width + c] * values[c * ops::CodeTile::kTokens + t];
              QCOMPARE(floats[r * ops::CodeTile::kTokens + t], sum);
            }
          }
        }
      }
    }
  }

  void everyInstructionSetMultipliesRowsAlike() {
    support::RandomNumbers random(12);
    for (const std::size_t pieces : {1, 3, 4, 15, 16, 17, 37}) {
      for (const std::size_t piecesOfRun : {1, 2, 5, 64}) {
        // Nothing is read behind the weights: no byte more than there are.
        const std::size_t width = pieces * ops::CodeRow::kPiece, runs = (pieces + piecesOfRun - 1) / piecesOfRun;
        std::vector<std::int8_t> inputs((width + 127) / 128 * 128, 0);
        for (std::size_t i = 0; i < width; ++i) inputs[i] = static_cast<std::int8_t>(random.bits() >> 56);
        const std::vector<float> scales = randomValues(runs, 3);
        std::vector<std::int32_t> zeroSums(runs);
        for (auto& sum : zeroSums) sum = static_cast<std::int32_t>(random.bits() >> 50) - 8192;
        for (const std::uint32_t bits : {4U, 8U}) {
          std::vector<std::uint8_t> codes(width), packed(width * bits / 8);
          for (auto& code : codes) code = static_cast<std::uint8_t>(random.bits() >> (64 - bits));
          quant::packBits(codes.data(), width, bits, packed.data());
          std::vector<std::int8_t> arranged = inputs;
          for (std::size_t i = 0; i < inputs.size() && bits == 4; ++i)
            arranged[i / 128 * 128 + i % 2 * 64 + i % 128 / 2] = inputs[i];
          std::array<float, ops::kChains> chains{};
          for (std::size_t run = 0; run < runs; ++run) {
            std::int64_t sum = -std::int64_t{zeroSums[run]};
            for (std::size_t i = run * piecesOfRun * 32; i < std::min((run + 1) * piecesOfRun * 32, width); ++i)
              sum += std::int64_t{codes[i]} * inputs[i];
            chains[run % ops::kChains] += static_cast<float>(sum) * scales[run];
          }
          for (const ops::CodeKernels& kernels : ops::runnableCodeKernels()) {
            const ops::CodeRow row{.weights = packed.data(),
                                   .inputs = arranged.data(),
                                   .pieces = pieces,
                                   .piecesOfRun = piecesOfRun,
                                   .scales = scales.data(),
                                   .zeroSums = zeroSums.data()};
            const float found = bits == 4 ? kernels.multiplyNibbles(row) : kernels.multiplyBytes(row);
            QVERIFY2(found == ops::sumOfChains(chains.data()), kernels.name);
          }
        }
      }
    }
  }

  /// The same values in as many bytes, of any bytes that a file may have; only where inputs become integers.
  void blocksOfFilesAreIntegers() {
    using tensor::DType;
    support::RandomNumbers random(21);
    for (const DType dtype : {DType::Q4_0, DType::Q5_0, DType::Q8_0}) {
      QVERIFY(quant::areIntegerBlocks(dtype));
      std::vector<std::byte> bytes(7 * 5 * tensor::info(dtype).blockBytes);
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.bits() >> 56);
      auto blocks = std::make_shared<quant::QuantizedTensor>(
          tensor::TensorView{"weight", dtype, {7, 160}, std::span<const std::byte>(bytes), nullptr});
      QVERIFY(quant::asIntegers(blocks) == quant::QuantizedTensorPtr(blocks));
      blocks->input = InputQuantizer{.name = ActivationName::Fp8Dynamic};
      QVERIFY(quant::asIntegers(blocks) == quant::QuantizedTensorPtr(blocks));
      blocks->input = InputQuantizer{.name = ActivationName::Int8Dynamic};
      const auto integers = quant::asIntegers(blocks);
      QVERIFY(integers->as<quant::Uniform>() != nullptr);
      QCOMPARE(integers->bytes(), blocks->bytes());
      const std::vector<float> expected = quant::dequantize(*blocks), found = quant::dequantize(*integers);
      for (std::size_t i = 0; i < expected.size(); ++i)
        QVERIFY(std::isnan(expected[i]) ? std::isnan(found[i]) : expected[i] == found[i]);
    }
    for (const DType dtype : {DType::Q4_1, DType::Q4_K, DType::F16}) QVERIFY(!quant::areIntegerBlocks(dtype));
    // A plan of what will run knows it.
    for (const char* scheme : {"q4_0:activations=int8_dynamic", "q8_0:activations=int8_dynamic"}) {
      const auto real = quant::asIntegers(quantized(scheme, 7, 160));
      const auto hollow = quant::HollowTensors().quantized("weight", quant::Scheme::parse(scheme), {7, 160});
      QVERIFY(hollow->as<quant::Uniform>() != nullptr);
      QCOMPARE(quant::plannedBytes(*hollow), real->bytes());
      QCOMPARE(hollow->as<quant::Uniform>()->bits, real->as<quant::Uniform>()->bits);
    }
  }

  void productsFollowTheFormula_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("width");
    for (int bits = 2; bits <= 8; ++bits) {
      for (const char* rest : {":group=row,range=absmax", ":group=tensor", ":group=32", ":group=16,range=minmax",
                               ":group=8", ":group=64,range=minmax,scales=fp32", ":group=row,range=minmax"}) {
        for (const int width : {96, 70})
          QTest::addRow("int%d%s, %d", bits, rest, width) << QString("int%1%2").arg(bits).arg(rest) << width;
      }
    }
    // Blocks of GGUF, and rows that are longer than what is summed at a time.
    for (const char* scheme : {"q4_0", "q5_0", "q8_0", "int4:group=32,range=minmax", "int8:group=64"})
      QTest::addRow("%s, 672", scheme) << QString(scheme) << 672;
  }
  /// Exact integers in 64 bits; then one product and one sum after the other, in their order.
  void productsFollowTheFormula() {
    QFETCH(QString, scheme);
    QFETCH(int, width);
    const auto n = static_cast<std::size_t>(width);
    constexpr std::size_t kRows = 19;
    const QString whole = scheme + (scheme.contains(':') ? "," : ":") + "activations=int8_dynamic";
    quant::QuantizedTensor weight = *quant::asIntegers(quantized(whole.toStdString(), kRows, n));
    weight.factor = 0.75F;
    const auto& codes = *weight.as<quant::Uniform>();
    const auto bias = randomValues(kRows, 3);
    for (const InputQuantizer& quantizer :
         {InputQuantizer{.name = ActivationName::Int8Dynamic},
          InputQuantizer{.name = ActivationName::Int8Static, .scale = 0.02F, .zeroPoint = 37}}) {
      for (const std::size_t tokens : {1, 2, 5, 16, 35}) {
        const auto in = randomValues(tokens * n, 7);
        const auto rows = coded(quantizer, in, tokens);
        std::vector<float> out(tokens * kRows, NAN);
        ops::multiplyCodes(weight, bias, rows.data(), nullptr, tokens, out.data());
        for (std::size_t t = 0; t < tokens; ++t) {
          const Row x(rows.data() + t * CodedRow(static_cast<std::uint32_t>(n)).words(), n);
          for (std::size_t r = 0; r < kRows; ++r) {
            std::array<float, ops::kChains> chains{};
            std::size_t run = 0;
            quant::CodeRows packed(weight.payload, codes.bits, n);
            const std::uint8_t* w = packed.at(r);
            quant::forEachRun(codes.grouping, n, r, [&](std::uint64_t first, std::uint64_t count, std::uint64_t g) {
              const auto zero = codes.zeroPoints.empty() ? 0 : static_cast<std::int64_t>(codes.zeroPoints[g]);
              std::int64_t sum = 0;
              for (std::uint64_t i = first; i < first + count; ++i)
                sum += (std::int64_t{x.codes[i]} - x.zero) * (std::int64_t{w[i]} + codes.qmin - zero);
              chains[run++ % ops::kChains] += static_cast<float>(sum) * codes.scales[g];
            });
            const float expected = ops::sumOfChains(chains.data()) * weight.factor * x.scale + bias[r];
            QCOMPARE(std::bit_cast<std::uint32_t>(out[t * kRows + r]), std::bit_cast<std::uint32_t>(expected));
          }
        }
      }
    }
  }

  void rangesFollowTheirFormulas() {
    std::vector<float> values;
    for (int i = 0; i <= 1000; ++i) values.push_back(static_cast<float>(i) * 0.001F - 0.2F);
    values.push_back(7.5F);
    const auto histogram = histogramOf(values);
    const auto range = [&](ActivationName name, ActivationRange method, double p = 99.0) {
      return quant::inputRange(activations(name, method, p), histogram);
    };
    QCOMPARE(range(ActivationName::Int8Static, ActivationRange::MinMax), (quant::InputRange{-0.2F, 7.5F}));
    const auto tails = range(ActivationName::Int8Static, ActivationRange::Percentile);
    QVERIFY(std::fabs(tails.low + 0.19F) < 0.005F && std::fabs(tails.high - 0.791F) < 0.005F);
    const auto magnitude = range(ActivationName::Fp8Static, ActivationRange::Percentile, 90.0);
    QVERIFY(std::fabs(magnitude.high - 0.701F) < 0.005F);
    QCOMPARE(magnitude.low, -0.2F);  // no input lies lower
    QCOMPARE(range(ActivationName::Int8Static, ActivationRange::Percentile, 100.0),
             range(ActivationName::Int8Static, ActivationRange::MinMax));
  }

  /// A bell with one value far away: the divergence of leaving that one out is least. Restated, without sharing code.
  void entropyClipsWhatIsRare() {
    std::vector<float> values = randomValues(200000, 4);
    values.push_back(60.0F);
    const auto histogram = histogramOf(values);
    const auto range = quant::inputRange(activations(ActivationName::Int8Static, ActivationRange::Entropy), histogram);
    QVERIFY2(range.high > 2.0F && range.high < 8.0F, qPrintable(QString::number(range.high)));
    QVERIFY(std::fabs(range.low) <= range.high);
    std::vector<double> counts(2048, 0.0);
    for (const float value : values)
      counts[std::min<std::size_t>(2047, static_cast<std::size_t>(std::fabs(value) / (histogram.limit / 2048.0F)))] +=
          1;
    const auto divergence = [&](std::size_t bins) {
      double beyond = 0, inside = 0, kl = 0;
      for (std::size_t i = 0; i < 2048; ++i) (i < bins ? inside : beyond) += counts[i];
      if (beyond > 0 && counts[bins - 1] == 0) return std::numeric_limits<double>::infinity();
      for (std::size_t level = 0; level < 128; ++level) {
        const std::size_t begin = (level * bins + 127) / 128, end = ((level + 1) * bins + 127) / 128;
        double sum = 0, filled = 0;
        for (std::size_t i = begin; i < end; ++i) {
          sum += counts[i];
          filled += counts[i] > 0 ? 1 : 0;
        }
        for (std::size_t i = begin; i < end; ++i) {
          if (counts[i] == 0) continue;
          const double p = (counts[i] + (i + 1 == bins ? beyond : 0)) / (inside + beyond);
          kl += p * std::log(p / (sum / filled / inside));
        }
      }
      return kl;
    };
    const auto chosen = static_cast<std::size_t>(std::lround(range.high / (histogram.limit / 2048.0F)));
    for (std::size_t bins = 128; bins < 2048; bins += 7) QVERIFY(divergence(chosen) <= divergence(bins) * (1 + 1e-9));
  }

  void staticQuantizersComeFromTheRange() {
    quant::TensorCalibration calibration;
    calibration.inputs = histogramOf({-1.0F, 4.1F});
    calibration.maxMagnitude.assign(64, 4.1F);
    const auto int8 = quantized("int8:activations=int8_static", 4, 64, &calibration);
    QCOMPARE(int8->input->scale, 4.1F / 255.0F + 1.0F / 255.0F);
    QCOMPARE(int8->input->zeroPoint, -78);  // −128 + 1 / 0.02
    const auto fp8 = quantized("fp16:activations=fp8_static", 4, 64, &calibration);
    QCOMPARE(fp8->input->scale, 4.1F / 448.0F);
    QVERIFY_THROWS_EXCEPTION(Error, quantized("int8:activations=int8_static", 4, 64));
    const quant::ColumnChanges changes{{}, std::vector<float>(64, 2.0F), {}, {}};
    const auto divided = quant::inputQuantizer(activations(ActivationName::Fp8Static, ActivationRange::MinMax),
                                               &calibration, &changes, "w");
    QCOMPARE(divided->scale, 4.1F / 2.0F / 448.0F);
    QVERIFY_THROWS_EXCEPTION(
        Error, quant::inputQuantizer(activations(ActivationName::Fp8Static, ActivationRange::Entropy), &calibration,
                                     &changes, "w"));
  }

  void columnsAreArranged() {
    const std::vector<float> in = {1.0F, 2.0F, 3.0F, 10.0F, 20.0F, 30.0F};
    std::vector<float> out(6);
    ops::arrangeColumns({.order = {2, 0, 1}, .factors = {0.5F, 1.0F, 2.0F}}, in.data(), 2, 3, out.data());
    QCOMPARE(out, (std::vector<float>{1.5F, 1.0F, 4.0F, 15.0F, 10.0F, 40.0F}));
    ops::arrangeColumns({.order = {}, .factors = {0.5F, 1.0F, 2.0F}}, in.data(), 2, 3, out.data());
    QCOMPARE(out, (std::vector<float>{0.5F, 2.0F, 6.0F, 5.0F, 20.0F, 60.0F}));
  }
};

QTEST_GUILESS_MAIN(TestActivations)
#include "tst_activations.moc"
