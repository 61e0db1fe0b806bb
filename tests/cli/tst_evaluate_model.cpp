// Whole evaluations of the built-in model.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <fstream>
#include <limits>

#include "app/session/evaluate_model.h"
#include "app/session/merge_adapter.h"
#include "app/session/reordered_sums.h"
#include "core/base/error.h"
#include "core/quant/decoded_copy.h"
#include "support/adapter_folder.h"

using namespace app;
using core::evaluate::Verdict;

namespace {

bool isSame(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool isSame(const core::evaluate::Estimate& a, const core::evaluate::Estimate& b) {
  return isSame(a.value, b.value) && isSame(a.error, b.error);
}

/// Every figure, bit for bit. Speeds are not figures of the text.
bool isSame(const core::evaluate::ComparisonSummary& a, const core::evaluate::ComparisonSummary& b) {
  return a.tokens == b.tokens && a.blocks == b.blocks && a.answers == b.answers && isSame(a.perplexity, b.perplexity) &&
         isSame(a.perplexityRatio, b.perplexityRatio) && isSame(a.klMean, b.klMean) && isSame(a.klMedian, b.klMedian) &&
         isSame(a.klP999, b.klP999) && isSame(a.klMax, b.klMax) && isSame(a.sameTop, b.sameTop) &&
         isSame(a.rmsDeltaP, b.rmsDeltaP) && isSame(a.meanDeltaP, b.meanDeltaP) && isSame(a.flips, b.flips);
}

std::size_t filesIn(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

class TestEvaluateModel : public QObject {
  Q_OBJECT

 private:
  std::shared_ptr<OpenModel> m_model = OpenModel::open("demo");
  Engine m_engine;

  static EvaluationRequest request(std::vector<const char*> variants, std::uint32_t tokens = 1500) {
    EvaluationRequest result;
    result.reference = Variant::parse("stored@cpu");
    for (const char* const text : variants) result.compared.push_back(Variant::parse(text));
    result.text = openEvaluationText("demo");
    result.reading.tokens = tokens;
    result.noise = Noise::Skip;
    return result;
  }
  Evaluation run(const EvaluationRequest& what) { return evaluateModel(*m_model, m_engine, what); }

 private slots:
  /// The whole text: what resources/models/README.md says of other held-out conversations, within four errors.
  void theDemoModelReadsItsText() {
    auto what = request({"nf4@cpu"}, 0);
    const Evaluation found = run(what);
    QVERIFY(found.isComplete());
    QVERIFY(found.blocks >= 64);
    QVERIFY(found.tokens > 18000 && found.tokens < 22000);
    QVERIFY2(std::abs(found.referencePerplexity.value - 1.007) < 4 * found.referencePerplexity.error,
             qPrintable(QString::number(found.referencePerplexity.value)));
    const auto& nf4 = found.rows.front();
    QVERIFY2(std::abs(nf4.statistics.perplexity.value - 1.009) < 4 * nf4.statistics.perplexity.error,
             qPrintable(QString::number(nf4.statistics.perplexity.value)));
    QCOMPARE(nf4.verdict, Verdict::Different);
    QVERIFY(nf4.statistics.sameTop.value > 0.995);
    QVERIFY(nf4.bytes < found.referenceBytes && nf4.bitsPerWeight < 6);
    QVERIFY(nf4.tokensPerSecond > 0 && found.referenceTokensPerSecond > 0);
  }

  void whatIsTheSameCannotBeTold() {
    const Evaluation found = run(request({"bf16@cpu", "int3@cpu", "int2@cpu", "bf16@cpu"}));
    QCOMPARE(found.rows[0].statistics.klMean.value, 0.0);
    QCOMPARE(found.rows[0].verdict, Verdict::Indistinguishable);
    QCOMPARE(found.rows[1].verdict, Verdict::Different);
    QCOMPARE(found.rows[0].indistinguishableFrom, std::vector<std::size_t>{3});
    QVERIFY(found.rows[1].indistinguishableFrom.empty() && found.rows[2].indistinguishableFrom.empty());
    QVERIFY(found.rows[1].statistics.klMean.value < found.rows[2].statistics.klMean.value);
    QVERIFY(found.rows[2].statistics.flips.value > 0.3);
  }

  /// Other batches and, where there is no GPU, other orders of sums are noise, and as small as that.
  void noiseIsMeasured() {
    auto what = request({"int8@cpu", "stored@cpu"}, 800);
    what.noise = Noise::Measure;
    const Evaluation found = run(what);
    QVERIFY(!found.noise.runs.empty());
    QCOMPARE(found.noise.runs[0].what, std::string("batches of 64"));
    QVERIFY(found.noise.kl >= 0 && found.noise.kl < 1e-7);
    QCOMPARE(found.rows[1].verdict, Verdict::Indistinguishable);
    QVERIFY(found.rows[0].statistics.klMean.value > found.noise.kl);
    QCOMPARE(found.noise.runs.size(), std::size_t{2});
    const bool hasGpu = Engine::kindOf(DeviceChoice()) == DeviceChoice::Kind::Vulkan;
    QCOMPARE(found.noise.runs[1].what, std::string(hasGpu ? "vulkan" : "feed-forward sums in reverse"));
    QVERIFY(found.noise.kl > 0);
  }

  /// The same function with its sums in another order: the noise of a processor beside no GPU.
  void otherOrdersOfSumsAreNoise() {
    const auto reordered = reorderedSums(*m_model);
    QVERIFY(reordered);
    QCOMPARE(reordered->replacements.size(), std::size_t{3} * m_model->config().layers);
    auto what = request({"stored@cpu"}, 800);
    what.compared.front().recipe = *reordered;
    const Evaluation found = run(what);
    const double kl = found.rows.front().statistics.klMean.value;
    QVERIFY2(kl > 0 && kl < 1e-8, qPrintable(QString::number(kl)));
    QCOMPARE(found.rows.front().statistics.sameTop.value, 1.0);
  }

  void devicesCannotBeTold() {
    if (!Engine::hasVulkan()) QSKIP("There is no usable Vulkan device here.");
    auto what = request({"stored@vulkan", "int4@vulkan", "int4@cpu"}, 800);
    what.noise = Noise::Measure;
    const Evaluation found = run(what);
    QVERIFY2(found.rows[0].failure.empty(), found.rows[0].failure.c_str());
    QCOMPARE(found.rows[0].verdict, Verdict::Indistinguishable);
    QVERIFY(found.rows[0].statistics.klMean.value < 1e-7);
    QCOMPARE(found.rows[1].verdict, Verdict::Different);
    QCOMPARE(found.rows[1].indistinguishableFrom, std::vector<std::size_t>{2});
  }

  /// Keys and values in bytes: longer contexts suffer more.
  void roundedKeysShow() {
    auto what = request({"stored@cpu@kv=int8", "stored@cpu@kv=f32"}, 2048);
    what.text = openEvaluationText("prose");
    what.reading.context = 256, what.reading.stride = 64;
    const Evaluation found = run(what);
    QCOMPARE(found.blocks, 8U);
    QVERIFY(found.rows[0].statistics.klMean.value > 10 * found.rows[1].statistics.klMean.value);
    QVERIFY(found.rows[1].statistics.klMean.value > 0);
  }

  /// Another model file against the open one, as reference or compared.
  void otherModelsAreVariants() {
    const std::string smooth = std::string("model:") + QS_SOURCE_DIR + "/resources/models/demo-smooth.gguf@cpu";
    const Evaluation found = run(request({smooth.c_str(), "int3@cpu"}));
    QVERIFY(found.rows[0].statistics.klMean.value < 0.01 * found.rows[1].statistics.klMean.value);
    auto what = request({"int3@cpu"});
    what.reference = Variant::parse(smooth);
    const Evaluation turned = run(what);
    QVERIFY(std::abs(turned.rows[0].statistics.klMean.value / found.rows[1].statistics.klMean.value - 1) < 0.1);
    QCOMPARE(turned.reference, smooth);
  }

  void aLiveTableGrows() {
    std::uint32_t last = 0;
    std::size_t shown = 0;
    evaluateModel(*m_model, m_engine, request({"int4@cpu", "nf4@cpu"}), [&](const Evaluation& now) {
      ++shown;
      QVERIFY(now.blocksDone >= last);
      last = now.blocksDone;
      QCOMPARE(now.rows.size(), std::size_t{2});
      QCOMPARE(now.rows[1].statistics.blocks, std::size_t{now.blocksDone});
    });
    QVERIFY(shown >= 2);
  }

  /// Stopped anywhere and taken up again: the same to the last bit, and nothing is computed twice.
  void aStoppedRunGoesOn() {
    const Evaluation whole = run(request({"int3@cpu", "nf4@cpu"}));
    const QTemporaryDir folder;
    auto what = request({"int3@cpu", "nf4@cpu"});
    what.cacheFolder = folder.path().toStdString();
    for (const double stopAt : {0.2, 0.6}) {
      std::stop_source stop;
      const core::JobContext job(stop.get_token(), [&](double fraction, std::string_view) {
        if (fraction > stopAt) stop.request_stop();
      });
      QVERIFY_THROWS_EXCEPTION(core::Cancelled, evaluateModel(*m_model, m_engine, what, {}, job));
      QCOMPARE(filesIn(what.cacheFolder), std::size_t{2});
    }
    const Evaluation resumed = run(what);
    for (std::size_t i = 0; i < 2; ++i) {
      QVERIFY(isSame(resumed.rows[i].statistics, whole.rows[i].statistics));
      QVERIFY(resumed.rows[i].worst == whole.rows[i].worst);
      QVERIFY(std::abs(resumed.rows[i].worst.front().kl - whole.rows[i].statistics.klMax.value) < 1e-6);
    }
    QVERIFY(isSame(resumed.referencePerplexity, whole.referencePerplexity));
    // A third variant joins what is known of the others.
    what.compared.push_back(Variant::parse("int4@cpu"));
    const Evaluation joined = run(what);
    QVERIFY(isSame(joined.rows[0].statistics, whole.rows[0].statistics));
    QVERIFY(isSame(joined.rows[2].statistics, run(request({"int4@cpu"})).rows[0].statistics));
    QCOMPARE(filesIn(what.cacheFolder), std::size_t{3});
    QVERIFY(joined.rows[0].tokensPerSecond > 0 && !joined.rows[0].device.empty());
  }

  /// What is kept is of exactly this: other settings, another reference, damage are measured anew.
  void whatIsKeptIsOfTheSame() {
    const QTemporaryDir folder;
    auto what = request({"int3@cpu"}, 600);
    what.cacheFolder = folder.path().toStdString();
    const Evaluation first = run(what);
    const auto count = [&] { return filesIn(what.cacheFolder); };
    QCOMPARE(count(), std::size_t{1});
    what.reference = Variant::parse("q8_0@cpu");
    QVERIFY(!isSame(run(what).rows[0].statistics, first.rows[0].statistics));
    what.reference = Variant::parse("stored@cpu");
    what.reading.tokens = 700;
    run(what);
    what.reading.tokens = 600;
    what.compared[0].kv = core::model::KvType::Int8;
    run(what);
    what.compared[0].kv = core::model::KvType::F16;
    QCOMPARE(count(), std::size_t{4});
    for (const auto& entry : std::filesystem::directory_iterator(what.cacheFolder)) {
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(40);
      file.put('\x55');
      file.put('\x2a');
    }
    QVERIFY(isSame(run(what).rows[0].statistics, first.rows[0].statistics));
  }

  void aVariantThatCannotRunSaysSo() {
    auto what = request({"int4@vulkan:999", "int4@cpu"}, 300);
    const Evaluation found = run(what);
    QVERIFY(!found.rows[0].failure.empty());
    QVERIFY(found.rows[1].failure.empty() && found.rows[1].statistics.tokens > 0);
    what.reference = Variant::parse("stored@vulkan:999");
    QVERIFY_THROWS_EXCEPTION(core::Error, run(what));
  }

  void aVariantThatComputesNoNumbersSaysSo() {
    auto what = request({"int8@cpu", "stored@cpu", "int4@cpu"}, 900);
    const std::string name = "blk.2.attn_q.weight";
    auto damaged = core::quant::decodedCopy(*m_model->tensor(*m_model->checkpoint().find(name)));
    core::quant::valuesOf(*damaged)[0] = std::numeric_limits<float>::infinity();
    what.compared[1].recipe.replacements[name] = damaged;
    const Evaluation found = run(what), without = run(request({"int8@cpu", "int4@cpu"}, 900));
    QVERIFY2(found.rows[1].failure.find("infinite") != std::string::npos, found.rows[1].failure.c_str());
    QVERIFY(isSame(found.rows[0].statistics, without.rows[0].statistics));
    QVERIFY(isSame(found.rows[2].statistics, without.rows[1].statistics));
  }

  void theReferenceAloneHasItsPerplexity() {
    const Evaluation alone = run(request({}, 1500)), beside = run(request({"int4@cpu"}, 1500));
    QVERIFY(isSame(alone.referencePerplexity, beside.referencePerplexity));
    QVERIFY(alone.rows.empty() && alone.isComplete());
  }

  /// What merging an adapter and quantizing again loses: all four are variants of one evaluation.
  void anAdapterIsMeasuredBesideMergedAndQuantizedAgain() {
    const QTemporaryDir folder;
    const std::string tuned = folder.filePath("tuned").toStdString();
    const auto shape = m_model->checkpoint().tensors()[*m_model->checkpoint().find("blk.2.ffn_up.weight")].shape;
    support::writeAdapterFolder(tuned, {{"model.layers.2.mlp.up_proj", shape.rows(), shape.rowValues()}}, 0.2F);
    auto what = request({}, 300);
    const Variant beside = Variant::parse("nf4+adapter:" + tuned + "@cpu");
    Variant plain = beside, again = beside;
    plain.recipe = mergedAdapter(*m_model, beside.recipe, std::nullopt);
    again.recipe = mergedAdapter(*m_model, beside.recipe, core::quant::Scheme::parse("int3"));
    QCOMPARE(plain.recipe.replacements.size(), std::size_t{1});
    QVERIFY(!plain.recipe.adapter && !again.recipe.adapter);
    what.reference = beside;
    what.compared = {Variant::parse("nf4@cpu"), plain, again};
    const Evaluation found = run(what);
    QVERIFY(found.isComplete());
    const auto kl = [&](std::size_t row) { return found.rows[row].statistics.klMean.value; };
    QVERIFY(kl(0) > 1e-4);                                               // the adapter does something
    QVERIFY2(kl(1) < 0.01 * kl(0), qPrintable(QString::number(kl(1))));  // BF16 rounds the sum
    QVERIFY2(kl(2) > 2 * kl(1), qPrintable(QString::number(kl(2))));
    QVERIFY_EXCEPTION_THROWN(mergedAdapter(*m_model, plain.recipe, std::nullopt), core::Error);
  }
};

QTEST_APPLESS_MAIN(TestEvaluateModel)
#include "tst_evaluate_model.moc"
