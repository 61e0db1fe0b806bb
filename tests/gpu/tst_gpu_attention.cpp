// Attention over long contexts, where GPUs compute parts of the positions side by side, against the CPU's: head sizes,
// heads that share keys, windows, soft caps, sinks and every type of keys and values, token by token and in batches.
#include <cstring>

#include "core/model/graph_builder.h"
#include "core/model/ops/kv_rows.h"
#include "core/numeric/half.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"

using namespace gputest;
using core::model::KvType;
using core::model::LogitsWanted;

namespace {

struct Shape {
  const char* name;
  std::uint32_t heads, kvHeads, headSize, valueHeadSize;
  std::uint32_t window = 0;
  float softCap = 0.0F;
  bool hasSinks = false;
};

constexpr Shape kShapes[] = {
    {"each its own keys", 3, 3, 64, 64},       {"four share keys", 8, 2, 64, 64},
    {"sixteen share keys", 16, 1, 64, 64},     {"seven share keys, odd sizes", 7, 1, 18, 10},
    {"values wider than keys", 2, 1, 24, 144}, {"heads of 256", 2, 1, 256, 256},
    {"window of 300", 4, 2, 40, 40, 300},      {"window of 700, soft cap", 4, 2, 64, 64, 700, 5.0F},
    {"sinks", 4, 2, 64, 64, 0, 0.0F, true},
};

constexpr Shape kPrompts[] = {
    {"three share keys, odd sizes, window of 30, soft cap, sinks", 6, 2, 18, 10, 30, 5.0F, true},
    {"heads of 256", 2, 2, 256, 256},
};

constexpr std::uint32_t kVocabulary = 97, kWidth = 40;

core::quant::QuantizedTensorPtr drawn(std::uint64_t rows, std::uint64_t width, support::RandomNumbers& random) {
  std::vector<float> values(rows * width);
  for (float& value : values) value = static_cast<float>(random.bell() / std::sqrt(static_cast<double>(width)));
  std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return stored(core::tensor::DType::F32, rows, width, std::move(bytes));
}

/// One layer of nothing but attention. Scores spread over several e-folds, so that single positions count.
core::model::Graph attentionGraph(const Shape& shape) {
  support::RandomNumbers random(11);
  const auto matrix = [&](std::uint64_t rows, std::uint64_t width) { return drawn(rows, width, random); };
  core::model::GraphBuilder builder(0);
  std::vector<float> frequencies;
  for (std::uint32_t pair = 0; pair < shape.headSize / 2; ++pair)
    frequencies.push_back(std::pow(1000.0F, -2.0F * static_cast<float>(pair) / static_cast<float>(shape.headSize)));
  const std::uint32_t table = builder.addRopeTable({frequencies});
  const core::model::Rope rope{shape.headSize, table, core::model::RopePairing::Halves};
  const core::model::ValueId x =
      builder.rmsNorm("norm", builder.embed("token_embd", matrix(kVocabulary, kWidth)), matrix(1, kWidth), 1e-5F);
  const std::uint32_t layer =
      builder.addLayer({.heads = shape.kvHeads, .headSize = shape.headSize, .valueHeadSize = shape.valueHeadSize});
  const auto query = builder.rope("q", builder.matMul("q_raw", x, matrix(shape.heads * shape.headSize, kWidth)), rope);
  const auto key = builder.rope("k", builder.matMul("k_raw", x, matrix(shape.kvHeads * shape.headSize, kWidth)), rope);
  builder.storeKv(key, builder.matMul("v", x, matrix(shape.kvHeads * shape.valueHeadSize, kWidth)), layer);
  core::model::Attention attention{.layer = layer,
                                   .heads = shape.heads,
                                   .scale = 40.0F / std::sqrt(static_cast<float>(shape.headSize)),
                                   .window = shape.window,
                                   .softCap = shape.softCap};
  if (shape.hasSinks) attention.sinks = matrix(1, shape.heads);
  const auto heads = builder.attention("heads", query, attention);
  builder.matMul("logits", builder.takeRows("rows", heads), matrix(kVocabulary, shape.heads * shape.valueHeadSize));
  return builder.take();
}

/// Logits of all tokens from position `from` on, computed in batches of these sizes.
std::vector<float> logitsBehind(core::model::Executor& executor, KvType type, const Tokens& tokens, std::size_t from,
                                std::span<const std::size_t> batches) {
  const auto cache = executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), type);
  std::vector<float> logits(kVocabulary), all;
  executor.forward(std::span(tokens).first(from), *cache, LogitsWanted::LastToken, logits);
  all = logits;
  for (const std::size_t size : batches) {
    logits.resize(size * kVocabulary);
    executor.forward(std::span(tokens).subspan(from, size), *cache, LogitsWanted::AllTokens, logits);
    all.insert(all.end(), logits.begin(), logits.end());
    from += size;
  }
  return all;
}

}  // namespace

class TestGpuAttention : public QObject {
  Q_OBJECT

 private slots:
  void longContextsAgree_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<int>("shape");
    QTest::addColumn<QString>("kv");
    // What lanes do does not depend on how long the context is; how keys and values are read not on what is parted.
    for (const QString& family : families()) {
      for (int shape = 0; shape < static_cast<int>(std::size(kShapes)); ++shape) {
        // Odd sizes end with a part of a block.
        const bool isOdd = kShapes[shape].headSize == 18;
        for (const char* kv : {"f32", "f16", "int8", "q8_0/q4_0", "fp8/q8_0"}) {
          const bool isUsual = kv == std::string_view("f16"), areBlocks = kv == std::string_view("q8_0/q4_0");
          if (shape != 1 && !(isUsual && family != "lanes") && !(isOdd && areBlocks)) continue;
          QTest::addRow("%s, %s, %s", qPrintable(family), kShapes[shape].name, kv) << family << shape << QString(kv);
        }
      }
    }
  }
  void longContextsAgree() {
    QFETCH(QString, family);
    QFETCH(int, shape);
    QFETCH(QString, kv);
    const core::model::Graph graph = attentionGraph(kShapes[shape]);
    const KvType type = core::model::kvTypeOf(kv.toStdString());
    // Behind the first parts, and where recordings are made anew; batches that are parted and one that is not.
    constexpr std::size_t kBatches[] = {1, 1, 5, 1, 31, 90, 1};
    for (const std::size_t from : {std::size_t{505}, std::size_t{1017}}) {
      const Tokens tokens = someTokens(from + 130, kVocabulary);
      const auto expected = logitsBehind(*core::model::createCpuExecutor(graph), type, tokens, from, kBatches);
      const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
      const double error = relativeError(logitsBehind(*vulkan, type, tokens, from, kBatches), expected);
      // Sums of up to a thousand float32 products in another order; keys that are an ulp apart are rounded to
      // neighbours in F16 and Int8.
      const double limit = type == KvType::F32 ? 1e-5 : type == KvType::F16 ? 5e-4 : 5e-3;
      if (error > limit) QFAIL(qPrintable(QString("behind %1: off by %2").arg(from).arg(error)));
    }
  }

  /// Tiles of rows that share keys, which GPUs compute prompts in: more than a tile of positions, batches that end
  /// inside a tile of rows, windows that begin inside one.
  void promptsAgree_data() {
    QTest::addColumn<int>("shape");
    QTest::addColumn<QString>("kv");
    QTest::addColumn<unsigned>("bytes");
    const auto add = [](int shape, const char* kv, unsigned bytes) {
      QTest::addRow("%s, %s, %u bytes", kPrompts[shape].name, kv, bytes) << shape << QString(kv) << bytes;
    };
    add(0, "int8", 32768);
    add(1, "f32", 16384);
  }
  void promptsAgree() {
    QFETCH(int, shape);
    QFETCH(QString, kv);
    QFETCH(unsigned, bytes);
    const core::model::Graph graph = attentionGraph(kPrompts[shape]);
    const KvType type = core::model::kvTypeOf(kv.toStdString());
    constexpr std::size_t kBatches[] = {75, 1, 34};
    const Tokens tokens = someTokens(111, kVocabulary);
    const auto device = openFamily("workgroups", {.attentionTiles = true, .limited = [&](gpu::vk::Caps& caps) {
                                                    caps.maxSharedMemoryBytes = bytes;
                                                  }});
    const auto expected = logitsBehind(*core::model::createCpuExecutor(graph), type, tokens, 1, kBatches);
    const auto vulkan = gpu::createVulkanExecutor(device, graph);
    const double error = relativeError(logitsBehind(*vulkan, type, tokens, 1, kBatches), expected);
    QVERIFY2(error < (type == KvType::F32 ? 1e-5 : 5e-3), qPrintable(QString::number(error)));
    if (type != KvType::F32) return;
    // The other kernel sums in another order, which is how we know that tiles are what is tested here.
    const auto other = gpu::createVulkanExecutor(sharedFamily("workgroups"), graph);
    QVERIFY(logitsBehind(*other, type, tokens, 1, kBatches) != logitsBehind(*vulkan, type, tokens, 1, kBatches));
  }

  /// The cache rounds as the CPU's on every device, and keeps FP16's subnormals: a single position comes back as the
  /// CPU's cache has it, to the bit.
  void valuesAreRoundedAsOnTheCpu_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("kv");
    for (const QString& family : families()) {
      for (const core::model::KvFormat format : core::model::allKvFormats()) {
        const QString kv = QString::fromStdString(core::model::nameOf(KvType(format)));
        QTest::addRow("%s, %s", qPrintable(family), qPrintable(kv)) << family << kv;
      }
    }
  }
  void valuesAreRoundedAsOnTheCpu() {
    QFETCH(QString, family);
    QFETCH(QString, kv);
    const KvType type = core::model::kvTypeOf(kv.toStdString());
    constexpr std::uint32_t kRows = 12, kHead = 42;  // a whole block, a part of one and of an octet
    std::vector<float> values;
    support::RandomNumbers random(3);
    for (std::uint32_t i = 0; i < kRows * kHead; ++i) {
      const std::uint32_t row = i / kHead;
      // Finite ones of FP16, subnormal ones among them, and what is between these; then rows of similar numbers, of
      // which many lie half-way between two codes, a row of zeros, and one too small for any scale.
      const auto half = static_cast<std::uint16_t>(i * 7919U % 0x7BFFU);
      const float low = core::numeric::halfToFloat(half), high = core::numeric::halfToFloat(half + 1);
      float value = low + (high - low) * (i % 3 == 0 ? 0.5F : static_cast<float>(0.5 + 0.4 * random.bell() / 4));
      if (row % 4 == 1) value = static_cast<float>(random.bell()) * 3.0F;
      if (row % 4 == 2) value = i % 5 == 0 ? 127.0F : static_cast<float>(i % 254) * 0.5F;
      if (row == 7) value = 0.0F;
      if (row == 11) value = 1e-33F * static_cast<float>(i % 7);
      values.push_back(i % 2 == 0 ? value : -value);
    }
    std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    core::model::GraphBuilder builder(0);
    const auto table = stored(core::tensor::DType::F32, kRows, kHead, std::move(bytes));
    const auto x = builder.embed("token_embd", table);
    const std::uint32_t layer = builder.addLayer({.heads = 1, .headSize = kHead, .valueHeadSize = kHead});
    builder.storeKv(x, x, layer);
    const auto heads = builder.attention("heads", x, {.layer = layer, .heads = 1, .scale = 0.0F});
    builder.matMul("logits", builder.takeRows("rows", heads), table);
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), builder.take());
    std::vector<float> seen;
    const auto watching = executor->subscribe({heads}, [&](const core::model::Observation& observed) {
      seen.assign(observed.data.begin(), observed.data.end());
    });
    for (core::model::TokenId token = 0; token < static_cast<int>(kRows); ++token) {
      errorOf([&] { allLogits(*executor, {token}, type); });  // sums of the largest may overflow
      core::model::ops::KvRows cache(1, 1, kHead, type.values);
      cache.write(0, 1, values.data() + static_cast<std::size_t>(token) * kHead);
      std::vector<float> expected(kHead);
      cache.read(0, 1, 0, expected.data());
      for (std::uint32_t i = 0; i < kHead; ++i)
        if (seen[i] != expected[i])
          QFAIL(qPrintable(QString("row %1, %2: %3, not %4").arg(token).arg(i).arg(seen[i]).arg(expected[i])));
    }
  }

  /// A token behind a long context takes two dispatches for its attention, behind a short one as many as ever.
  void longContextsAreParted() {
    gpu::VulkanExecutor executor(openFamily("workgroups"), attentionGraph(kShapes[1]), core::JobContext());
    const auto cache = executor.createKvCache(2000, KvType::F16);
    std::vector<float> row(kVocabulary);
    const auto dispatchesOf = [&](std::size_t tokens) {
      const std::uint64_t before = executor.traffic().dispatches;
      executor.forward(someTokens(tokens, kVocabulary), *cache, LogitsWanted::LastToken, row);
      return executor.traffic().dispatches - before;
    };
    const std::uint64_t early = dispatchesOf(1);
    dispatchesOf(600);
    QCOMPARE(dispatchesOf(1), early + 1);
  }
};

QTEST_GUILESS_MAIN(TestGpuAttention)
#include "tst_gpu_attention.moc"
