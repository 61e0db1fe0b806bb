// Every storage layout on the device: decoding bit for bit as on the CPU (Embed), products within rounding (MatMul).
#include <numeric>

#include "core/quant/load_tensor.h"
#include "gpu_models.h"
#include "support/moderate_blocks.h"

using namespace gputest;
using core::quant::QuantizedTensorPtr;
using core::tensor::DType;

namespace {

/// The largest value under a scale that is subnormal: 12 times the second smallest scale of MXFP4.
constexpr float kLargestOfSubnormalScale = 0x1.8p-124F;

/// Bits equal; any NaN is as good as another, and a device may take subnormal numbers, scales too, for zero (NVIDIA
/// does).
bool isSame(float device, float cpu) {
  if (std::isnan(cpu)) return std::isnan(device);
  if (std::abs(cpu) <= kLargestOfSubnormalScale && device == 0.0F) return true;
  return device == cpu;
}

Tokens allRows(std::uint64_t rows) {
  Tokens tokens(rows);
  for (std::size_t i = 0; i < rows; ++i) tokens[i] = static_cast<core::model::TokenId>(i);
  return tokens;
}

/// Rows of the weight, and logits of a matrix that all weights have in common: its kernels are compiled once.
core::model::Graph rowsGraph(const QuantizedTensorPtr& weight) {
  core::model::Graph graph = tiedGraph(weight);
  constexpr std::uint32_t kLogits = 4;
  std::vector<float> ones(kLogits * weight->rowValues(), 1.0F);
  graph.ops[1].parameters = core::model::MatMul{quantized("fp32", kLogits, weight->rowValues(), std::move(ones))};
  graph.values[1].width = kLogits;
  return graph;
}

void compareRows(const QString& family, const QuantizedTensorPtr& weight) {
  const auto executor = gpu::createVulkanExecutor(sharedFamily(family), rowsGraph(weight));
  std::vector<float> rows;
  const auto watching = executor->subscribe(
      {0}, [&](const core::model::Observation& seen) { rows.insert(rows.end(), seen.data.begin(), seen.data.end()); });
  // Any bytes decode, also to what no logit can be computed from; the rows were seen before that was found.
  const auto error = errorOf([&] { allLogits(*executor, allRows(weight->rows())); });
  if (error) QCOMPARE(error->code(), core::ErrorCode::NotFinite);
  const std::vector<float> expected = core::quant::dequantize(*weight);
  QCOMPARE(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (isSame(rows[i], expected[i])) continue;
    QFAIL(qPrintable(QString("value %1 is %2 on the device and %3 on the CPU").arg(i).arg(rows[i]).arg(expected[i])));
  }
}

constexpr std::size_t kManyCounts[] = {1, 3, 37};
constexpr std::size_t kOneToken[] = {1};

/// Every product within what float32 sums of this length may be off; one token and many take different kernels.
void compareProducts(const QString& family, const QuantizedTensorPtr& weight,
                     std::span<const std::size_t> counts = kManyCounts) {
  const std::vector<float> w = core::quant::dequantize(*weight);
  const std::size_t rows = weight->rows(), width = weight->rowValues();
  const auto executor = gpu::createVulkanExecutor(sharedFamily(family), tiedGraph(weight));
  for (const std::size_t count : counts) {
    Tokens tokens(count);
    for (std::size_t t = 0; t < count; ++t) tokens[t] = static_cast<core::model::TokenId>((t * 31 + 5) % rows);
    const std::vector<float> logits = allLogits(*executor, tokens);
    for (std::size_t t = 0; t < count; ++t) {
      const float* x = w.data() + static_cast<std::size_t>(tokens[t]) * width;
      for (std::size_t r = 0; r < rows; ++r) {
        double sum = 0, size = 0, inputs = 0, largest = 0;
        for (std::size_t i = 0; i < width; ++i) {
          const auto weightValue = static_cast<double>(w[r * width + i]), input = static_cast<double>(x[i]);
          sum += weightValue * input;
          size += std::abs(weightValue * input);
          inputs += std::abs(input);
          largest = std::max(largest, std::abs(weightValue));
        }
        // Kernels sum unsigned codes and take the offset away behind: the rounding is that of codes of full size.
        size += 0.1 * largest * inputs;
        const double error = std::abs(static_cast<double>(logits[t * rows + r]) - sum);
        if (error <= 2e-5 * size + 1e-30) continue;
        QFAIL(qPrintable(QString("token %1 row %2: %3, expected %4").arg(t).arg(r).arg(logits[t * rows + r]).arg(sum)));
      }
    }
  }
}

std::filesystem::path packedData() { return std::filesystem::path(QS_TEST_DATA) / "packed"; }

}  // namespace

class TestGpuLayouts : public QObject {
  Q_OBJECT

 private slots:
  void anyBytesDecodeAsOnTheCpu_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<int>("dtype");
    for (const QString& family : families()) {
      std::vector<DType> types = support::blockTypes();
      types.insert(types.end(), {DType::F32, DType::F16, DType::BF16, DType::F8E4M3, DType::F8E5M2});
      for (const DType type : types) {
        const QString name = QString::fromUtf8(core::tensor::name(type).data());
        QTest::newRow(qPrintable(family + " " + name)) << family << static_cast<int>(type);
      }
    }
  }
  void anyBytesDecodeAsOnTheCpu() {
    QFETCH(QString, family);
    QFETCH(int, dtype);
    const auto type = static_cast<DType>(dtype);
    support::RandomNumbers random(static_cast<std::uint64_t>(dtype) + 1);
    // Three tiles, the last not full; and rows of one block.
    for (const std::uint64_t width : {std::uint64_t{768}, std::uint64_t{core::tensor::info(type).blockValues}}) {
      constexpr std::uint64_t kRows = 71;
      std::vector<std::uint8_t> bytes(*core::tensor::storageBytes(type, core::tensor::Shape{kRows, width}));
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.bits() >> 56);
      compareRows(family, stored(type, kRows, width, std::move(bytes)));
    }
  }

  void schemes_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("width");
    const auto add = [](const char* scheme, int rows, int width) {
      for (const QString& family : families()) {
        QTest::newRow(qPrintable(QString("%1 %2 %3x%4").arg(family, scheme).arg(rows).arg(width)))
            << family << scheme << rows << width;
      }
    };
    for (const char* scheme : {"fp32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "int8", "int8:group=tensor", "int7",
                               "int6", "int5", "int4", "int3", "int2"}) {
      add(scheme, 45, 100);  // rows end inside a unit and inside a tile
    }
    // How groups lie does not depend on the width of codes: widths that share a kernel's form have fewer of them.
    const std::string_view few[] = {"int7", "int6", "int5", "int3"}, less[] = {"tensor", "16", "32", "64", "96"};
    for (const char* bits : {"int8", "int7", "int6", "int5", "int4", "int3", "int2"}) {
      for (const char* group : {"row", "tensor", "8", "16", "32", "64", "96", "20"}) {
        if (std::ranges::count(few, std::string_view(bits)) != 0 &&
            std::ranges::count(less, std::string_view(group)) != 0)
          continue;
        add(qPrintable(QString("%1:group=%2,range=minmax").arg(bits, group)), 37, 200);
        add(qPrintable(QString("%1:group=%2").arg(bits, group)), 37, 200);
      }
    }
    for (const char* book :
         {"nf4", "fp4", "nf4:double=on", "fp4:double=on", "nf4:block=128", "nf4:block=4096,double=on"}) {
      add(book, 45, 256);
      add(book, 45, 96);   // blocks run across rows
      add(book, 33, 100);  // and end inside a unit
    }
    for (const char* book : {"log3",
                             "log4",
                             "log5",
                             "log6",
                             "log7",
                             "log8",
                             "log5:base=1.5",
                             "log7:base=1.25",
                             "log6:base=1.5",
                             "log8:base=1.1",
                             "fp8_e4m3:scale=row",
                             "fp8_e4m3:scale=block128",
                             "fp8_e5m2:scale=tensor",
                             "dynamic8",
                             "mx_e2m1",
                             "mx_e2m3",
                             "mx_e3m2",
                             "mx_e4m3",
                             "mx_e5m2",
                             "mx_int8",
                             "kmeans4:group=tensor",
                             "kmeans3:group=tensor",
                             "kmeans2:group=tensor",
                             "kmeans4",
                             "kmeans4:group=64",
                             "kmeans4:scales=bf16",
                             "kmeans3",
                             "kmeans3:group=96",
                             "kmeans2",
                             "kmeans2:group=32,scales=fp32",
                             "kmeans4:group=20"}) {
      add(book, 45, 256);
      add(book, 33, 100);
    }
    for (const char* block : {"q4_0", "q8_0"}) {
      add(block, 45, 96);
      add(block, 33, 2048);
    }
  }
  void schemes() {
    QFETCH(QString, family);
    QFETCH(QString, scheme);
    QFETCH(int, rows);
    QFETCH(int, width);
    const auto weight =
        quantized(scheme.toStdString(), static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(width));
    compareRows(family, weight);
    // Kernels of many tokens decode by the same functions: one way to group integers of each width is enough there.
    const bool isVaried = rows == 37 && !scheme.contains(":group=row,range=minmax");
    if (!QTest::currentTestFailed())
      compareProducts(family, weight, isVaried ? std::span<const std::size_t>(kOneToken) : kManyCounts);
  }

  /// Zero-points between the levels, as HQQ has them.
  void zeroPointsMayBeFractions() {
    for (const char* scheme : {"int4:group=64,range=minmax", "int3:group=16,range=minmax"}) {
      core::quant::QuantizedTensor tensor = *quantized(scheme, 37, 192);
      auto& zeroPoints = std::get<core::quant::Uniform>(tensor.layout).zeroPoints;
      for (std::size_t i = 0; i < zeroPoints.size(); ++i) zeroPoints[i] += static_cast<float>(i % 16) / 16.0F;
      const auto weight = std::make_shared<const core::quant::QuantizedTensor>(std::move(tensor));
      QVERIFY(!gpu::packedFormatOf(*weight).isDecoded);
      for (const QString& family : families()) {
        compareRows(family, weight);
        compareProducts(family, weight);
      }
    }
  }

  /// Weights that other programs packed, as they are assembled: a row for each family.
  void packedCheckpoints_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("folder");
    for (const QString& family : families()) {
      for (const auto& entry : std::filesystem::directory_iterator(packedData())) {
        const QString folder = QString::fromStdString(entry.path().filename().string());
        if (std::filesystem::exists(entry.path() / "expected.safetensors") && !folder.startsWith("hqq_axis0"))
          QTest::newRow(qPrintable(family + " " + folder)) << family << folder;
      }
    }
  }
  void packedCheckpoints() {
    QFETCH(QString, family);
    QFETCH(QString, folder);
    const auto model = core::io::openCheckpoint(packedData() / folder.toStdString() / "model.safetensors");
    const auto golden = core::io::openCheckpoint(packedData() / folder.toStdString() / "expected.safetensors");
    for (const auto& known : golden->tensors()) {
      const auto weight = core::quant::loadTensor(*model, known.name);
      // Columns in another order stay so: inputs are arranged for the product (applyInputChanges).
      auto lying = std::make_shared<core::quant::QuantizedTensor>(*weight);
      lying->changes = nullptr;
      const bool beginsInside = std::gcd(std::uint64_t{64}, weight->rowValues()) < 8;  // blocks of odd rows
      QCOMPARE(gpu::packedFormatOf(*weight, familyOf(family), core::quant::Columns::AsStored).isDecoded,
               folder.startsWith("bnb_nf4") || folder.startsWith("bnb_fp4") ? beginsInside : false);
      compareRows(family, lying);
      if (!folder.contains("extreme") && !QTest::currentTestFailed()) compareProducts(family, lying);
      if (QTest::currentTestFailed()) return;
    }
  }

  /// A factor of the whole tensor, as a file has it beside the matrix, lies packed with each row, and decodes exactly.
  void factorsOfTensors_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("layout");
    for (const QString& family : families()) {
      for (const char* layout :
           {"nvfp4", "q4_0", "q6_k", "q2_k", "iq3_s", "iq1_m", "bf16", "fp8_e4m3", "int4:group=16,range=minmax",
            "int8:group=row", "nf4:double=on", "kmeans4", "kmeans3:group=64", "kmeans2:group=tensor", "log6:base=1.25",
            "dynamic8", "mx_e4m3", "int4:compute=fp16", "kmeans4:compute=bf16"}) {
        QTest::newRow(qPrintable(family + " " + layout)) << family << layout;
      }
    }
  }
  void factorsOfTensors() {
    QFETCH(QString, family);
    QFETCH(QString, layout);
    core::quant::QuantizedTensor tensor = *quantized(layout.toStdString(), 71, 512);
    tensor.factor = 0.37F;
    const auto weight = std::make_shared<const core::quant::QuantizedTensor>(std::move(tensor));
    const auto format = gpu::packedFormatOf(*weight);
    QVERIFY(!format.isDecoded && format.hasFactors);
    compareRows(family, weight);
    if (!QTest::currentTestFailed() && weight->compute() == core::quant::ComputeType::Fp32)
      compareProducts(family, weight);
  }

  void blockProducts_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<int>("dtype");
    for (const QString& family : families()) {
      for (const DType type : support::blockTypes()) {
        QTest::newRow(qPrintable(family + " " + QString::fromUtf8(core::tensor::name(type).data())))
            << family << static_cast<int>(type);
      }
    }
  }
  void blockProducts() {
    QFETCH(QString, family);
    QFETCH(int, dtype);
    const auto type = static_cast<DType>(dtype);
    compareProducts(family, moderateBlocks(type, 97, 512));
    if (!QTest::currentTestFailed()) compareProducts(family, moderateBlocks(type, 3, 256));
  }

  /// Every code of code books that follow a rule, those that no quantizer writes among them.
  void anyCodesDecodeAsOnTheCpu_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("scheme");
    for (const QString& family : families()) {
      for (const char* scheme :
           {"log5", "log6", "log7", "log8", "mx_e4m3", "mx_e5m2", "mx_e3m2", "mx_e2m3", "mx_int8"}) {
        QTest::newRow(qPrintable(family + " " + scheme)) << family << scheme;
      }
    }
  }
  void anyCodesDecodeAsOnTheCpu() {
    QFETCH(QString, family);
    QFETCH(QString, scheme);
    core::quant::QuantizedTensor tensor = *quantized(scheme.toStdString(), 37, 192);
    support::RandomNumbers random(11);
    const auto codes = std::make_shared<std::vector<std::uint8_t>>(tensor.payload.size());
    for (auto& byte : *codes) byte = static_cast<std::uint8_t>(random.bits() >> 56);
    tensor.payload = std::as_bytes(std::span(*codes));
    tensor.owner = codes;
    const auto format = gpu::packedFormatOf(tensor);
    QVERIFY(!format.isDecoded && format.table.empty());  // nothing is looked up
    compareRows(family, std::make_shared<const core::quant::QuantizedTensor>(std::move(tensor)));
  }

  /// Lanes compute the levels of the dynamic map and of logarithms of any base; a table of none's is looked up.
  void levelsOfRulesAreComputed() {
    const auto ruleOf = [](const core::quant::QuantizedTensor& tensor) {
      return std::get<gpu::IntegerConstants>(gpu::packedFormatOf(tensor).constants).levelRule;
    };
    QCOMPARE(ruleOf(*quantized("dynamic8", 8, 64)), gpu::kDecadeLevels);
    for (const char* scheme : {"log5:base=1.5", "log6:base=1.25", "log7:base=1.2", "log8:base=1.1"})
      QCOMPARE(ruleOf(*quantized(scheme, 8, 64)), gpu::kRatioLevels);
    core::quant::QuantizedTensor tensor = *quantized("dynamic8", 37, 192);
    std::get<core::quant::CodeBook>(tensor.layout).levels[200] *= 1.001F;
    QCOMPARE(ruleOf(tensor), gpu::kTableLevels);
    const auto weight = std::make_shared<const core::quant::QuantizedTensor>(std::move(tensor));
    for (const QString& family : families()) {
      compareRows(family, weight);
      compareProducts(family, weight);
    }
  }

  /// Code books that the lanes' uniform buffer has no room for are read from elsewhere.
  void manyLargeCodeBooks_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void manyLargeCodeBooks() {
    QFETCH(QString, family);
    constexpr std::uint32_t kWidth = 32, kLayers = 36;
    static_assert(kLayers * 256 > gpu::kTableWords);
    core::model::Graph graph = tiedGraph(quantized("fp16", kWidth, kWidth));
    graph.ops.resize(1);
    graph.values.resize(1);
    for (std::uint32_t layer = 0; layer < kLayers; ++layer) {  // v ← v + W v
      support::RandomNumbers random(layer);
      std::vector<float> values(kWidth * kWidth);
      for (float& value : values) value = static_cast<float>(random.bell() * 0.05);
      const std::string scheme = "log8:base=1." + std::to_string(101 + layer);
      const core::model::ValueId in = 2 * layer;
      graph.values.insert(graph.values.end(), {{"product", kWidth}, {"sum", kWidth}});
      graph.ops.push_back({.parameters = core::model::MatMul{quantized(scheme, kWidth, kWidth, std::move(values))},
                           .inputs = {in},
                           .out = in + 1});
      graph.ops.push_back({.parameters = core::model::Add{}, .inputs = {in, in + 1}, .out = in + 2});
    }
    const Tokens tokens = someTokens(9, kWidth);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const auto cpu = core::model::createCpuExecutor(graph);
    QVERIFY(relativeError(allLogits(*vulkan, tokens), allLogits(*cpu, tokens)) < 1e-5);
  }

  /// The widest tile of tokens fits into the shared memory beside the layout's table.
  void tablesAreBudgeted() {
    gpu::KernelChoice choice;
    choice.sharedBytes = 16384;  // what every device has
    QCOMPARE(choice.tileTokens(0), 32U);
    QCOMPARE(choice.tileTokens(gpu::kIq1Words), 16U);
    choice.sharedBytes = 32768;
    QCOMPARE(choice.tileTokens(gpu::kIq2SWords), 64U);
    choice.sharedBytes = 0;
    QCOMPARE(choice.tileTokens(0), 0U);
  }

  /// Weights lie on the device as small as they are stored, up to a few percent of padding.
  void weightsStayPacked() {
    std::vector<QuantizedTensorPtr> weights;
    for (const char* scheme : {"bf16", "int8", "int7", "int4", "int3", "int2", "nf4", "nf4:double=on", "log4", "log3",
                               "dynamic8", "mx_e4m3", "mx_int8", "kmeans4:group=tensor", "kmeans4", "kmeans4:group=256",
                               "kmeans3:group=64", "kmeans2:scales=fp32"}) {
      weights.push_back(quantized(scheme, 256, 2048));
    }
    for (const DType type : support::blockTypes()) {
      weights.push_back(moderateBlocks(type, 256, 2048));
    }
    for (const auto& weight : weights) {
      const auto format = gpu::packedFormatOf(*weight, gpu::vk::KernelFamily::Workgroups);
      const auto ofLanes = gpu::packedFormatOf(*weight, gpu::vk::KernelFamily::Lanes);
      const std::string name =
          weight->scheme ? weight->scheme->toString() : std::string(core::tensor::name(*weight->dtype()));
      QVERIFY2(!format.isDecoded, name.c_str());
      // TQ1_0 gets the codes of TQ2_0.
      const auto most = static_cast<double>(weight->bytes()) * (weight->dtype() == DType::TQ1_0 ? 66.0 / 54.0 : 1.05);
      QVERIFY2(static_cast<double>(format.bytes()) <= most, name.c_str());
      // Lanes read IQ3 as codes of 4 bits, which take as much as those of IQ4_XS.
      const double mostOfLanes = ofLanes.hasWideCodes ? 4.25 / 8 * 256 * 2048 : most;
      QVERIFY2(static_cast<double>(ofLanes.bytes()) <= mostOfLanes, name.c_str());
      const auto executor = gpu::createVulkanExecutor(sharedFamily(families().front()), tiedGraph(weight));
      constexpr std::uint64_t kActivations = 1 << 20;
      QVERIFY2(
          executor->memory().residentBytes <= static_cast<std::uint64_t>(std::max(most, mostOfLanes)) + kActivations,
          name.c_str());
    }
  }
};

QTEST_GUILESS_MAIN(TestGpuLayouts)
#include "tst_gpu_layouts.moc"
