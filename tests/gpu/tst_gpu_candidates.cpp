// What the device finds out about logits is what the host finds out of the same logits; answers are the same.
#include "core/model/session.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"

using namespace gputest;
using core::model::Candidates;
using core::model::CandidatesWanted;
using core::model::KvType;
using core::model::LogitsWanted;
using gpu::VulkanExecutor;

namespace {

constexpr std::uint32_t kVocabulary = 9001;  // three slices, the last one short and no whole quad
constexpr std::uint32_t kKnown = 8998;

/// logits = W · W[token]: many of different sizes.
core::model::Graph manyLogits() {
  support::RandomNumbers random(3);
  std::vector<float> values(std::size_t{kVocabulary} * 32);
  for (float& value : values) value = static_cast<float>(random.bell());
  return tiedGraph(quantized("fp32", kVocabulary, 32, std::move(values)));
}

bool isNear(double found, double expected, double error) { return std::abs(found - expected) <= error; }

}  // namespace

class TestGpuCandidates : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { m_many = manyLogits(); }

  void areThoseOfTheHost_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<unsigned>("count");
    QTest::addColumn<unsigned>("known");
    QTest::addColumn<double>("temperature");
    for (const QString& family : families()) {
      QTest::addRow("%s, the usual", qPrintable(family)) << family << 40U << kKnown << 1.0;
      QTest::addRow("%s, one", qPrintable(family)) << family << 1U << kVocabulary << 1.0;
      QTest::addRow("%s, all that are looked for", qPrintable(family)) << family << 128U << kKnown << 1.0;
      QTest::addRow("%s, too many", qPrintable(family)) << family << 129U << kKnown << 1.0;
      QTest::addRow("%s, few known", qPrintable(family)) << family << 64U << 30U << 1.0;
      QTest::addRow("%s, cold", qPrintable(family)) << family << 64U << kKnown << 0.2;
      QTest::addRow("%s, hot", qPrintable(family)) << family << 64U << kKnown << 50.0;
    }
  }
  void areThoseOfTheHost() {
    QFETCH(QString, family);
    QFETCH(unsigned, count);
    QFETCH(unsigned, known);
    QFETCH(double, temperature);
    VulkanExecutor executor(withCandidates(family), m_many, core::JobContext());
    const auto cache = executor.createKvCache(16, KvType::F32);
    const CandidatesWanted wanted{count, known, static_cast<float>(temperature)};
    // The last one was begun before it was asked for.
    for (const Tokens& tokens : {Tokens{7}, Tokens{4000}, Tokens{8500}}) {
      if (tokens[0] == 8500) executor.prepare(8500, *cache, wanted);
      const auto before = executor.traffic();
      const Candidates found = executor.candidates(tokens, *cache, wanted);
      const std::uint64_t returned = executor.traffic().returnedBytes - before.returnedBytes;
      QCOMPARE(returned < 8192, count <= 128);
      const auto logits = executor.lastLogits();
      const Candidates expected = core::model::candidatesOf(logits, wanted);
      QVERIFY(found.best == expected.best);
      QCOMPARE(found.known, known);
      QVERIFY(found.areNumbers);
      QVERIFY2(isNear(std::exp(found.logSum - expected.logSum), 1, found.error), QByteArray::number(found.logSum));
      QVERIFY(isNear(found.weightSum / expected.weightSum, 1, found.error));
      QVERIFY(isNear(found.entropy, expected.entropy, 1e-4 * (1 + expected.entropy)));
    }
    QCOMPARE(cache->length(), 3U);
  }

  // Where more are equal than there is room for, the row is read.
  void equalLogitsAreTakenInTheirOrder_data() { addFamilies(); }
  void equalLogitsAreTakenInTheirOrder() {
    QFETCH(QString, family);
    const auto weight = quantized("fp32", 500, 32, std::vector<float>(std::size_t{500} * 32, 0.25F));
    VulkanExecutor executor(withCandidates(family), tiedGraph(weight), core::JobContext());
    const auto cache = executor.createKvCache(4, KvType::F32);
    const Candidates found = executor.candidates(Tokens{3}, *cache, {.count = 5, .known = 490});
    for (std::size_t i = 0; i < 5; ++i) QCOMPARE(found.best.at(i).token, static_cast<int>(i));
    QVERIFY(isNear(found.entropy, std::log(490.0), 1e-4));
  }

  void whatIsNoNumberIsAnError_data() { addFamilies(); }
  void whatIsNoNumberIsAnError() {
    QFETCH(QString, family);
    std::vector<float> values(std::size_t{5000} * 32, 0.5F);
    values[4999 * 32 + 1] = INFINITY;  // a row that no token of the tokenizer has
    VulkanExecutor executor(withCandidates(family), tiedGraph(quantized("fp32", 5000, 32, values)), core::JobContext());
    const auto cache = executor.createKvCache(4, KvType::F32);
    const auto error = errorOf([&] { executor.candidates(Tokens{3}, *cache, {.count = 5, .known = 4000}); });
    QVERIFY(error && error->code() == core::ErrorCode::NotFinite);
    QCOMPARE(cache->length(), 0U);
  }

  // Whatever is asked between a token that was begun and its result, the result is the same.
  void whatWasBegunIsNotMixedUp_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("name");
    for (const QString& family : families())
      for (const char* name : {"llama", "lfm2"})  // which keeps states
        QTest::addRow("%s, %s", qPrintable(family), name) << family << name;
  }
  void whatWasBegunIsNotMixedUp() {
    QFETCH(QString, family);
    QFETCH(QString, name);
    Model model(std::filesystem::path(QS_TEST_DATA) / "architectures" / (name.toStdString() + ".gguf"));
    VulkanExecutor executor(withCandidates(family), model.graph(), core::JobContext());
    const std::uint32_t vocabulary = executor.graph().vocabulary();
    const CandidatesWanted wanted{.count = 10, .known = vocabulary};
    const Tokens prompt = someTokens(5, vocabulary);
    const auto rowAfter = [&](const std::function<void(core::model::KvCache&)>& between) {
      const auto cache = executor.createKvCache(20, KvType::F16);
      executor.candidates(prompt, *cache, wanted);
      executor.prepare(11, *cache, wanted);
      between(*cache);
      executor.candidates(Tokens{11}, *cache, wanted);
      executor.prepare(12, *cache, wanted);
      between(*cache);
      executor.candidates(Tokens{13}, *cache, wanted);  // something else than was begun
      const auto row = executor.lastLogits();
      return std::vector<float>(row.begin(), row.end());
    };
    const auto expected = rowAfter([](core::model::KvCache&) {});
    std::vector<float> row(vocabulary);
    QCOMPARE(rowAfter([&](core::model::KvCache&) {
               const auto other = executor.createKvCache(4, KvType::F32);
               executor.forward(Tokens{1, 2}, *other, LogitsWanted::LastToken, row);
               executor.prepare(3, *other, wanted);  // and its cache goes while it runs
             }),
             expected);
    QCOMPARE(rowAfter([&](core::model::KvCache& cache) {
               const std::uint32_t length = cache.length();
               executor.forward(Tokens{1}, cache, LogitsWanted::LastToken, row);
               cache.truncate(length);
               executor.prepare(11, cache, {.count = 3, .known = 7});
             }),
             expected);
    std::size_t shown = 0;
    const auto watched = rowAfter([&](core::model::KvCache&) {
      static core::model::Subscription watching;
      watching = shown == 0 ? executor.subscribe({executor.graph().ops.back().out},
                                                 [&](const core::model::Observation&) { ++shown; })
                            : nullptr;
    });
    // Steps that are watched norm their inputs apart: sums in another order.
    QVERIFY(relativeError(watched, expected) < 1e-5);
    QCOMPARE(shown, std::size_t{1});
  }

  // An answer is the same whether its logits are read or not, and what it is described by.
  void answersAreTheSame_data() { addFamilies(); }
  void answersAreTheSame() {
    QFETCH(QString, family);
    const std::filesystem::path path = std::filesystem::path(QS_TEST_DATA) / "logits" / "prototype-outliers.gguf";
    const auto checkpoint = core::io::openCheckpoint(path);
    const std::shared_ptr<const core::text::Tokenizer> tokenizer = core::text::Tokenizer::fromCheckpoint(*checkpoint);
    const auto prompt = tokenizer->encode("What is 47 + 38?", core::text::SpecialTokens::AsText);
    Model model(path);
    std::map<bool, std::vector<core::model::GeneratedToken>> said;
    for (const bool found : {true, false}) {
      auto executor = std::make_unique<VulkanExecutor>(openFamily(family, {.findsCandidates = found}), model.graph(),
                                                       core::JobContext());
      core::model::Session session(std::move(executor), tokenizer, nullptr, 128, KvType::F16);
      for (const core::model::SamplingOptions& sampling : kSettings) {
        core::model::GenerationOptions options{.sampling = sampling, .maxTokens = 8, .beginning = {70}};
        session.complete(prompt, options, [&](const auto& token) { said[found].push_back(token); });
      }
    }
    QVERIFY(said[true].size() > std::size(kSettings));
    QCOMPARE(said[true].size(), said[false].size());
    for (std::size_t i = 0; i < said[true].size(); ++i) {
      const auto &device = said[true][i], &host = said[false][i];
      QCOMPARE(device.id, host.id);
      QVERIFY(isNear(device.probability, host.probability, 1e-4 * static_cast<double>(host.probability)));
      QVERIFY(isNear(device.entropy, host.entropy, 1e-3));
      QVERIFY(std::ranges::equal(device.top, host.top, {}, &core::model::TokenProbability::token,
                                 &core::model::TokenProbability::token));
    }
  }

 private:
  void addFamilies() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  /// A device that looks for candidates whether or not it would by itself.
  static std::shared_ptr<gpu::VulkanDevice> withCandidates(const QString& family) {
    static std::map<QString, std::shared_ptr<gpu::VulkanDevice>> devices;
    if (devices.empty()) qAddPostRoutine([] { devices.clear(); });
    auto& device = devices[family];
    if (!device) device = openFamily(family, {.findsCandidates = true});
    return device;
  }

  static constexpr core::model::SamplingOptions kSettings[] = {
      {},
      {.temperature = 0},
      {.temperature = 0, .repetitionPenalty = 1.5F},
      {.temperature = 1.4F, .topK = 0, .topP = 1.0F, .minP = 0, .seed = 5},
      {.temperature = 2.0F, .topK = 0, .topP = 0.9F, .minP = 0, .seed = 6},
      {.temperature = 1.0F, .topK = 20, .topP = 1.0F, .minP = 0, .repetitionPenalty = 1.3F, .seed = 7}};
  core::model::Graph m_many;
};

QTEST_GUILESS_MAIN(TestGpuCandidates)
#include "tst_gpu_candidates.moc"
