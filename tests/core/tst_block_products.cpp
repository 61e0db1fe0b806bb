// Products of bytes with blocks of GGUF as they lie, against the weights that core/quant decodes, in double.
#include <QtTest>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/model/coded_row.h"
#include "core/model/ops/block_kernels.h"
#include "core/model/ops/multiply_codes.h"
#include "core/model/ops/quantize_rows.h"
#include "core/numeric/half.h"
#include "core/quant/block_integers.h"
#include "core/quant/quantizer.h"
#include "support/random_blocks.h"

namespace {

using namespace core;
using model::CodedRow;
using quant::ActivationName;
using quant::InputQuantizer;
using tensor::DType;
namespace ops = model::ops;

struct ScalePlaces {
  DType dtype;
  std::vector<std::size_t> halves;  ///< where a block has FP16 numbers
};
const std::vector<ScalePlaces> kTypes = {
    {DType::Q4_1, {0, 2}}, {DType::Q5_1, {0, 2}}, {DType::Q2_K, {80, 82}}, {DType::Q3_K, {108}}, {DType::Q4_K, {0, 2}},
    {DType::Q5_K, {0, 2}}, {DType::Q6_K, {208}},  {DType::IQ4_NL, {0}},    {DType::IQ4_XS, {0}}, {DType::MXFP4, {}}};

/// Any bytes that a file may have, under scales of either sign and some size.
std::vector<std::byte> randomBlocks(const ScalePlaces& type, std::size_t blocks, std::uint64_t seed) {
  support::RandomNumbers random(seed);
  const std::size_t size = tensor::info(type.dtype).blockBytes;
  std::vector<std::byte> bytes(blocks * size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.bits() >> 56);
  for (std::size_t b = 0; b < blocks; ++b) {
    for (const std::size_t at : type.halves) {
      const std::uint16_t half = numeric::floatToHalf(static_cast<float>(random.uniform() * 0.2 - 0.1));
      std::memcpy(bytes.data() + b * size + at, &half, sizeof(half));
    }
    if (type.dtype == DType::MXFP4) bytes[b * size] = static_cast<std::byte>(120 + random.bits() % 8);
  }
  return bytes;
}

std::vector<std::int8_t> randomCodes(std::size_t count, std::uint64_t seed) {
  support::RandomNumbers random(seed);
  std::vector<std::int8_t> codes(count);
  for (auto& code : codes) code = static_cast<std::int8_t>(random.bits() >> 56);
  for (std::size_t i = 0; i < count; i += 7) codes[i] = i % 2 == 0 ? -128 : 127;
  return codes;
}

std::vector<std::int16_t> sumsOf(const std::vector<std::int8_t>& codes, std::size_t values) {
  std::vector<std::int16_t> sums;
  const auto add = [&](std::size_t first, std::size_t count) {
    int sum = 0;
    for (std::size_t i = first; i < first + count; ++i) sum += codes[i];
    sums.push_back(static_cast<std::int16_t>(sum));
  };
  for (std::size_t b = 0; b < codes.size(); b += values) {
    if (values == 32) {
      add(b, 32);
      continue;
    }
    for (std::size_t p = 0; p < 8; ++p) add(b + 32 * p, 16);
    for (std::size_t p = 0; p < 8; ++p) add(b + 32 * p + 16, 16);
  }
  return sums;
}

quant::QuantizedTensor tensorOf(const ScalePlaces& type, std::size_t rows, std::size_t width,
                                std::vector<std::byte>& bytes) {
  bytes = randomBlocks(type, rows * width / tensor::info(type.dtype).blockValues, 5 + width);
  return quant::QuantizedTensor(
      tensor::TensorView{"weight", type.dtype, {rows, width}, std::span<const std::byte>(bytes), nullptr});
}

}  // namespace

class TestBlockProducts : public QObject {
  Q_OBJECT

 private slots:
  void theTypesAreThese() {
    for (const ScalePlaces& type : kTypes) {
      QVERIFY(quant::areScaledIntegerBlocks(type.dtype));
      QVERIFY(!quant::areIntegerBlocks(type.dtype));
      const auto format = ops::blockFormatOf(type.dtype);
      QVERIFY(format);
      const ops::BlockShape& shape = ops::blockKernels().of(*format).shape;
      QCOMPARE(shape.values, std::size_t{tensor::info(type.dtype).blockValues});
      QCOMPARE(shape.bytes, std::size_t{tensor::info(type.dtype).blockBytes});
    }
    for (const DType dtype : {DType::Q4_0, DType::Q8_0, DType::F16, DType::NVFP4, DType::IQ2_XXS}) {
      QVERIFY(!quant::areScaledIntegerBlocks(dtype));
      QVERIFY(!ops::blockFormatOf(dtype));
    }
  }

  void everyInstructionSetMultipliesRowsAlike() {
    for (const ScalePlaces& type : kTypes) {
      for (const std::size_t blocks : {1, 3, 8, 9, 22}) {
        const std::size_t values = tensor::info(type.dtype).blockValues, width = blocks * values;
        std::vector<std::byte> bytes;
        const auto weight = tensorOf(type, 1, width, bytes);
        const std::vector<float> decoded = quant::dequantize(weight);
        const auto codes = randomCodes(width, blocks);
        const auto sums = sumsOf(codes, values);
        double expected = 0.0, magnitude = 0.0;
        for (std::size_t i = 0; i < width; ++i) {
          expected += static_cast<double>(decoded[i]) * codes[i];
          magnitude += std::fabs(static_cast<double>(decoded[i]) * codes[i]);
        }
        const ops::BlockRow row{reinterpret_cast<const std::uint8_t*>(bytes.data()), codes.data(), sums.data(), blocks};
        std::vector<float> found;
        for (const ops::BlockKernels& kernels : ops::runnableBlockKernels()) {
          found.push_back(kernels.of(*ops::blockFormatOf(type.dtype)).multiply(row));
          QVERIFY2(std::fabs(found.back() - expected) <= 1e-6 * magnitude,
                   qPrintable(QString("%1 %2: %3, not %4")
                                  .arg(kernels.name, tensor::info(type.dtype).name.data())
                                  .arg(static_cast<double>(found.back()))
                                  .arg(expected)));
          QCOMPARE(std::bit_cast<std::uint32_t>(found.back()), std::bit_cast<std::uint32_t>(found.front()));
        }
      }
    }
  }

  /// Rows of one token, of several, and tiles of sixteen tokens and eight rows: the same formula.
  void productsAreThoseOfTheWeights_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < static_cast<int>(kTypes.size()); ++i)
      QTest::addRow("%s", tensor::info(kTypes[static_cast<std::size_t>(i)].dtype).name.data()) << i;
  }
  void productsAreThoseOfTheWeights() {
    QFETCH(int, index);
    const ScalePlaces& type = kTypes[static_cast<std::size_t>(index)];
    const std::size_t values = tensor::info(type.dtype).blockValues;
    constexpr std::size_t kRows = 19;
    support::RandomNumbers random(3);
    for (const std::size_t blocks : {1, 9}) {
      const std::size_t width = blocks * values, words = CodedRow(static_cast<std::uint32_t>(width)).words();
      std::vector<std::byte> bytes;
      auto weight = tensorOf(type, kRows, width, bytes);
      weight.factor = 0.75F;
      std::vector<float> decoded(kRows * width);
      quant::dequantizeRows(weight, 0, kRows, decoded.data());
      std::vector<float> bias(kRows);
      for (float& value : bias) value = static_cast<float>(random.uniform() * 2.0 - 1.0);
      for (const InputQuantizer& quantizer :
           {InputQuantizer{.name = ActivationName::Int8Dynamic},
            InputQuantizer{.name = ActivationName::Int8Static, .scale = 0.004F, .zeroPoint = 0},
            InputQuantizer{.name = ActivationName::Int8Static, .scale = 0.008F, .zeroPoint = 37}}) {
        constexpr std::size_t kTokens = 35;
        std::vector<float> in(kTokens * width), rows(kTokens * words);
        for (float& value : in) value = static_cast<float>(random.uniform() * 2.0 - 1.0);
        ops::encodeRows(quantizer, in.data(), kTokens, width, rows.data());
        std::vector<float> all(kTokens * kRows, NAN);
        ops::multiplyCodes(weight, bias, rows.data(), nullptr, kTokens, all.data());
        for (std::size_t t = 0; t < kTokens; ++t) {
          const float* words32 = rows.data() + t * words;
          const auto* codes = reinterpret_cast<const std::int8_t*>(words32 + CodedRow::kHead);
          for (std::size_t r = 0; r < kRows; ++r) {
            double expected = 0.0, magnitude = 0.0;
            for (std::size_t i = 0; i < width; ++i) {
              const double term = static_cast<double>(decoded[r * width + i]) * (codes[i] - quantizer.zeroPoint);
              expected += term;
              magnitude += std::fabs(term);
            }
            const double scale = words32[0];
            QVERIFY2(std::fabs(all[t * kRows + r] - (expected * scale + static_cast<double>(bias[r]))) <=
                         1e-6 * (magnitude * scale + 1.0),
                     qPrintable(QString("token %1, row %2: %3, not %4")
                                    .arg(t)
                                    .arg(r)
                                    .arg(static_cast<double>(all[t * kRows + r]))
                                    .arg(expected * scale + static_cast<double>(bias[r]))));
          }
        }
        // Fewer tokens and some of the rows: the same bits, wherever they stand.
        for (const std::size_t tokens : {1, 2, 5, 16}) {
          std::vector<float> some(tokens * 7, NAN);
          ops::multiplyCodesRows(weight, {11, 7}, std::span(bias).subspan(11), rows.data(), nullptr, tokens,
                                 some.data());
          for (std::size_t t = 0; t < tokens; ++t)
            for (std::size_t r = 0; r < 7; ++r)
              QCOMPARE(std::bit_cast<std::uint32_t>(some[t * 7 + r]),
                       std::bit_cast<std::uint32_t>(all[t * kRows + 11 + r]));
        }
      }
    }
  }

  void everyInstructionSetMultipliesTilesAlike() {
    constexpr std::size_t kTokens = ops::BlockTile::kTokens;
    for (const ScalePlaces& type : kTypes) {
      for (const std::size_t rows : {1, 3, 8}) {
        constexpr std::size_t kBlocks = 9;
        const ops::BlockKernel& plain = ops::runnableBlockKernels().front().of(*ops::blockFormatOf(type.dtype));
        const ops::BlockShape& shape = plain.shape;
        const auto bytes = randomBlocks(type, rows * kBlocks, 4 + rows);
        const std::size_t stride = kBlocks * shape.values + 32, groups = kBlocks * shape.groups(),
                          sides = kBlocks * shape.pairs() * 2;
        const auto codes = randomCodes(kTokens * kBlocks * shape.values, 2), sums = randomCodes(2 * kTokens * sides, 3);
        std::vector<std::int32_t> zeros(kTokens), codeSums(rows * kBlocks);
        for (std::size_t i = 0; i < zeros.size(); ++i) zeros[i] = static_cast<std::int32_t>(i) - 5;
        for (std::size_t i = 0; i < codeSums.size(); ++i) codeSums[i] = static_cast<std::int32_t>(i * 977) - 9000;
        std::vector<float> first;
        for (const ops::BlockKernels& kernels : ops::runnableBlockKernels()) {
          std::vector<std::uint8_t> unpacked(rows * stride);
          std::vector<std::int32_t> scales(rows * groups);
          std::vector<std::int16_t> zero(rows * sides), minima(rows * sides);
          std::vector<float> factors(rows * kBlocks), minimumFactors(rows * kBlocks);
          for (std::size_t r = 0; r < rows; ++r)
            kernels.of(*ops::blockFormatOf(type.dtype))
                .unpack(reinterpret_cast<const std::uint8_t*>(bytes.data()) + r * kBlocks * shape.bytes, kBlocks,
                        {unpacked.data() + r * stride, scales.data() + r * groups, zero.data() + r * sides,
                         minima.data() + r * sides, factors.data() + r * kBlocks, minimumFactors.data() + r * kBlocks});
          // Sums of the inputs that are theirs.
          std::vector<std::uint32_t> pairs(kBlocks * shape.pairs() * kTokens, 0);
          for (std::size_t g = 0; g < groups; ++g) {
            for (std::size_t t = 0; t < kTokens; ++t) {
              int sum = 0;
              for (std::size_t i = g * shape.group; i < (g + 1) * shape.group; ++i)
                sum += codes[(i / 4 * kTokens + t) * 4 + i % 4];
              const std::size_t pair = g / shape.groups() * shape.pairs() + g % shape.groups() / 2;
              pairs[pair * kTokens + t] |= (static_cast<std::uint32_t>(sum) & 0xFFFFU) << (g % shape.groups() % 2 * 16);
            }
          }
          for (const bool hasZeros : {false, true}) {
            std::vector<float> out(rows * kTokens, NAN);
            kernels.multiply({.shape = shape,
                              .rows = rows,
                              .blocks = kBlocks,
                              .codes = unpacked.data(),
                              .stride = stride,
                              .scales = scales.data(),
                              .zeros = zero.data(),
                              .minima = shape.hasMinima ? minima.data() : nullptr,
                              .factors = factors.data(),
                              .minimumFactors = minimumFactors.data(),
                              .codeSums = codeSums.data(),
                              .inputs = reinterpret_cast<const std::uint32_t*>(codes.data()),
                              .inputSums = pairs.data(),
                              .inputZeros = hasZeros ? zeros.data() : nullptr,
                              .out = out.data()});
            if (&kernels == &ops::runnableBlockKernels().front()) first.insert(first.end(), out.begin(), out.end());
            for (std::size_t i = 0; i < out.size(); ++i)
              QVERIFY2(std::bit_cast<std::uint32_t>(out[i]) ==
                           std::bit_cast<std::uint32_t>(first[(hasZeros ? out.size() : 0) + i]),
                       kernels.name);
          }
        }
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestBlockProducts)
#include "tst_block_products.moc"
