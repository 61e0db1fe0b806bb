// Several sequences in one batch, and batches of several executors in the same commands, on Vulkan: what comes of each
// is what comes of it alone, within what sums of batches of another size are off by, for one token fewer submissions
// and barriers; what names a cache or an executor that has gone is not run again.
#include "core/model/together.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/architectures.h"

using namespace gputest;
using core::model::CandidatesWanted;
using core::model::KvType;
using core::model::StepAsked;
using core::model::TokenId;
using gpu::VulkanExecutor;

namespace {

constexpr double kTolerance = 1e-5;  // as prefill against token by token (tst_gpu_executor)

/// One of each family for all tests, which looks for candidates itself as GPUs do.
std::shared_ptr<gpu::VulkanDevice> deviceOf(const QString& family) {
  static std::map<QString, std::shared_ptr<gpu::VulkanDevice>> devices;
  if (devices.empty()) qAddPostRoutine([] { devices.clear(); });
  auto& device = devices[family];
  if (!device) device = openFamily(family, {.findsCandidates = true});
  return device;
}

std::filesystem::path pathOf(const char* architecture) {
  return support::kArchitectures / (std::string(architecture) + ".gguf");
}

/// Sequences of one executor, of different lengths and types of keys and values.
struct Sequences {
  /// @param more tokens of the second prompt beyond the usual
  /// @param found candidates; too many for the device to look for where the host shall
  Sequences(VulkanExecutor& on, std::size_t sequences, std::size_t more = 0, std::uint32_t found = 5)
      : executor(on), count(found) {
    for (std::size_t i = 0; i < sequences; ++i) {
      const Tokens prompt = someTokens(2 + 3 * i + (i == 1 ? more : 0), executor.graph().vocabulary());
      caches.push_back(
          executor.createKvCache(static_cast<std::uint32_t>(40 + more), i % 2 == 0 ? KvType::F32 : KvType::F16));
      static_cast<void>(executor.candidates(prompt, *caches.back(), wanted()));
    }
  }
  CandidatesWanted wanted() const { return {.count = count, .known = executor.graph().vocabulary()}; }
  TokenId token(std::size_t sequence, std::size_t step) const {
    return static_cast<TokenId>((11 * sequence + 5 * step + 1) % executor.graph().vocabulary());
  }
  std::vector<StepAsked> step(std::size_t step) const {
    std::vector<StepAsked> asked;
    for (std::size_t i = 0; i < caches.size(); ++i)
      asked.push_back({&executor, {token(i, step), caches[i].get(), wanted()}});
    return asked;
  }
  std::vector<float> logits(std::size_t sequence) const {
    const auto row = executor.lastLogits(*caches[sequence]);
    return {row.begin(), row.end()};
  }
  /// The same step of one sequence alone.
  std::vector<float> alone(std::size_t sequence, std::size_t step) const {
    const TokenId id = token(sequence, step);
    static_cast<void>(executor.candidates(std::span(&id, 1), *caches[sequence], wanted()));
    return logits(sequence);
  }

  VulkanExecutor& executor;
  std::uint32_t count;  ///< of candidates
  std::vector<std::unique_ptr<core::model::KvCache>> caches;
};

VulkanExecutor::Traffic since(const VulkanExecutor::Traffic& before, const VulkanExecutor::Traffic& now) {
  return {now.submissions - before.submissions, now.dispatches - before.dispatches, now.barriers - before.barriers};
}

}  // namespace

class TestGpuTogether : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void eachIsWhatItIsAlone_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("name");
    QTest::addColumn<unsigned>("count");
    for (const QString& family : families()) {
      // States, experts and attention; learned positions.
      QTest::addRow("%s, states and experts", qPrintable(family)) << family << "granitehybrid_moe" << 200U;
      QTest::addRow("%s, learned positions", qPrintable(family)) << family << "gpt2" << 5U;
      QTest::addRow("%s, rotated", qPrintable(family)) << family << "llama" << 5U;
    }
  }
  void eachIsWhatItIsAlone() {
    QFETCH(QString, family);
    QFETCH(QString, name);
    QFETCH(unsigned, count);
    Model model(pathOf(name.toLatin1().constData()));
    VulkanExecutor executor(deviceOf(family), model.graph(), core::JobContext());
    const Sequences alone(executor, 3, 0, count), together(executor, 3, 0, count);
    for (std::size_t step = 0; step < 2; ++step) {
      const auto before = executor.traffic();
      const auto found = core::model::computeTogether(together.step(step));
      const auto traffic = since(before, executor.traffic());
      QCOMPARE(traffic.submissions, 1U);
      std::vector<std::vector<float>> rows;
      for (std::size_t i = 0; i < 3; ++i) {
        QVERIFY(!found[i].failure);
        rows.push_back(together.logits(i));
        QVERIFY(found[i].found.best == core::model::candidatesOf(rows[i], together.wanted()).best);
      }
      const auto start = executor.traffic();
      std::uint64_t barriers = 0;
      for (std::size_t i = 0; i < 3; ++i) {
        const std::vector<float> expected = alone.alone(i, step);
        QVERIFY2(relativeError(rows[i], expected) < kTolerance, QByteArray::number(relativeError(rows[i], expected)));
        if (i == 0) barriers = since(start, executor.traffic()).barriers;
        QCOMPARE(together.caches[i]->length(), alone.caches[i]->length());
      }
      QCOMPARE(traffic.barriers, barriers);  // as many for all as for one
    }
  }

  // Parts of long contexts, beside a short one.
  void longAndShortContexts() {
    Model model(pathOf("llama"));
    VulkanExecutor executor(deviceOf("workgroups"), model.graph(), core::JobContext());
    const Sequences alone(executor, 2, 600), together(executor, 2, 600);
    QVERIFY(!core::model::computeTogether(together.step(0))[1].failure);
    const std::vector<float> rows[] = {together.logits(0), together.logits(1)};
    for (std::size_t i = 0; i < 2; ++i) QVERIFY(relativeError(rows[i], alone.alone(i, 0)) < kTolerance);
  }

  void executorsOfOneDeviceShareCommands_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void executorsOfOneDeviceShareCommands() {
    QFETCH(QString, family);
    Model model(pathOf("llama"));
    const auto device = deviceOf(family);
    VulkanExecutor a(device, model.graph(), core::JobContext()),
        b(device, model.graph(core::quant::Scheme::parse("int8")), core::JobContext());
    const Sequences aloneA(a, 2), aloneB(b, 1), ofA(a, 2), ofB(b, 1);
    for (std::size_t step = 0; step < 2; ++step) {
      std::vector<StepAsked> asked = ofA.step(step);
      asked.push_back(ofB.step(step)[0]);
      const auto beforeA = a.traffic(), beforeB = b.traffic();
      for (const auto& found : core::model::computeTogether(asked)) QVERIFY(!found.failure);
      const auto shared = since(beforeA, a.traffic());
      QCOMPARE(shared.submissions, 1U);
      QCOMPARE(since(beforeB, b.traffic()).submissions, 0U);  // counted where it was made
      const std::vector<float> rows[] = {ofA.logits(0), ofA.logits(1), ofB.logits(0)};
      const auto start = b.traffic();
      QVERIFY(relativeError(rows[2], aloneB.alone(0, step)) < kTolerance);
      QCOMPARE(shared.barriers, since(start, b.traffic()).barriers);
      for (std::size_t i = 0; i < 2; ++i) QVERIFY(relativeError(rows[i], aloneA.alone(i, step)) < kTolerance);
    }
  }

  void oneThatFailsLeavesTheOthers() {
    Model model(pathOf("llama"));
    VulkanExecutor executor(deviceOf(families().front()), model.graph(), core::JobContext());
    const Sequences alone(executor, 2), together(executor, 2);
    std::vector<StepAsked> asked = together.step(0);
    const auto full = executor.createKvCache(1, KvType::F32);
    const TokenId first = 1;
    static_cast<void>(executor.candidates(std::span(&first, 1), *full, together.wanted()));
    asked.insert(asked.begin(), {&executor, {first, full.get(), together.wanted()}});
    const auto found = core::model::computeTogether(asked);
    QVERIFY(found[0].failure && !found[1].failure && !found[2].failure);
    const std::vector<float> rows[] = {together.logits(0), together.logits(1)};
    for (std::size_t i = 0; i < 2; ++i) QVERIFY(relativeError(rows[i], alone.alone(i, 0)) < kTolerance);
  }

  // Commands are kept for caches, not for where these lie in memory; and those that nobody has are lent again.
  void commandsEndWithWhatTheyName() {
    Model model(pathOf("llama"));
    VulkanExecutor executor(deviceOf(families().front()), model.graph(), core::JobContext());
    auto other = std::make_unique<VulkanExecutor>(deviceOf(families().front()), model.graph(), core::JobContext());
    const Sequences alone(executor, 1);
    const std::vector<float> expected = alone.alone(0, 0);
    const std::size_t kept = executor.keptRecordings();
    for (int round = 0; round < 3; ++round) {
      const Sequences own(executor, 2), others(*other, 1);
      std::vector<StepAsked> steps = own.step(0);
      steps.push_back(others.step(0)[0]);
      for (const auto& found : core::model::computeTogether(steps)) QVERIFY(!found.failure);
      QVERIFY(relativeError(own.logits(0), expected) < kTolerance);
    }
    QCOMPARE(executor.keptRecordings(), kept);  // all others named a cache that is gone
    const Sequences last(executor, 2);
    const std::size_t ofPrompts = executor.keptRecordings();
    const Sequences others(*other, 1);
    std::vector<StepAsked> asked = last.step(0);
    asked.push_back(others.step(0)[0]);
    for (const auto& found : core::model::computeTogether(asked)) QVERIFY(!found.failure);
    QCOMPARE(executor.keptRecordings(), ofPrompts + 1);
    other.reset();
    QCOMPARE(executor.keptRecordings(), ofPrompts);
    QVERIFY(!core::model::computeTogether(last.step(1))[1].failure);

    const auto lend = [&] {
      const auto cache = executor.lendKvCache(24, KvType::F16);
      const TokenId token = 4;
      static_cast<void>(executor.candidates(std::span(&token, 1), *cache, last.wanted()));
    };
    lend();
    const std::size_t made = executor.madeRecordings();
    lend();
    QCOMPARE(executor.madeRecordings(), made);
  }
};

QTEST_GUILESS_MAIN(TestGpuTogether)
#include "tst_gpu_together.moc"
