// A Hugging Face folder on the device: the logits of the GGUF file it belongs to, whose queries and keys lie in another
// order, and those of the CPU.
#include <QTemporaryDir>

#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/folder_twin.h"
#include "support/random_model.h"

using namespace gputest;
using core::model::KvType;
using core::model::LogitsWanted;

namespace {

std::vector<float> logitsOf(core::model::Executor& executor) {
  const std::uint32_t vocabulary = executor.graph().vocabulary();
  const Tokens tokens = someTokens(37, vocabulary);
  const auto cache = executor.createKvCache(64, KvType::F32);
  std::vector<float> logits(tokens.size() * vocabulary);
  executor.forward(tokens, *cache, LogitsWanted::AllTokens, logits, core::JobContext());
  return logits;
}

float largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = a.size() == b.size() ? 0.0F : 1e9F;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

}  // namespace

class TestGpuFolder : public QObject {
  Q_OBJECT

 private slots:
  void sameAsItsGguf_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("scheme");
    for (const QString& family : families()) {
      for (const char* scheme : {"", "nf4:block=32"})
        QTest::addRow("%s %s", qPrintable(family), scheme) << family << scheme;
    }
  }
  void sameAsItsGguf() {
    QFETCH(QString, family);
    QFETCH(QString, scheme);
    QTemporaryDir temporary;
    const std::filesystem::path path = temporary.path().toStdString();
    support::writeRandomModel({.headSize = 20, .valueHeadSize = 20, .biases = true, .llama3Scaling = true},
                              path / "model.gguf");
    const auto gguf = core::io::openCheckpoint(path / "model.gguf");
    support::FolderTwinWriter(*gguf, {.shards = 2}).write(path / "folder");
    const auto parsed =
        scheme.isEmpty() ? std::nullopt : std::optional(core::quant::Scheme::parse(scheme.toStdString()));
    Model folder(path / "folder"), file(path / "model.gguf");
    gpu::VulkanExecutor ours(sharedFamily(family), folder.graph(parsed), core::JobContext());
    gpu::VulkanExecutor theirs(sharedFamily(family), file.graph(parsed), core::JobContext());
    const auto cpu = core::model::createCpuExecutor(folder.graph(parsed));
    const std::vector<float> logits = logitsOf(ours);
    QVERIFY(largestDifference(logits, logitsOf(theirs)) < 5e-4F);
    QVERIFY(largestDifference(logits, logitsOf(*cpu)) < 5e-4F);
  }
};

QTEST_GUILESS_MAIN(TestGpuFolder)
#include "tst_gpu_folder.moc"
