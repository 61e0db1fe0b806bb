// Long work goes to the device in pieces: the same logits bit for bit whatever the pieces, down to single workgroups;
// and their size follows what the device was seen to do.
#include <QTemporaryDir>

#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::model::KvType;
using core::model::LogitsWanted;

namespace {

using Traffic = gpu::VulkanExecutor::Traffic;

struct Run {
  std::vector<float> prompt, token, observed;
  Traffic promptTraffic, tokenTraffic, observedTraffic;
};

Traffic since(const Traffic& before, const Traffic& now) {
  return {now.submissions - before.submissions, now.dispatches - before.dispatches, now.barriers - before.barriers};
}

Run runWith(const QString& family, const core::model::Graph& graph, std::optional<double> mostWork) {
  Run run;
  gpu::VulkanExecutor executor(openFamily(family, {.mostWork = mostWork}), graph, core::JobContext());
  const std::uint32_t vocabulary = graph.vocabulary();
  const Tokens tokens = someTokens(23, vocabulary);
  const auto cache = executor.createKvCache(40, KvType::F16);
  run.prompt.resize(tokens.size() * vocabulary);
  executor.forward(tokens, *cache, LogitsWanted::AllTokens, run.prompt, core::JobContext());
  run.promptTraffic = executor.traffic();
  run.token.resize(vocabulary);
  executor.forward(std::span(tokens).first(1), *cache, LogitsWanted::LastToken, run.token, core::JobContext());
  run.tokenTraffic = since(run.promptTraffic, executor.traffic());
  const Traffic before = executor.traffic();
  const auto watching = executor.subscribe(graph.allValues(), [&](const core::model::Observation& seen) {
    run.observed.insert(run.observed.end(), seen.data.begin(), seen.data.end());
  });
  executor.forward(std::span(tokens).first(5), *cache, LogitsWanted::LastToken, run.token, core::JobContext());
  run.observedTraffic = since(before, executor.traffic());
  return run;
}

}  // namespace

class TestGpuSplit : public QObject {
  Q_OBJECT

 private slots:
  void anyLimitGivesTheSameBits_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<double>("mostWork");
    for (const QString& family : families()) {
      // Single workgroups; parts of most kernels; parts of the output matrix only.
      for (const double work : {1.0, 2e4, 3e5}) QTest::addRow("%s, %g", qPrintable(family), work) << family << work;
    }
  }
  void anyLimitGivesTheSameBits() {
    QFETCH(QString, family);
    QFETCH(double, mostWork);
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({.vocabulary = 1500, .matrixType = "q4_0", .embeddingType = "f16"}, path);
    Model model(path);
    const core::model::Graph graph = model.graph();
    const Run whole = runWith(family, graph, std::nullopt), cut = runWith(family, graph, mostWork);
    QCOMPARE(cut.prompt, whole.prompt);
    QCOMPARE(cut.token, whole.token);
    QCOMPARE(cut.observed, whole.observed);
    QVERIFY(cut.promptTraffic.dispatches > whole.promptTraffic.dispatches);
    QVERIFY(cut.promptTraffic.submissions > whole.promptTraffic.submissions);
    QVERIFY(cut.observedTraffic.submissions >= whole.observedTraffic.submissions);
    QCOMPARE(whole.promptTraffic.submissions, 1U);
    QCOMPARE(whole.tokenTraffic.submissions, 1U);
    if (mostWork > 1) return;
    QVERIFY(cut.tokenTraffic.dispatches > whole.tokenTraffic.dispatches);
    QCOMPARE(cut.promptTraffic.submissions, cut.promptTraffic.dispatches);
    // The output matrix alone has 47 tiles of rows, attention a workgroup per token.
    QVERIFY(cut.tokenTraffic.dispatches >= 47 / 2);
    QVERIFY(cut.promptTraffic.dispatches >= 23 * model.config().layers);
  }

  /// Attention over a long context is more work than over a short one, though the commands look alike.
  void attentionCountsByTheContext() {
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({.layers = 1, .heads = 4, .kvHeads = 4, .headSize = 64, .valueHeadSize = 64}, path);
    Model model(path);
    // 4 heads · 128 · 1024 positions: half a million multiply-adds per token, most of this model's.
    gpu::VulkanExecutor executor(openFamily(families().front(), {.mostWork = 6e5}), model.graph(), core::JobContext());
    const auto cache = executor.createKvCache(2100, KvType::F16);
    std::vector<float> row(model.config().vocabulary);
    const Tokens tokens = someTokens(1100, model.config().vocabulary);
    const auto traffic = [&](std::span<const core::model::TokenId> some) {
      const Traffic before = executor.traffic();
      executor.forward(some, *cache, LogitsWanted::LastToken, row, core::JobContext());
      return since(before, executor.traffic());
    };
    const Traffic early = traffic(std::span(tokens).first(1));
    const Traffic again = traffic(std::span(tokens).first(1));
    QCOMPARE(again.dispatches, early.dispatches);
    traffic(tokens);
    const Traffic late = traffic(std::span(tokens).first(1));
    QVERIFY2(late.dispatches > early.dispatches, qPrintable(QString("%1").arg(late.dispatches)));
  }

  void thePaceFollowsWhatWasMeasured() {
    gpu::WorkPace pace(std::nullopt);
    const double first = pace.limit();
    QCOMPARE(first, gpu::WorkPace::kFirstLimit);
    pace.learn(first / 100, 0.05);  // little work says nothing
    QCOMPARE(pace.limit(), first);
    pace.learn(first, 0.15);  // a little slow is close enough
    QCOMPARE(pace.limit(), first);
    pace.learn(first, 0.001);  // grows step by step: one measurement may be wrong
    QCOMPARE(pace.limit(), 4 * first);
    for (int i = 0; i < 10; ++i) pace.learn(pace.limit(), pace.limit() / 1e11);
    QCOMPARE(pace.limit(), 1e11 * gpu::WorkPace::kSeconds);
    pace.learn(1e10, 1.0);  // shrinks at once: the watchdog does not wait
    QCOMPARE(pace.limit(), 1e10 * gpu::WorkPace::kSeconds);
    pace.learn(1e8, 1000.0);  // the process was stopped: the device is not that slow
    QCOMPARE(pace.limit(), gpu::WorkPace::kLeastLimit);
    pace.learn(pace.limit(), 0.0001);
    QCOMPARE(pace.limit(), 4 * gpu::WorkPace::kLeastLimit);
    gpu::WorkPace fixed(5.0);
    fixed.learn(1e10, 1.0);
    QCOMPARE(fixed.limit(), 5.0);
  }

  void recordingsAreMadeAnewWhenThePaceChanged() {
    gpu::Recording recording;
    recording.pieces.resize(2);
    recording.pieces[0].work = recording.limit = 1e9;
    recording.positions = {1024};
    gpu::WorkPace pace(std::nullopt);
    const auto suits = [&](std::uint32_t context) { return recording.suits(pace, std::span(&context, 1)); };
    QVERIFY(suits(1024));
    QVERIFY(!suits(1025));
    pace.learn(1e9, 0.3);  // a third fits
    QVERIFY(!suits(1));
    recording.limit = pace.limit();  // nothing smaller than a workgroup can be made
    QVERIFY(suits(1));
    recording.limit = pace.limit() / 5;
    QVERIFY(!suits(1));
    recording.pieces.resize(1);  // one piece cannot become fewer
    QVERIFY(suits(1));
  }
};

QTEST_GUILESS_MAIN(TestGpuSplit)
#include "tst_gpu_split.moc"
