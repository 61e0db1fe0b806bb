// What the steps of a forward take by the device's clock, and what its memory gives.
#include <QTemporaryDir>

#include "gpu/copy_bandwidth.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::model::KvType;
using core::model::LogitsWanted;
using core::model::OpKind;

class TestGpuStepTimes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void timingChangesNothing_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<double>("mostWork");
    for (const QString& family : families()) {
      QTest::addRow("%s", qPrintable(family)) << family << 1e12;
      QTest::addRow("%s in pieces", qPrintable(family)) << family << 3e5;
    }
  }
  void timingChangesNothing() {
    QFETCH(QString, family);
    QFETCH(double, mostWork);
    QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({.layers = 3}, path);
    gpu::VulkanExecutor executor(openFamily(family, {.mostWork = mostWork}), Model(path).graph(), core::JobContext());
    if (sharedFamily(family)->device()->caps().timestampSeconds == 0) QSKIP("This device has no clock.");
    const std::uint32_t vocabulary = executor.graph().vocabulary();
    const Tokens tokens = someTokens(23, vocabulary);
    const auto plain = executor.createKvCache(40, KvType::F16), timed = executor.createKvCache(40, KvType::F16);
    std::vector<float> wanted(vocabulary), found(vocabulary);
    executor.forward(tokens, *plain, LogitsWanted::LastToken, wanted);
    executor.forward(std::span(tokens).first(1), *plain, LogitsWanted::LastToken, wanted);

    for (const std::size_t count : {tokens.size(), std::size_t{1}}) {
      const auto before = executor.traffic();
      const auto times = executor.timeForward(std::span(tokens).first(count), *timed);
      QVERIFY(times.total() > 0 && times.total() < 60);
      for (const auto& step : times.steps()) QVERIFY2(step.seconds >= 0, step.part.c_str());
      const auto attention = std::ranges::find(times.steps(), OpKind::Attention, &core::model::StepTime::kind);
      QVERIFY(attention != times.steps().end());
      QCOMPARE(attention->count, 3U);
      const auto down = std::ranges::find_if(times.steps(), [](const auto& step) {
        return step.kind == OpKind::MatMul && step.part.starts_with("ffn_down");
      });
      QVERIFY(down != times.steps().end());
      QCOMPARE(down->count, 3U);
      std::uint32_t steps = 0;
      for (const auto& step : times.steps()) steps += step.count;
      QVERIFY(executor.traffic().barriers - before.barriers >= steps);
      QVERIFY(executor.traffic().submissions - before.submissions >= (mostWork < 1e6 && count > 1 ? 2U : 1U));
    }
    QCOMPARE(timed->length(), plain->length());
    executor.forward(std::span(tokens).first(1), *plain, LogitsWanted::LastToken, wanted);
    executor.forward(std::span(tokens).first(1), *timed, LogitsWanted::LastToken, found);
    QCOMPARE(found, wanted);
  }

  void memoryIsMeasured() {
    const double bandwidth = gpu::measureCopyBandwidth(*sharedFamily("workgroups"));
    QVERIFY2(bandwidth > 1e8 && bandwidth < 1e14, QByteArray::number(bandwidth));
  }
};

QTEST_GUILESS_MAIN(TestGpuStepTimes)
#include "tst_gpu_step_times.moc"
