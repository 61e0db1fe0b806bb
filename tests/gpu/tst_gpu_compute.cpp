// Products in FP16 and BF16 (compute=…) on the device: weights, inputs and results are rounded where the CPU rounds
// them.
#include "core/quant/compute_type.h"
#include "gpu_models.h"

using namespace gputest;
using core::quant::ComputeType;
using core::quant::QuantizedTensorPtr;

namespace {

const std::filesystem::path kDemo = std::filesystem::path(QS_TEST_DATA) / "logits" / "prototype-outliers.gguf";

float roundedTo(ComputeType type, float value) {
  core::quant::roundTo(type, {&value, 1});
  return value;
}

/// From one value of the type to the next around x.
double stepAround(ComputeType type, double x) {
  const int fractionBits = type == ComputeType::Fp16 ? 10 : 7, leastExponent = type == ComputeType::Fp16 ? -14 : -126;
  const int exponent = x == 0 ? leastExponent : std::max(std::ilogb(x), leastExponent);
  return std::ldexp(1.0, exponent - fractionBits);
}

std::string withCompute(const QString& scheme, const QString& compute) {
  return (scheme + (scheme.contains(':') ? ",compute=" : ":compute=") + compute).toStdString();
}

/// A graph of one input row per token: an embedding, then the operations under test.
core::model::Graph graphOf(const QuantizedTensorPtr& embedding) {
  core::model::Graph graph;
  graph.values = {{"row", static_cast<std::uint32_t>(embedding->rowValues())}};
  graph.ops = {{.parameters = core::model::Embed{embedding}, .out = 0}};
  return graph;
}

/// Whole numbers of which sums are exact in any order.
std::vector<float> integers(std::size_t count, int largest, std::uint64_t seed) {
  support::RandomNumbers random(seed);
  std::vector<float> values(count);
  for (float& value : values)
    value = static_cast<float>(static_cast<int>(random.bits() % (2U * static_cast<unsigned>(largest) + 1)) - largest);
  return values;
}

void addFamiliesAndTypes() {
  QTest::addColumn<QString>("family");
  QTest::addColumn<QString>("compute");
  for (const QString& family : families()) {
    for (const char* compute : {"fp16", "bf16"}) QTest::newRow(qPrintable(family + " " + compute)) << family << compute;
  }
}
ComputeType typeOf(const QString& compute) { return compute == "fp16" ? ComputeType::Fp16 : ComputeType::Bf16; }

double meanKl(const std::vector<float>& reference, const std::vector<float>& logits, std::size_t vocabulary) {
  const auto logSumOf = [&](const float* row) {
    const double largest = static_cast<double>(*std::max_element(row, row + vocabulary));
    double sum = 0;
    for (std::size_t i = 0; i < vocabulary; ++i) sum += std::exp(static_cast<double>(row[i]) - largest);
    return largest + std::log(sum);
  };
  double total = 0;
  for (std::size_t first = 0; first < logits.size(); first += vocabulary) {
    const double a = logSumOf(&reference[first]), b = logSumOf(&logits[first]);
    for (std::size_t i = first; i < first + vocabulary; ++i) {
      const double p = static_cast<double>(reference[i]) - a, q = static_cast<double>(logits[i]) - b;
      total += std::exp(p) * (p - q);
    }
  }
  return total * static_cast<double>(vocabulary) / static_cast<double>(logits.size());
}

}  // namespace

class TestGpuCompute : public QObject {
  Q_OBJECT

 private slots:
  /// Bit for bit, also ties, subnormal and largest values: an identity's products are its rounded inputs.
  void roundingIsThatOfTheCpu_data() { addFamiliesAndTypes(); }
  void roundingIsThatOfTheCpu() {
    QFETCH(QString, family);
    QFETCH(QString, compute);
    constexpr std::uint32_t kWidth = 32, kRows = 96;
    const ComputeType type = typeOf(compute);
    std::vector<float> values{1.0F + 0x1p-11F, 1.0F + 3 * 0x1p-11F,
                              1.0F + 0x1p-8F,  1.0F + 3 * 0x1p-8F,
                              65504.0F,        65519.0F,
                              -65519.996F,     0x1p-14F,
                              0x1.ffep-15F,    0x1.fffp-15F,
                              0x1p-24F,        0x1p-25F,
                              0x1.000002p-25F, -0x1.8p-24F,
                              0x1.4p-23F,      0x1.ffffffp-26F,
                              -0x1.5555p-20F,  0x1.fffffep-15F,
                              0x1.002p-14F,    0x1.0020002p-14F};
    support::RandomNumbers random(3);
    while (values.size() < kRows * kWidth) {
      values.push_back(static_cast<float>(std::ldexp(random.bell(), static_cast<int>(random.bits() % 40) - 27)));
    }
    std::vector<float> identity(kWidth * kWidth, 0.0F);
    for (std::uint32_t i = 0; i < kWidth; ++i) identity[i * kWidth + i] = 1.0F;
    const std::vector<float> inputs = values;
    core::model::Graph graph = graphOf(quantized("fp32", kRows, kWidth, std::move(values)));
    graph.values.push_back({"logits", kWidth});
    graph.ops.push_back({.parameters = core::model::MatMul{quantized(withCompute("fp32", compute), kWidth, kWidth,
                                                                     std::move(identity))},
                         .inputs = {0},
                         .out = 1});
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), graph);
    Tokens tokens(kRows);
    for (std::uint32_t t = 0; t < kRows; ++t) tokens[t] = static_cast<core::model::TokenId>(t % kWidth);
    for (const std::size_t count : {std::size_t{1}, std::size_t{32}}) {  // different kernels
      const std::vector<float> found =
          allLogits(*executor, Tokens(tokens.begin(), tokens.begin() + static_cast<int>(count)));
      for (std::size_t i = 0; i < found.size(); ++i) {
        // Matrices keep 2^-35 of a token's largest value.
        const auto* const row = &inputs[i / kWidth * kWidth];
        const float largest = roundedTo(type, *std::max_element(row, row + kWidth));
        const float slack = sharedFamily(family)->choice().matrix.rows == 0 ? 0.0F : 0x1p-35F * largest;
        QVERIFY2(std::abs(found[i] - roundedTo(type, inputs[i])) <= slack,
                 qPrintable(QString("%1 becomes %2").arg(inputs[i], 0, 'g', 9).arg(found[i], 0, 'g', 9)));
      }
    }
  }

  /// At most one step of the type away from the exact sum of rounded products, and in the type.
  void productsAreRounded_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("compute");
    constexpr std::string_view kAlsoInBf16[] = {"fp32", "int4:group=20", "nf4:double=on", "kmeans4", "q4_k"};
    for (const QString& family : families()) {
      for (const char* scheme :
           {"fp32", "fp8_e4m3:scale=row", "int7:group=16,range=minmax", "int4:group=64,range=minmax", "int4:group=20",
            "nf4:double=on", "log6", "mx_e3m2", "kmeans4", "q2_k", "q4_k", "q6_k", "iq1_m", "iq3_s"}) {
        for (const char* compute : {"fp16", "bf16"}) {
          // How weights are decoded does not depend on what they are rounded to.
          const bool isAnother = std::ranges::count(kAlsoInBf16, std::string_view(scheme)) == 0;
          if (isAnother && std::string_view(compute) == "bf16") continue;
          QTest::newRow(qPrintable(QString("%1 %2 %3").arg(family, scheme, compute))) << family << scheme << compute;
        }
      }
    }
  }
  void productsAreRounded() {
    QFETCH(QString, family);
    QFETCH(QString, scheme);
    QFETCH(QString, compute);
    constexpr std::size_t kRows = 45, kWidth = 256;
    const ComputeType type = typeOf(compute);
    core::quant::QuantizedTensor tensor = *quantized(withCompute(scheme, compute), kRows, kWidth);
    if (scheme == "nf4:double=on" || scheme == "kmeans4") tensor.factor = 0.37F;
    const auto weight = std::make_shared<const core::quant::QuantizedTensor>(std::move(tensor));
    QVERIFY(weight->compute() == type);
    const std::vector<float> exact = core::quant::dequantize(*weight);
    std::vector<float> w = exact;  // weights, and inputs: both are rounded
    core::quant::roundTo(type, w);
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), tiedGraph(weight));
    for (const std::size_t count : {std::size_t{1}, std::size_t{3}, std::size_t{37}}) {
      Tokens tokens(count);
      for (std::size_t t = 0; t < count; ++t) tokens[t] = static_cast<core::model::TokenId>((t * 31 + 5) % kRows);
      const std::vector<float> logits = allLogits(*executor, tokens);
      for (std::size_t i = 0; i < logits.size(); ++i) {
        const float* x = w.data() + static_cast<std::size_t>(tokens[i / kRows]) * kWidth;
        double sum = 0, size = 0;
        for (std::size_t k = 0; k < kWidth; ++k) {
          const double product = static_cast<double>(w[i % kRows * kWidth + k]) * static_cast<double>(x[k]);
          sum += product;
          size += std::abs(product);
        }
        const double error = std::abs(static_cast<double>(logits[i]) - sum);
        QVERIFY2(error <= stepAround(type, sum) + 2e-6 * size && logits[i] == roundedTo(type, logits[i]),
                 qPrintable(QString("logit %1 is %2, the sum %3").arg(i).arg(logits[i]).arg(sum)));
      }
    }
  }

  /// Sum fused with the product: bias inside, residual outside of what is rounded. Every sum is exact: bits are equal.
  void fusedSumsRoundTheProduct_data() { addFamiliesAndTypes(); }
  void fusedSumsRoundTheProduct() {
    QFETCH(QString, family);
    QFETCH(QString, compute);
    constexpr std::uint32_t kWidth = 64;
    const auto scheme = withCompute("fp32", compute);
    core::model::Graph graph = graphOf(quantized("fp32", kWidth, kWidth, integers(kWidth * kWidth, 100, 1)));
    graph.values.insert(graph.values.end(), {{"product", kWidth}, {"logits", kWidth}});
    graph.ops.push_back(
        {.parameters = core::model::MatMul{quantized(scheme, kWidth, kWidth, integers(kWidth * kWidth, 9, 2)),
                                           quantized("fp32", 1, kWidth, integers(kWidth, 5000, 3))},
         .inputs = {0},
         .out = 1});
    graph.ops.push_back({.parameters = core::model::Add{}, .inputs = {0, 1}, .out = 2});
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    for (const std::size_t count : {std::size_t{1}, std::size_t{29}}) {
      const Tokens tokens = someTokens(count, kWidth);
      QCOMPARE(allLogits(*vulkan, tokens), allLogits(*cpu, tokens));
    }
  }

  /// SwiGLU fused with gate and up: both are rounded before it, its result is not.
  void fusedSwiGluRoundsGateAndUp_data() { addFamiliesAndTypes(); }
  void fusedSwiGluRoundsGateAndUp() {
    QFETCH(QString, family);
    QFETCH(QString, compute);
    constexpr std::uint32_t kWidth = 64;
    const auto scheme = withCompute("fp32", compute);
    const auto weight = [&](std::uint64_t seed) {
      std::vector<float> values = integers(kWidth * kWidth, 9, seed);
      for (float& value : values) value /= 4096;
      return quantized(scheme, kWidth, kWidth, std::move(values));
    };
    core::model::Graph graph = graphOf(quantized("fp32", kWidth, kWidth, integers(kWidth * kWidth, 100, 1)));
    graph.values.insert(graph.values.end(), {{"gate", kWidth}, {"up", kWidth}, {"logits", kWidth}});
    graph.ops.push_back({.parameters = core::model::MatMul{weight(2)}, .inputs = {0}, .out = 1});
    graph.ops.push_back({.parameters = core::model::MatMul{weight(3)}, .inputs = {0}, .out = 2});
    graph.ops.push_back({.parameters = core::model::Glu{}, .inputs = {1, 2}, .out = 3});
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    for (const std::size_t count : {std::size_t{1}, std::size_t{29}}) {
      const Tokens tokens = someTokens(count, kWidth);
      const std::vector<float> found = allLogits(*vulkan, tokens), expected = allLogits(*cpu, tokens);
      for (std::size_t i = 0; i < found.size(); ++i) {  // 1e-5 is a fraction of a step: 5e-4 of FP16, 4e-3 of BF16
        QVERIFY2(std::abs(found[i] - expected[i]) <= 1e-5F * std::abs(expected[i]) + 1e-9F,
                 qPrintable(QString("logit %1: %2, expected %3").arg(i).arg(found[i]).arg(expected[i])));
      }
    }
  }

  /// A whole model: in the first product a few sums fall to the other side of a tie; what follows from them is less
  /// than what the type does.
  void modelsAgree_data() { addFamiliesAndTypes(); }
  void modelsAgree() {
    QFETCH(QString, family);
    QFETCH(QString, compute);
    Model model(kDemo);
    const auto rounding = core::quant::Scheme::parse(withCompute("int8", compute));
    const Tokens tokens = someTokens(24, model.config().vocabulary);
    std::vector<float> queries;
    const auto logitsOf = [&](core::model::Executor& executor) {
      const auto& values = executor.graph().values;
      const auto query =
          std::find_if(values.begin(), values.end(), [](const auto& v) { return v.name == "blk.0.attn_q"; });
      queries.clear();
      const auto watching = executor.subscribe({static_cast<core::model::ValueId>(query - values.begin())},
                                               [&](const core::model::Observation& seen) {
                                                 queries.insert(queries.end(), seen.data.begin(), seen.data.end());
                                               });
      return allLogits(executor, tokens);
    };
    const auto cpu = core::model::createCpuExecutor(model.graph(rounding));
    const std::vector<float> expected = logitsOf(*cpu), expectedQueries = queries;
    const auto exact = core::model::createCpuExecutor(model.graph(core::quant::Scheme::parse("int8")));
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), model.graph(rounding));
    const double kl = meanKl(expected, logitsOf(*vulkan), model.config().vocabulary);
    QVERIFY(!queries.empty() && queries.size() == expectedQueries.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < queries.size(); ++i) different += queries[i] != expectedQueries[i] ? 1 : 0;
    QVERIFY2(different * 100 <= queries.size(), qPrintable(QString("%1 of the queries differ").arg(different)));
    const double ofTheType = meanKl(expected, allLogits(*exact, tokens), model.config().vocabulary);
    QVERIFY2(kl <= ofTheType, qPrintable(QString("%1 nats, the type does %2").arg(kl).arg(ofTheType)));
    QVERIFY(kl <= (compute == "fp16" ? 1e-5 : 2e-4));
  }
};

QTEST_GUILESS_MAIN(TestGpuCompute)
#include "tst_gpu_compute.moc"
