// What kernels ask of the device's arithmetic: the words that are added to their SPIR-V, which kernels ask for what,
// and that subnormal weights and scales come out exactly where the device says that it keeps them.
#include <cstring>

#include "core/quant/load_tensor.h"
#include "gpu/vk/float_modes.h"
#include "gpu/vk/shader_table.h"
#include "gpu_models.h"

using namespace gputest;
using gpu::vk::FloatModes;
using gpu::vk::modesOf;
using gpu::vk::withFloatModes;

namespace {

using Words = std::vector<std::uint32_t>;

constexpr FloatModes kAll{true, true, true, true};

/// A module with this much in it: capabilities, an extension, an entry point with a name, an execution mode, the rest.
const Words kModule{
    0x07230203,     0x00010300, 0,          20,         0,              //
    2U << 16U | 17, 1,                                                  // OpCapability Shader
    2U << 16U | 17, 61,                                                 // OpCapability GroupNonUniform
    2U << 16U | 10, 0x00414141,                                         // OpExtension "AAA"
    6U << 16U | 11, 3,          0x4C534C47, 0x6474732E, 0x3035342E, 0,  // OpExtInstImport %3 "GLSL.std.450"
    3U << 16U | 14, 0,          1,                                      // OpMemoryModel
    5U << 16U | 15, 5,          4,          0x6E69616D, 0,              // OpEntryPoint GLCompute %4 "main"
    6U << 16U | 16, 4,          17,         8,          1,          1,  // OpExecutionMode %4 LocalSize 8 1 1
    2U << 16U | 19, 2};                                                 // OpTypeVoid %2

/// The instructions of a module, each with its operands.
std::vector<Words> instructionsOf(std::span<const std::uint32_t> words) {
  std::vector<Words> list;
  for (std::size_t at = 5; at < words.size();) {
    const std::size_t count = words[at] >> 16U;
    if (count == 0 || at + count > words.size()) return {};
    Words one(words.begin() + static_cast<std::ptrdiff_t>(at), words.begin() + static_cast<std::ptrdiff_t>(at + count));
    one[0] &= 0xFFFFU;
    list.push_back(std::move(one));
    at += count;
  }
  return list;
}

/// Rows decoded on the device and on the CPU.
void compareDecoded(const QString& family, const core::quant::QuantizedTensorPtr& weight) {
  const auto executor = gpu::createVulkanExecutor(sharedFamily(family), tiedGraph(weight));
  std::vector<float> rows;
  const auto watching = executor->subscribe(
      {0}, [&](const core::model::Observation& seen) { rows.insert(rows.end(), seen.data.begin(), seen.data.end()); });
  Tokens tokens(weight->rows());
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<core::model::TokenId>(i);
  allLogits(*executor, tokens);
  QVERIFY(rows == core::quant::dequantize(*weight));
}

}  // namespace

class TestGpuFloatModes : public QObject {
  Q_OBJECT

 private slots:
  void whatIsAddedToAModule() {
    const auto before = instructionsOf(kModule);
    const auto after = instructionsOf(withFloatModes(kModule, kAll));
    const std::vector<Words> capabilities{{17, 4464}, {17, 4466}, {17, 4467}};
    const Words extension{10, 0x5F565053, 0x5F52484B, 0x616F6C66, 0x6F635F74, 0x6F72746E, 0x0000736C};
    const std::vector<Words> modes{{16, 4, 4459, 32}, {16, 4, 4459, 16}, {16, 4, 4461, 32}, {16, 4, 4462, 32}};
    std::vector<Words> expected(before.begin(), before.begin() + 2);
    expected.insert(expected.end(), capabilities.begin(), capabilities.end());
    expected.push_back(before[2]);
    expected.push_back(extension);
    expected.insert(expected.end(), before.begin() + 3, before.begin() + 6);
    expected.insert(expected.end(), modes.begin(), modes.end());
    expected.insert(expected.end(), before.begin() + 6, before.end());
    QVERIFY(after == expected);
    const auto one = instructionsOf(withFloatModes(kModule, {.roundsToNearest32 = true}));
    QCOMPARE(one.size(), before.size() + 3);
    QVERIFY(one[2] == (Words{17, 4467}));
    const Words header(kModule.begin(), kModule.begin() + 5), changed = withFloatModes(kModule, kAll);
    QVERIFY(std::equal(header.begin(), header.end(), changed.begin()));
  }

  void whatIsNoModuleStaysAsItIs() {
    QVERIFY(withFloatModes(kModule, {}) == kModule);
    QVERIFY(withFloatModes({}, kAll).empty());
    Words broken = kModule;
    broken[0] = 1;
    QVERIFY(withFloatModes(broken, kAll) == broken);
    broken = kModule;
    broken.back() = 0;
    broken[broken.size() - 2] = 0;  // an instruction of no words
    QVERIFY(withFloatModes(broken, kAll) == broken);
    const Words cut(kModule.begin(), kModule.end() - 1);
    QVERIFY(withFloatModes(cut, kAll) == cut);
    const Words without(kModule.begin(), kModule.begin() + 9);  // no entry point
    QVERIFY(withFloatModes(without, kAll) == without);
    const Words twice = withFloatModes(kModule, kAll);
    QVERIFY(withFloatModes(twice, kAll) == twice);
  }

  void kernelsAskForWhatTheyDependOn() {
    for (const char* shader :
         {"embed.mxfp4", "matmul_rows.f32", "matmul_tiles.bf16", "matmul_lanes.q4_0", "matmul_codes.int8"})
      QVERIFY(modesOf(shader, kAll) == kAll);
    const FloatModes halves = modesOf("attention_workgroups", kAll);
    QVERIFY(halves.preservesSubnormals16 && !halves.preservesSubnormals32);
    const FloatModes others = modesOf("rms_norm", kAll);
    QVERIFY(others == (FloatModes{false, false, true, true}));
    QVERIFY(!modesOf("embed.mxfp4", {}).any());
    // They are in the table under these names.
    for (const char* shader : {"embed.mxfp4", "matmul_rows.f32", "attention_workgroups", "rms_norm"})
      QVERIFY(gpu::vk::hasShader(shader));
  }

  void subnormalsAreKeptWhereTheDeviceSaysSo_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void subnormalsAreKeptWhereTheDeviceSaysSo() {
    QFETCH(QString, family);
    const FloatModes& modes = sharedFamily(family)->device()->caps().floatModes;
    qInfo("subnormals kept: FP32 %d, FP16 %d; nearest even %d, non-finite numbers %d", modes.preservesSubnormals32,
          modes.preservesSubnormals16, modes.roundsToNearest32, modes.preservesNonFinite32);
    // Where it does not say so, software renderers keep them all the same.
    const bool isSoftware = sharedFamily(family)->device()->caps().isCpu;
    constexpr std::uint64_t kRows = 32, kWidth = 64;
    if (modes.preservesSubnormals32 || isSoftware) {
      std::vector<std::uint8_t> mxfp4, floats(kRows * kWidth * 4);
      for (std::uint64_t block = 0; block < kRows * kWidth / 32; ++block) {
        mxfp4.push_back(static_cast<std::uint8_t>(block % 3));  // 2^−128, 2^−127, 2^−126
        for (int i = 0; i < 16; ++i) mxfp4.push_back(static_cast<std::uint8_t>(block * 7 + i * 17));
      }
      compareDecoded(family, stored(core::tensor::DType::MXFP4, kRows, kWidth, mxfp4));
      for (std::uint32_t i = 0; i < kRows * kWidth; ++i) {
        const std::uint32_t bits = (i * 2654435761U & 0x807FFFFFU) | 1U;
        std::memcpy(floats.data() + std::size_t{i} * 4, &bits, 4);
      }
      compareDecoded(family, stored(core::tensor::DType::F32, kRows, kWidth, floats));
    }
    if (modes.preservesSubnormals16 || isSoftware) {
      std::vector<std::uint8_t> q4;
      for (std::uint32_t block = 0; block < kRows * kWidth / 32; ++block) {
        const std::uint32_t half = block * 97 % 0x400;  // subnormal scales, and 0
        q4.insert(q4.end(), {static_cast<std::uint8_t>(half), static_cast<std::uint8_t>(half >> 8U)});
        for (std::uint32_t i = 0; i < 16; ++i) q4.push_back(static_cast<std::uint8_t>(block * 5 + i * 31));
      }
      compareDecoded(family, stored(core::tensor::DType::Q4_0, kRows, kWidth, q4));
    }
  }
};

QTEST_GUILESS_MAIN(TestGpuFloatModes)
#include "tst_gpu_float_modes.moc"
