// The memory planner against real executors, against published files and against itself.
#include <QtTest>
#include <cmath>
#include <cstdlib>

#include "app/session/engine.h"
#include "app/session/known_shapes.h"
#include "app/session/kv_layout.h"
#include "app/session/memory_plan.h"
#include "app/session/variant.h"
#include "core/base/error.h"
#include "core/model/weights.h"
#include "support/architectures.h"

using namespace app;
using core::model::KvType;

namespace {

std::vector<PlannedDevice> here() {
  auto devices = devicesHere();
  if (devices.empty() || devices.front().kind != PlannedDevice::Kind::Host)
    devices.insert(devices.begin(), {.name = "memory", .kind = PlannedDevice::Kind::Host, .bytes = 1ULL << 33});
  return devices;
}

core::model::Recipe recipeOf(const std::string& text) { return Variant::parse(text).recipe; }

PlannedDevice memoryOf(std::uint64_t bytes) { return {.name = "a card", .bytes = bytes}; }

double off(double planned, double measured) { return planned / measured - 1; }

}  // namespace

class TestMemoryPlan : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The issue asks for 5 %; the rules are the same, so it is all of what executors and caches really hold, on every
  /// device of this computer.
  void thePlanIsWhatIsMeasured_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"stored",
                               "bf16",
                               "fp32",
                               "q8_0",
                               "q4_0",
                               "Q4_K_M",
                               "q6_k",
                               "iq4_xs",
                               "iq3_s",
                               "nf4",
                               "nf4:double=on",
                               "int8",
                               "int4",
                               "int4:group=64,range=minmax",
                               "int3",
                               "fp8_e4m3:scale=row",
                               "mx_e2m1",
                               "kmeans4",
                               "llm_int8",
                               "int8:activations=int8_dynamic",
                               "Q4_K_M, attn_v=q8_0"})
      QTest::newRow(scheme) << QString::fromLatin1(scheme);
  }
  void thePlanIsWhatIsMeasured() {
    QFETCH(QString, scheme);
    static const auto model = OpenModel::open("demo");
    static Engine engine;
    const auto recipe = Variant::parse(scheme.toStdString()).recipe;
    const PlannedModel plan = planModel(*model, recipe);
    for (const PlannedDevice& device : here()) {
      Engine::SessionOptions options;
      options.recipe = recipe;
      options.device = DeviceChoice::parse(
          device.kind == PlannedDevice::Kind::Host ? std::string("cpu") : "vulkan:" + std::to_string(device.index));
      const auto executor = engine.createExecutor(*model, options);
      // So many that the largest batch of any device is full.
      const std::vector<core::model::TokenId> tokens(256, 5);
      std::vector<float> logits(executor->graph().vocabulary());
      for (const KvType type : {KvType::F16, KvType::Int8, KvType::F32}) {
        for (const std::uint32_t context : {300U, 512U}) {
          const auto cache = executor->createKvCache(context, type);
          if (type == KvType::F16 && context == 300U)
            executor->forward(tokens, *cache, core::model::LogitsWanted::LastToken, logits);
          const MemoryParts parts = partsOn(plan, device, {.context = context, .kv = type});
          const auto resident = static_cast<double>(executor->memory().residentBytes);
          const auto cached = static_cast<double>(cache->bytes());
          const double error = off(parts.weights + parts.compute + parts.kvCache, resident + cached);
          if (context == 512U && type == KvType::F16)
            qInfo("%-32s %-40s planned %9.0f measured %9.0f: %+.3f %%", qPrintable(scheme), device.name.c_str(),
                  parts.total(), resident + cached, 100 * error);
          QVERIFY2(std::abs(error) < 0.002, qPrintable(QString::number(error)));
          QCOMPARE(parts.kvCache, cached);
          QVERIFY2(std::abs(off(parts.weights + parts.compute, resident)) < 0.002, device.name.c_str());
        }
      }
    }
  }

  /// Of a device whose memory holds a part of the weights, the plan says what lies in the computer's, and so does the
  /// executor that then runs.
  void aModelLargerThanTheDeviceIsPlannedAsItRuns() {
    const auto model = OpenModel::open("demo");
    const PlannedModel plan = planModel(*model, recipeOf("stored"));
    const MemoryQuestion question{.context = 512};
    for (const PlannedDevice& whole : devicesHere()) {
      if (whole.kind != PlannedDevice::Kind::Vulkan) continue;
      const auto& footprint = plan.vulkan.at(whole.index);
      QCOMPARE(partsOn(plan, whole, question).hostWeights, 0.0);
      const double kept = static_cast<double>(footprint.reservedBytes) + partsOn(plan, whole, question).kvCache +
                          0.4 * footprint.weights;
      qputenv("QS_VULKAN_MEMORY", QByteArray::number(static_cast<qulonglong>(kept)));
      const auto unset = qScopeGuard([] { qunsetenv("QS_VULKAN_MEMORY"); });
      const auto devices = devicesHere();
      const auto limited = std::ranges::find_if(devices, [&](const PlannedDevice& device) {
        return device.kind == PlannedDevice::Kind::Vulkan && device.index == whole.index;
      });
      QVERIFY(limited != devices.end());
      QCOMPARE(limited->bytes, static_cast<std::uint64_t>(kept));
      QVERIFY(limited->hostBytes > 0);
      const DevicePlan there = planOn(plan, *limited, question);
      QVERIFY(there.fits());
      QVERIFY(there.longestContext >= question.context);
      QVERIFY(there.parts.hostWeights > 0.5 * footprint.weights);
      QCOMPARE(there.parts.weights + there.parts.hostWeights, footprint.weights);

      Engine engine;
      Engine::SessionOptions options;
      options.device = DeviceChoice::parse("vulkan:" + std::to_string(limited->index));
      options.contextLength = question.context;
      const auto executor = engine.createExecutor(*model, options);
      const auto cache = executor->createKvCache(question.context, KvType::F16);
      std::vector<float> logits(executor->graph().vocabulary());
      executor->forward(std::vector<core::model::TokenId>{1, 2, 3}, *cache, core::model::LogitsWanted::LastToken,
                        logits);
      const auto use = executor->memory();
      QCOMPARE(static_cast<double>(use.hostBytes), there.parts.hostWeights);
      QCOMPARE(use.hostParts, there.parts.hostParts);
      QVERIFY(std::abs(off(there.parts.weights + there.parts.compute, static_cast<double>(use.residentBytes))) < 0.002);
      QCOMPARE(engine.memory(options.device)->hostUsedBytes, use.hostBytes);
    }
  }

  /// Published files: their sizes in bytes, tokenizer and metadata (some MB) included, are public.
  void sizesOfPublishedFilesComeOut() {
    const auto bytes = [](const char* shape, const char* recipe) {
      const KnownShape& known = knownShape(shape);
      return planShape(known.shape, known.kv(), recipeOf(recipe)).weightBytes;
    };
    // Meta-Llama-3.1-8B-Instruct of bartowski's repository on Hugging Face: Q4_K_M 4.92 GB, Q8_0 8.54 GB, F32 32.13 GB.
    QVERIFY(std::abs(off(bytes("llama-3.1-8b", "Q4_K_M"), 4.92e9)) < 0.005);
    QVERIFY(std::abs(off(bytes("llama-3.1-8b", "Q8_0"), 8.54e9)) < 0.005);
    // Llama 2 7B of TheBloke's: Q4_0 3.83 GB, Q4_K_M 4.08 GB.
    QVERIFY(std::abs(off(bytes("llama-2-7b", "Q4_0"), 3.83e9)) < 0.005);
    QVERIFY(std::abs(off(bytes("llama-2-7b", "Q4_K_M"), 4.08e9)) < 0.005);
  }

  void parametersOfKnownShapesAreTheirNames() {
    for (const KnownShape& known : knownShapes()) {
      const auto plan = planShape(known.shape, known.kv(), recipeOf("BF16"));
      QCOMPARE(plan.parameters, known.shape.parameters());
    }
    QVERIFY(std::abs(off(knownShape("llama-3.1-8b").shape.parameters(), 8.03e9)) < 0.002);
    QVERIFY(std::abs(off(knownShape("llama-3.1-70b").shape.parameters(), 70.55e9)) < 0.002);
    QVERIFY(std::abs(off(knownShape("qwen2.5-32b").shape.parameters(), 32.76e9)) < 0.002);
    QVERIFY(std::abs(off(knownShape("llama-2-13b").shape.parameters(), 13.02e9)) < 0.002);
    QVERIFY(std::abs(off(knownShape("gemma-2b").shape.parameters(), 2.51e9)) < 0.002);
    QVERIFY(std::abs(off(knownShape("llama-3.2-1b").shape.parameters(), 1.236e9)) < 0.002);
  }

  /// llama.cpp prints "CUDA0 compute buffer size" and "KV self size": 70.50 and 2048 MiB for Llama 2 7B at 4096 tokens,
  /// 258.50 and 1024 MiB for Llama 3 8B at 8192.
  void itsLogsComeOut() {
    const PlannedDevice card = memoryOf(24ULL << 30);
    const auto parts = [&](const char* shape, std::uint32_t context) {
      const KnownShape& known = knownShape(shape);
      const auto plan = planShape(known.shape, known.kv(), recipeOf("Q4_0"));
      return partsOn(plan, card, {.context = context, .program = Program::LlamaCpp});
    };
    constexpr double kMiB = 1048576;
    QCOMPARE(parts("llama-2-7b", 4096).compute / kMiB, 70.5);
    QCOMPARE(parts("llama-2-7b", 4096).kvCache / kMiB, 2048.0);
    QCOMPARE(parts("llama-3.1-8b", 8192).compute / kMiB, 258.5);
    QCOMPARE(parts("llama-3.1-8b", 8192).kvCache / kMiB, 1024.0);
  }

  // Of one position, what the config says is what the graph keeps: states, heads of two sizes, latent numbers.
  void configsSayWhatGraphsKeep_data() { support::addArchitectureRows(); }
  void configsSayWhatGraphsKeep() {
    QFETCH(QString, path);
    const auto checkpoint = core::io::openCheckpoint(support::kArchitectures / path.toStdString());
    const auto config = core::model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto graph = core::model::buildGraph(
        config, core::model::WeightLibrary(checkpoint).load(config, std::optional<core::quant::Scheme>()));
    std::uint64_t floats = 0;
    for (const core::model::KvShape& layer : graph.kv) floats += layer.keyWidth() + layer.valueWidth();
    for (const std::uint32_t state : graph.states) floats += state;
    QCOMPARE(kvLayoutOf(config).bytes(1, core::model::KvType::F32), 4.0 * static_cast<double>(floats));
  }

  void architecturesKeepWhatTheyKeep() {
    const KvLayout mha = knownShape("llama-2-7b").kv(), gqa = knownShape("llama-3.1-8b").kv(),
                   mqa = knownShape("gemma-2b").kv(), windowed = knownShape("mistral-7b-v0.1").kv(),
                   alternating = knownShape("gemma-2-9b").kv();
    QVERIFY(mha.describe().starts_with("MHA"));
    QVERIFY(gqa.describe().starts_with("GQA, 8 of 32"));
    QVERIFY(mqa.describe().starts_with("MQA"));
    QCOMPARE(mha.bytes(1, core::model::KvType::F16), 2.0 * 32 * 32 * 128 * 2);
    QCOMPARE(gqa.bytes(1, core::model::KvType::F16) * 4, mha.bytes(1, core::model::KvType::F16));
    QCOMPARE(mqa.bytes(100, core::model::KvType::F16), 2.0 * 18 * 256 * 2 * 100);
    QCOMPARE(windowed.bytes(32768, core::model::KvType::F16), windowed.bytes(4096, core::model::KvType::F16));
    // Every second block keeps all of it.
    QCOMPARE(alternating.bytes(8192, core::model::KvType::F16),
             alternating.bytes(4096, core::model::KvType::F16) * 1.5);
    // DeepSeek-V3: 61 blocks of 512 + 64 values are 70,272 bytes a token in BF16.
    const KvLayout latent{.layers = 61,
                          .heads = 128,
                          .kvHeads = 128,
                          .headSize = 192,
                          .valueHeadSize = 128,
                          .latent = 512,
                          .ropeDims = 64};
    QCOMPARE(latent.bytes(1, core::model::KvType::F16), 70272.0);
    QVERIFY(latent.describe().starts_with("MLA, 512 + 64"));
    // q8_0 has 34 bytes for 32 values, q4_0 has 18; int8 one FP32 scale for each head.
    QCOMPARE(gqa.bytes(10, core::model::KvType::Q8_0), gqa.bytes(10, core::model::KvType::F16) * 34 / 64);
    QCOMPARE(gqa.bytes(10, core::model::KvType::Q4_0), gqa.bytes(10, core::model::KvType::F16) * 18 / 64);
    QCOMPARE(gqa.bytes(10, core::model::KvType::Int8), gqa.bytes(10, core::model::KvType::F16) * 132 / 256);
  }

  /// One position more than the longest does not fit, and the longest does.
  void theLongestContextIsTheLongest() {
    const KnownShape& known = knownShape("llama-3.1-8b");
    const auto plan = planShape(known.shape, known.kv(), recipeOf("Q4_K_M"));
    for (const Program program : {Program::Quantscope, Program::LlamaCpp}) {
      for (const std::uint32_t sequences : {1U, 4U}) {
        const MemoryQuestion question{.context = 1, .sequences = sequences, .program = program};
        const PlannedDevice card = memoryOf(10ULL << 30);
        const DevicePlan fit = planOn(plan, card, question);
        QVERIFY(fit.longestContext > 1000);
        MemoryQuestion longest = question;
        longest.context = fit.longestContext;
        QVERIFY(planOn(plan, card, longest).fits());
        QVERIFY(planOn(plan, card, longest).left() >= 0);
        ++longest.context;
        QVERIFY(!planOn(plan, card, longest).fits());
        QVERIFY(planOn(plan, card, longest).left() < 0);
      }
    }
    QCOMPARE(planOn(plan, memoryOf(1ULL << 30), {}).longestContext, 0U);
  }

  void devicesAreReadAndSaid() {
    const auto devices = parseDevices("24GiB, Mine=16GB*0.75,usual");
    QCOMPARE(devices.size(), usualDevices().size() + 2);
    QCOMPARE(devices[0].name, std::string("24 GiB"));
    QCOMPARE(devices[0].bytes, 24ULL << 30);
    QCOMPARE(devices[1].usable(), std::uint64_t{12'000'000'000});
    QCOMPARE(parseBytes("1.5 GiB"), std::uint64_t{3} << 29);
    for (const char* wrong : {"", "24 apples", "-3GB", "x=1GB*2", "x=1GB*", "0", "1e30GB"})
      QVERIFY_EXCEPTION_THROWN(parseDevices(wrong), core::Error);
    for (const PlannedDevice& device : usualDevices()) {
      const auto again = parseDevices(device.toString());
      QCOMPARE(again.size(), std::size_t{1});
      QCOMPARE(again[0].bytes, device.bytes);
      QCOMPARE(again[0].name, device.name);
    }
  }
};

QTEST_GUILESS_MAIN(TestMemoryPlan)
#include "tst_memory_plan.moc"
