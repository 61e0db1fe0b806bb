// Products on a device's cooperative matrices are those of FP32: no further from exact sums than the other kernel's.
#include "core/model/graph_builder.h"
#include "gpu/kernels/matrix_tile.h"
#include "gpu_models.h"

using namespace gputest;
using core::model::ValueId;
using core::quant::QuantizedTensorPtr;

namespace {

/// The device with its matrices and, for comparison, without.
std::shared_ptr<gpu::VulkanDevice> device(bool matrices) {
  static std::shared_ptr<gpu::VulkanDevice> without;
  if (matrices) return sharedFamily("workgroups");
  if (!without) {
    qAddPostRoutine([] { without.reset(); });
    without = openFamily("workgroups", {.matrices = false});
  }
  return without;
}

QuantizedTensorPtr floats(std::uint64_t rows, std::uint64_t width, const std::function<float(std::size_t)>& value) {
  std::vector<float> values(rows * width);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(i);
  return quantized("fp32", rows, width, std::move(values));
}
QuantizedTensorPtr bell(std::uint64_t rows, std::uint64_t width, std::uint64_t seed) {
  support::RandomNumbers random(seed);
  return floats(rows, width, [&](std::size_t) { return static_cast<float>(random.bell()); });
}

/// Largest distance of the two devices' logits = weight · embedding[token] from sums of doubles, as a share of Σ
/// |products|.
struct Errors {
  double matrices = 0, floats = 0;
};
Errors errorsOf(const QuantizedTensorPtr& embedding, const QuantizedTensorPtr& weight, std::size_t count) {
  core::model::GraphBuilder builder(0);
  builder.matMul("logits", builder.embed("row", embedding), weight);
  const core::model::Graph graph = builder.take();
  const Tokens tokens = someTokens(count, static_cast<std::uint32_t>(embedding->rows()));
  const std::vector<float> x = core::quant::dequantize(*embedding), w = core::quant::dequantize(*weight);
  const std::size_t rows = weight->rows(), width = weight->rowValues();
  std::vector<double> errors;
  for (const bool matrices : {true, false}) {
    const auto executor = gpu::createVulkanExecutor(device(matrices), graph);
    const std::vector<float> logits = allLogits(*executor, tokens);
    double& largest = errors.emplace_back(0);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      double sum = 0, size = 0;
      for (std::size_t k = 0; k < width; ++k) {
        const double product = static_cast<double>(w[i % rows * width + k]) *
                               static_cast<double>(x[static_cast<std::size_t>(tokens[i / rows]) * width + k]);
        sum += product;
        size += std::abs(product);
      }
      const double error = std::abs(static_cast<double>(logits[i]) - sum);
      if (size > 0 || error > 0) largest = std::max(largest, std::isfinite(error) ? error / size : INFINITY);
    }
  }
  return {errors[0], errors[1]};
}

void verifySmall(const Errors& errors) {
  QVERIFY2(errors.matrices <= 4 * errors.floats + 1e-9 && errors.matrices < 1e-6,
           qPrintable(QString("%1 against %2").arg(errors.matrices).arg(errors.floats)));
}

}  // namespace

class TestGpuMatrices : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QVERIFY(device(false)->choice().matrix == gpu::vk::MatrixShape());
    if (device(true)->choice().matrix.rows == 0)
      QSKIP("The device, or the shader compiler, has no cooperative matrices.");
  }

  void areAsExactAsFloats_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("tokens");
    const auto add = [](const char* scheme, int rows, int tokens) {
      QTest::addRow("%s, %d rows, %d tokens", scheme, rows, tokens) << scheme << rows << tokens;
    };
    for (const char* scheme : {"fp32", "nf4", "int4:group=16", "q6_k", "iq3_s"}) add(scheme, 70, 40);
    add("fp32", 200, 5);
    add("fp32", 200, 17);
    add("fp32", 33, 200);
  }
  void areAsExactAsFloats() {
    QFETCH(QString, scheme);
    QFETCH(int, rows);
    QFETCH(int, tokens);
    const auto weight = quantized(scheme.toStdString(), static_cast<std::uint64_t>(rows), 256);
    verifySmall(errorsOf(bell(60, 256, 1), weight, static_cast<std::size_t>(tokens)));
  }

  /// Powers of two of lines: of rows and tokens far apart, growing along a line, beside values that weights of 0 hide.
  void magnitudesDoNotMatter_data() {
    QTest::addColumn<int>("kind");
    for (const auto& [name, kind] : {std::pair("of lines", 0), {"along lines", 1}, {"hidden", 2}})
      QTest::newRow(name) << kind;
  }
  void magnitudesDoNotMatter() {
    QFETCH(int, kind);
    constexpr std::uint64_t kRows = 70, kTokens = 40, kWidth = 128;
    support::RandomNumbers random(5);
    const auto value = [&](int exponent) { return std::ldexp(static_cast<float>(random.bell()), exponent); };
    QuantizedTensorPtr weight, embedding;
    if (kind == 0) {
      const auto ofLine = [&](std::size_t i) { return value(static_cast<int>(i / kWidth * 37 % 120) - 60); };
      weight = floats(kRows, kWidth, ofLine), embedding = floats(kTokens, kWidth, ofLine);
    } else if (kind == 1) {  // by 2^30 from unit to unit, of every third line
      const auto along = [&](std::size_t i) {
        return value(i / kWidth % 3 == 0 ? static_cast<int>(i % kWidth / 32 * 30) - 60 : 0);
      };
      weight = floats(kRows, kWidth, along), embedding = floats(kTokens, kWidth, along);
    } else {
      weight = floats(kRows, kWidth, [&](std::size_t i) { return i % kWidth == 3 ? 0.0F : value(0); });
      embedding = floats(kTokens, kWidth, [&](std::size_t i) { return value(i % kWidth == 3 ? 14 : -5); });
    }
    verifySmall(errorsOf(embedding, weight, kTokens));
  }

  /// NaN and infinity are where they are without matrices, and nowhere else.
  void whatIsNoNumberStaysSo() {
    constexpr std::uint64_t kRows = 70, kTokens = 40, kWidth = 96;
    support::RandomNumbers random(6);
    const auto embedding = floats(kTokens, kWidth, [&](std::size_t i) {
      return i == 5 * kWidth + 40    ? INFINITY
             : i == 9 * kWidth + 95  ? NAN
             : i == 11 * kWidth + 50 ? 3e38F
                                     : static_cast<float>(random.bell());
    });
    const auto weight = floats(kRows, kWidth, [&](std::size_t i) {
      return i == 65 * kWidth ? -INFINITY : i == 7 * kWidth + 40 ? 0.0F : static_cast<float>(random.bell());
    });
    core::model::GraphBuilder builder(0);
    builder.matMul("logits", builder.embed("row", embedding), weight);
    const core::model::Graph graph = builder.take();
    Tokens tokens(kTokens);
    for (std::size_t t = 0; t < kTokens; ++t) tokens[t] = static_cast<core::model::TokenId>(t);
    std::vector<std::vector<float>> all;
    for (const bool matrices : {true, false}) {
      const auto executor = gpu::createVulkanExecutor(device(matrices), graph);
      auto& products = all.emplace_back();
      const auto watching = executor->subscribe(graph.allValues(), [&](const core::model::Observation& seen) {
        products.assign(seen.data.begin(), seen.data.end());
      });
      errorOf([&] { allLogits(*executor, tokens); });
    }
    QCOMPARE(all[0].size(), all[1].size());
    QVERIFY(!all[0].empty());
    for (std::size_t i = 0; i < all[0].size(); ++i) {
      const float found = all[0][i], expected = all[1][i];
      const bool isSame = std::isfinite(expected)
                              ? std::abs(found - expected) <= 1e-5F * std::max(1.0F, std::abs(expected)) + 1e-4F
                          : std::isnan(expected) ? std::isnan(found)
                                                 : found == expected;
      QVERIFY2(isSame, qPrintable(QString("%1 for %2 in %3").arg(found).arg(expected).arg(i)));
    }
  }

  /// Three weights in one dispatch, of which none is whole tiles, a bias of each, and a sum that takes a product up.
  void severalProductsShareADispatch() {
    core::model::GraphBuilder builder(0);
    const ValueId row = builder.embed("row", bell(60, 64, 1));
    const ValueId a = builder.matMul("a", row, bell(40, 64, 2), bell(1, 40, 3)),
                  b = builder.matMul("b", row, bell(130, 64, 4), bell(1, 130, 5)),
                  c = builder.matMul("c", row, bell(64, 64, 6), bell(1, 64, 7));
    const ValueId fromA = builder.matMul("from a", a, bell(64, 40, 8)),
                  fromB = builder.matMul("from b", b, bell(64, 130, 9));
    builder.add("logits", builder.add("ab", fromA, fromB),
                builder.add("residual", c, builder.matMul("from c", c, bell(64, 64, 10))));
    const core::model::Graph graph = builder.take();
    const auto with = gpu::createVulkanExecutor(device(true), graph),
               without = gpu::createVulkanExecutor(device(false), graph);
    const auto cpu = core::model::createCpuExecutor(graph);
    const Tokens tokens = someTokens(45, 60);
    const auto expected = allLogits(*cpu, tokens);
    const double error = relativeError(allLogits(*with, tokens), expected),
                 other = relativeError(allLogits(*without, tokens), expected);
    QVERIFY2(error < 1e-6 && other < 1e-6, qPrintable(QString("%1 and %2").arg(error).arg(other)));
  }

  /// A device that has none is one whose matrices are not used.
  void devicesWithoutMatricesMultiplyFloats() {
    const auto none = openFamily("workgroups", {.limited = [](gpu::vk::Caps& caps) { caps.matrixShapes.clear(); }});
    QCOMPARE(none->choice().matrix.rows, 0U);
    const auto graph = tiedGraph(bell(40, 64, 1));
    const Tokens tokens = someTokens(30, 40);
    const auto logits = [&](const std::shared_ptr<gpu::VulkanDevice>& device) {
      return allLogits(*gpu::createVulkanExecutor(device, graph), tokens);
    };
    QVERIFY(logits(none) == logits(device(false)));
    QVERIFY(logits(none) != logits(device(true)));  // which is how we know that matrices are what is tested here
  }

  /// A driver whose subgroups are wider than it says: too few for a tile, whose products are then those of floats.
  void subgroupsThatAreTooFewAreNoticed() {
    const std::uint32_t told = sharedFamily("workgroups")->choice().matrixSubgroup / 2;
    if (told < 4) QSKIP("Subgroups cannot be told half as wide.");
    const auto device = openFamily("workgroups", {.limited = [&](gpu::vk::Caps& caps) {
                                     caps.subgroupSize = told;
                                     caps.hasSubgroupSizeControl = false;
                                   }});
    const auto weight = bell(16384, 32, 2), embedding = bell(64, 32, 1);  // enough rows for tiles with many matrices
    core::model::GraphBuilder builder(0);
    builder.matMul("logits", builder.embed("row", embedding), weight);
    const core::model::Graph graph = builder.take();
    const Tokens tokens = someTokens(64, 64);
    const auto expected = allLogits(*core::model::createCpuExecutor(graph), tokens);
    QVERIFY(relativeError(allLogits(*gpu::createVulkanExecutor(device, graph), tokens), expected) < 1e-6);
  }
};

QTEST_GUILESS_MAIN(TestGpuMatrices)
#include "tst_gpu_matrices.moc"
