// Subscriptions on the device: only what is watched is read back and keeps steps apart; columns are summed there.
#include <QTemporaryDir>

#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::model::KvType;
using core::model::LogitsWanted;
using core::model::Observation;
using core::model::ValueId;

namespace {

struct Shown {
  ValueId value;
  std::uint32_t firstPosition;
  std::vector<float> data;
};

std::vector<ValueId> idsOf(const core::model::Graph& graph, const std::vector<const char*>& names) {
  std::vector<ValueId> ids;
  for (const char* name : names) ids.push_back(graph.find(name).value());
  return ids;
}

/// All that is shown of these values; batches are put together, as devices cut texts differently.
std::map<ValueId, Shown> observe(core::model::Executor& executor, const std::vector<ValueId>& values,
                                 const Tokens& tokens) {
  std::map<ValueId, Shown> all;
  ValueId before = 0;
  std::uint32_t batch = 0;
  const auto watching = executor.subscribe(values, [&](const Observation& seen) {
    auto& shown = all.try_emplace(seen.value, Shown{seen.value, seen.firstPosition, {}}).first->second;
    const std::size_t width = executor.graph().values[seen.value].width;
    QCOMPARE(seen.firstPosition, shown.firstPosition + static_cast<std::uint32_t>(shown.data.size() / width));
    QCOMPARE(seen.data.size(), seen.rows * width);
    QVERIFY(&seen.op == &executor.graph().maker(seen.value));
    QVERIFY(seen.value > before || seen.firstPosition > batch || all.size() == 1);  // the graph's order in a batch
    before = seen.value;
    batch = seen.firstPosition;
    shown.data.insert(shown.data.end(), seen.data.begin(), seen.data.end());
  });
  allLogits(executor, tokens);
  return all;
}

}  // namespace

class TestGpuObservers : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    m_path = std::filesystem::path(m_folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({}, m_path);
  }

  void onlyWatchedValuesKeepStepsApart_data() { forEachFamily(); }
  void onlyWatchedValuesKeepStepsApart() {
    QFETCH(QString, family);
    Model model(m_path);
    gpu::VulkanExecutor executor(sharedFamily(family), model.graph(), core::JobContext());
    const Tokens tokens = someTokens(20, 131);
    const auto unobserved = allLogits(executor, tokens);
    QCOMPARE(executor.observedStepCount(), std::size_t{0});
    bool agrees = true;
    const auto stepsWith = [&](const std::vector<const char*>& names) {
      const auto watching = executor.subscribe(idsOf(executor.graph(), names), [](const Observation&) {});
      agrees = agrees && relativeError(allLogits(executor, tokens), unobserved) < 1e-6;
      return executor.observedStepCount();
    };
    const std::size_t fused = stepsWith({"blk.0.ffn_residual"});
    const bool fusesGlu = family == "lanes";  // of many tokens
    // Norm, qkv, rope and store, attention, output + residual, norm, gate · up, down + residual; embed, rows, norm,
    // logits.
    QCOMPARE(fused, 2 * std::size_t{fusesGlu ? 8U : 9U} + 4);
    QCOMPARE(stepsWith({"blk.0.attn_q", "blk.0.attn_q_rope", "blk.1.attn_v", "blk.1.attn_k", "logits"}), fused);
    QCOMPARE(stepsWith({"blk.1.attn_k_rope"}), fused + 1);
    QCOMPARE(stepsWith({"blk.0.ffn_down"}), fused + 1);
    QCOMPARE(stepsWith({"blk.0.ffn_gate"}), fused + (fusesGlu ? 1 : 0));
    QCOMPARE(stepsWith({"blk.1.ffn_up", "blk.0.ffn_gate", "blk.1.attn_output"}), fused + (fusesGlu ? 3 : 1));
    QVERIFY(agrees);
    QCOMPARE(allLogits(executor, tokens), unobserved);
    QCOMPARE(executor.observedStepCount(), std::size_t{0});
  }

  void watchedValuesAgreeWithTheCpu_data() { forEachFamily(); }
  void watchedValuesAgreeWithTheCpu() {
    QFETCH(QString, family);
    Model model(m_path);
    const auto cpu = core::model::createCpuExecutor(model.graph());
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const auto values = idsOf(cpu->graph(), {"blk.0.attn_k", "blk.0.attn_k_rope", "blk.0.ffn_down", "blk.1.ffn_up",
                                             "last_residual", "logits"});
    const Tokens tokens = someTokens(75, 131);  // several batches of the lanes family
    const auto expected = observe(*cpu, values, tokens), found = observe(*vulkan, values, tokens);
    QCOMPARE(found.size(), values.size());
    for (const auto& [value, shown] : expected) {
      const Shown& same = found.at(value);
      QCOMPARE(same.firstPosition, shown.firstPosition);
      QVERIFY2(relativeError(same.data, shown.data) < 2e-5, cpu->graph().values[value].name.c_str());
    }
  }

  // More than is read back at once.
  void manyLargeValuesComeInParts_data() { forEachFamily(); }
  void manyLargeValuesComeInParts() {
    QFETCH(QString, family);
    const auto path = std::filesystem::path(m_folder.path().toStdString()) / "wide.gguf";
    support::writeRandomModel({.vocabulary = 70000, .width = 32, .layers = 1, .feedForward = 32}, path);
    Model model(path);
    gpu::VulkanExecutor executor(sharedFamily(family), model.graph(), core::JobContext());
    const Tokens tokens = someTokens(32, 70000);
    const auto before = executor.traffic().submissions;
    std::vector<float> logits;
    const auto watching = executor.subscribe(executor.graph().allValues(), [&](const Observation& seen) {
      if (seen.value == executor.graph().ops.back().out) logits.assign(seen.data.begin(), seen.data.end());
    });
    QCOMPARE(allLogits(executor, tokens), logits);
    if (family == "lanes") QCOMPARE(executor.traffic().submissions - before, std::uint64_t{2});
  }

  void columnsAreSummed_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<int>("count");
    for (const QString& family : families()) {
      for (const int count : {1, 16, 75, 300}) QTest::addRow("%s, %d", qPrintable(family), count) << family << count;
    }
  }
  void columnsAreSummed() {
    QFETCH(QString, family);
    QFETCH(int, count);
    const auto path = std::filesystem::path(m_folder.path().toStdString()) / "long.gguf";
    support::writeRandomModel({.contextLength = 512}, path);
    Model model(path);
    const auto cpu = core::model::createCpuExecutor(model.graph());
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    // Widths of 96, 32, 160 and 131; three of one step.
    const auto values = idsOf(cpu->graph(), {"blk.0.attn_q", "blk.0.attn_k", "blk.0.attn_v", "blk.1.ffn_norm",
                                             "blk.1.ffn_hidden", "blk.1.ffn_down", "logits"});
    const Tokens tokens = someTokens(static_cast<std::size_t>(count), 131);
    const auto reference = cpu->sumColumns(values), found = vulkan->sumColumns(values);
    allLogits(*cpu, tokens);
    allLogits(*cpu, Tokens{5});
    const auto shown = observe(*vulkan, values, tokens);  // shown and summed at once
    const auto last = observe(*vulkan, values, Tokens{5});
    for (std::size_t v = 0; v < values.size(); ++v) {
      std::vector<float> data = shown.at(values[v]).data;
      const auto& more = last.at(values[v]).data;
      data.insert(data.end(), more.begin(), more.end());
      compareWithData((*found)[v], data);
      compareWithCpu((*found)[v], (*reference)[v]);
    }
  }

  void columnsNeedNoReadBack() {
    Model model(m_path);
    gpu::VulkanExecutor executor(sharedFamily(families().front()), model.graph(), core::JobContext());
    const auto values = idsOf(executor.graph(), {"blk.0.attn_norm", "blk.1.ffn_hidden"});
    const std::uint64_t before = executor.memory().residentBytes;
    const auto sums = executor.sumColumns(values);
    allLogits(executor, someTokens(20, 131));
    const std::uint64_t withSums = executor.memory().residentBytes - before;
    const auto watching = executor.subscribe(values, [](const Observation&) {});
    allLogits(executor, someTokens(20, 131));
    const std::uint64_t withData = executor.memory().residentBytes - before;
    QCOMPARE(withData - withSums, std::uint64_t{executor.batchTokens()} * (96 + 160) * sizeof(float));
    QCOMPARE((*sums)[1].rows, 40U);
  }

 private:
  static void forEachFamily() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }

  /// Of the very values: only the sums' rounding, at most 20 additions of float32 in a row.
  static void compareWithData(const core::model::ColumnStatistics& found, const std::vector<float>& data) {
    const std::size_t width = found.sum.size();
    core::model::ColumnStatistics exact(width);
    exact.addRows(data);
    QCOMPARE(found.rows, exact.rows);
    QCOMPARE(found.largest, exact.largest);
    for (std::size_t i = 0; i < width; ++i) {
      double magnitudes = 0;
      for (std::size_t at = i; at < data.size(); at += width) magnitudes += std::abs(static_cast<double>(data[at]));
      QVERIFY(std::abs(found.sum[i] - exact.sum[i]) <= 1.3e-6 * magnitudes);
      QVERIFY(std::abs(found.sumOfSquares[i] - exact.sumOfSquares[i]) <= 1.3e-6 * exact.sumOfSquares[i]);
    }
  }

  /// Whose values are off by 2e-5 of their size, too.
  static void compareWithCpu(const core::model::ColumnStatistics& found,
                             const core::model::ColumnStatistics& reference) {
    QCOMPARE(found.rows, reference.rows);
    double all = 0;
    for (const double squares : reference.sumOfSquares) all += squares;
    const auto width = static_cast<double>(reference.sum.size()), rows = static_cast<double>(reference.rows);
    const double value = std::sqrt(all / width / rows);  // a usual one
    for (std::size_t i = 0; i < reference.sum.size(); ++i) {
      QVERIFY(std::abs(found.sum[i] - reference.sum[i]) <= 5e-5 * rows * value);
      QVERIFY(std::abs(found.sumOfSquares[i] - reference.sumOfSquares[i]) <=
              5e-5 * (reference.sumOfSquares[i] + rows * value * value));
      QVERIFY(std::abs(static_cast<double>(found.largest[i]) - static_cast<double>(reference.largest[i])) <=
              5e-5 * (static_cast<double>(reference.largest[i]) + value));
    }
  }

  QTemporaryDir m_folder;
  std::filesystem::path m_path;
};

QTEST_GUILESS_MAIN(TestGpuObservers)
#include "tst_gpu_observers.moc"
