// The Vulkan executor says the same of logits that are no numbers as the CPU executor does.
#include "core/base/error.h"
#include "gpu_models.h"
#include "support/damaged_weight.h"
#include "support/random_model.h"

using namespace gputest;
using core::Error;
using core::ErrorCode;
using core::model::KvType;

namespace {

/// Sentence and tensor of the error, or "accepted".
std::pair<std::string, std::string> refusal(core::model::Executor& executor, const Tokens& tokens) {
  try {
    allLogits(executor, tokens, KvType::F16);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::NotFinite) return {error.what(), error.where()};
  }
  return {"accepted", {}};
}

}  // namespace

class TestGpuNotFinite : public QObject {
  Q_OBJECT

 private slots:
  void saysWhatTheCpuSays_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<int>("element");
    QTest::addColumn<float>("value");
    for (const QString& family : families()) {
      const auto row = [&](const char* tensor, int element, float value) {
        QTest::newRow(qPrintable(family + ' ' + tensor)) << family << tensor << element << value;
      };
      row("token_embd.weight", 77 * 96 + 3, NAN);
      row("blk.0.attn_q.weight", 500, NAN);
      row("blk.1.ffn_down.weight", 33, INFINITY);
      row("blk.1.attn_norm.weight", 95, NAN);
      row("blk.0.attn_v.bias", 1, NAN);
      row("blk.1.attn_k.bias", 3, 70000.0F);
      row("output_norm.weight", 2, NAN);
      row("output.weight", 130 * 96 + 95, NAN);
    }
  }

  void saysWhatTheCpuSays() {
    QFETCH(QString, family);
    QFETCH(QString, tensor);
    QFETCH(int, element);
    QFETCH(float, value);
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({.biases = true}, path);
    support::setWeight(path, tensor.toStdString(), static_cast<std::size_t>(element), value);
    Model model(path);
    Tokens tokens = someTokens(40, 60);  // more than one batch of the family for software devices
    tokens[35] = 77;
    const auto onCpu = core::model::createCpuExecutor(model.graph());
    const auto onGpu = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const auto expected = refusal(*onCpu, tokens), found = refusal(*onGpu, tokens);
    QVERIFY(expected.first != "accepted");
    QCOMPARE(found.first, expected.first);
    QCOMPARE(found.second, expected.second);
  }

  // Keys and values that are no numbers stay in memory behind the cache's end.
  void whatWasRefusedDoesNotLeakIntoTheNextText_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void whatWasRefusedDoesNotLeakIntoTheNextText() {
    QFETCH(QString, family);
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({}, path);
    support::setWeight(path, "token_embd.weight", 77 * 96, NAN);
    Model model(path);
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const Tokens healthy = someTokens(20, 60);
    const auto expected = allLogits(*executor, healthy, KvType::F16);
    const auto cache = executor->createKvCache(64, KvType::F16);
    std::vector<float> logits(std::size_t{40} * 131);
    Tokens poisoned = someTokens(40, 60);
    poisoned[1] = 77;
    QVERIFY_EXCEPTION_THROWN(executor->forward(poisoned, *cache, core::model::LogitsWanted::AllTokens, logits), Error);
    logits.resize(std::size_t{20} * 131);
    executor->forward(healthy, *cache, core::model::LogitsWanted::AllTokens, logits);
    QCOMPARE(logits, expected);
    for (std::size_t i = 20; i < 24; ++i) {  // and token by token over what is left of it
      std::vector<float> row(131);
      const Tokens one = {static_cast<core::model::TokenId>(i)};
      executor->forward(one, *cache, core::model::LogitsWanted::LastToken, row);
      QVERIFY(std::ranges::all_of(row, [](float v) { return std::isfinite(v); }));
    }
  }

 private:
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestGpuNotFinite)
#include "tst_gpu_not_finite.moc"
