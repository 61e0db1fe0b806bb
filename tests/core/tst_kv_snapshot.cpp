// Prompt caches: what a KV cache held comes back from a file, bit by bit, and from nothing but the right file.
#include <QtTest>

#include <QTemporaryDir>
#include <filesystem>
#include <fstream>
#include <stop_token>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/model/executor.h"
#include "core/model/kv_snapshot.h"
#include "core/model/weights.h"
#include "support/random_model.h"
#include "support/recurrent_graph.h"

using namespace core;
using model::KvFormat;
using model::KvSnapshot;
using model::KvType;
using model::LogitsWanted;
using model::TokenId;

class TestKvSnapshot : public QObject {
  Q_OBJECT

 private:
  using Tokens = std::vector<TokenId>;
  static constexpr std::uint32_t kVocabulary = 70;
  const std::vector<model::KvTrait> kTraits{{"model", "one"}, {"scheme", "stored"}};

  static Tokens someTokens(std::size_t count, int step = 37) {
    Tokens tokens(count);
    for (std::size_t i = 0; i < count; ++i)
      tokens[i] = static_cast<TokenId>((i * static_cast<std::size_t>(step) + 5) % kVocabulary);
    return tokens;
  }
  static std::vector<float> append(model::Executor& executor, model::KvCache& cache, std::span<const TokenId> tokens) {
    std::vector<float> row(executor.graph().vocabulary());
    executor.forward(tokens, cache, LogitsWanted::LastToken, row);
    return row;
  }
  std::filesystem::path file(const char* name = "a.prompt") const { return m_folder.filePath(name).toStdString(); }
  void write(const model::KvCache& cache) const {
    io::OutputFile output(file());
    KvSnapshot::write(cache, kTraits, output);
    output.commit();
  }
  static std::vector<char> contents(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void setContents(const std::filesystem::path& path, const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  static std::string sentenceOf(const auto& f) {
    try {
      f();
    } catch (const Error& error) {
      return error.code() == ErrorCode::InvalidFile ? error.what() : "";
    }
    return {};
  }

  std::unique_ptr<model::Executor> m_executor;
  QTemporaryDir m_folder;

 private slots:
  void initTestCase() {
    support::RandomModel shape;
    shape.vocabulary = kVocabulary;
    support::writeRandomModel(shape, file("model.gguf"));
    const std::shared_ptr<const io::Checkpoint> checkpoint = io::openCheckpoint(file("model.gguf"));
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    m_executor = model::createCpuExecutor(model::buildGraph(config, library.load(config, model::Recipe())));
  }

  void comesBackBitByBit_data() {
    QTest::addColumn<QString>("type");
    for (const KvFormat keys : model::allKvFormats()) {
      const std::string name = model::nameOf(KvType(keys));
      QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    QTest::newRow("q8_0/q4_0") << "q8_0/q4_0";
  }
  void comesBackBitByBit() {
    QFETCH(QString, type);
    const KvType kv = model::kvTypeOf(type.toStdString());
    const Tokens tokens = someTokens(40);
    const auto cache = m_executor->createKvCache(64, kv);
    append(*m_executor, *cache, std::span(tokens).first(30));
    write(*cache);
    const auto expected = append(*m_executor, *cache, std::span(tokens).subspan(30));

    // Another capacity, and something else in it.
    const auto other = m_executor->createKvCache(48, kv);
    append(*m_executor, *other, someTokens(20, 11));
    const KvSnapshot snapshot(file());
    QVERIFY(std::ranges::equal(snapshot.tokens(), std::span(tokens).first(30)));
    QVERIFY(!snapshot.whyNot(kTraits, *other));
    QCOMPARE(snapshot.restore(*other, tokens), 30U - (tokens[0] == someTokens(1, 11)[0] ? 1U : 0U));
    QCOMPARE(other->length(), 30U);
    QCOMPARE(append(*m_executor, *other, std::span(tokens).subspan(30)), expected);
    QCOMPARE(snapshot.restore(*other, tokens), 0U);  // nothing that it does not have
    QCOMPARE(other->length(), 40U);
  }

  void onlyWhatTextsHaveInCommon() {
    const Tokens tokens = someTokens(30);
    const auto cache = m_executor->createKvCache(64, KvType::F16);
    append(*m_executor, *cache, tokens);
    write(*cache);
    Tokens mixed(tokens.begin(), tokens.begin() + 17);
    mixed.insert(mixed.end(), {1, 1, 2, 3});
    const auto expected = [&] {
      const auto own = m_executor->createKvCache(64, KvType::F16);
      append(*m_executor, *own, std::span(mixed).first(17));
      return append(*m_executor, *own, std::span(mixed).subspan(17));
    }();
    const auto other = m_executor->createKvCache(64, KvType::F16);
    append(*m_executor, *other, std::span(mixed).first(5));
    const KvSnapshot snapshot(file());
    QCOMPARE(snapshot.restore(*other, mixed), 12U);
    QCOMPARE(other->length(), 17U);
    QCOMPARE(append(*m_executor, *other, std::span(mixed).subspan(17)), expected);
    // A cache that is too small takes what it has room for.
    const auto small = m_executor->createKvCache(8, KvType::F16);
    QCOMPARE(snapshot.restore(*small, tokens), 8U);
  }

  void statesComeBack() {
    const auto executor = model::createCpuExecutor(support::recurrentGraph(kVocabulary));
    const Tokens tokens = someTokens(30);
    const auto cache = executor->createKvCache(64, KvType::F32);
    append(*executor, *cache, std::span(tokens).first(12));
    append(*executor, *cache, std::span(tokens).subspan(12, 8));
    write(*cache);
    const auto expected = append(*executor, *cache, std::span(tokens).subspan(20));
    const auto other = executor->createKvCache(64, KvType::F32);
    append(*executor, *other, someTokens(9, 11));
    const KvSnapshot snapshot(file());
    QCOMPARE(snapshot.restore(*other, tokens), 20U);
    QCOMPARE(append(*executor, *other, std::span(tokens).subspan(20)), expected);
    // A text that differs sooner goes back to the last state that was kept before that.
    Tokens mixed(tokens.begin(), tokens.begin() + 15);
    mixed.insert(mixed.end(), {1, 1, 2});
    const auto third = executor->createKvCache(64, KvType::F32);
    QCOMPARE(snapshot.restore(*third, mixed), 12U);
    const auto got = append(*executor, *third, std::span(mixed).subspan(12));
    const auto own = executor->createKvCache(64, KvType::F32);
    append(*executor, *own, std::span(mixed).first(12));
    QCOMPARE(got, append(*executor, *own, std::span(mixed).subspan(12)));
  }

  void othersAreTold() {
    const Tokens tokens = someTokens(10);
    const auto cache = m_executor->createKvCache(16, KvType::F16);
    append(*m_executor, *cache, tokens);
    write(*cache);
    const KvSnapshot snapshot(file());
    const auto why = [&](std::vector<model::KvTrait> traits, const model::KvCache& of) {
      return snapshot.whyNot(traits, of).value_or("");
    };
    QVERIFY(why(kTraits, *cache).empty());
    QVERIFY(why({{"model", "two"}, {"scheme", "stored"}}, *cache).ends_with("was made with another model."));
    QVERIFY(why({{"model", "one"}, {"scheme", "nf4"}}, *cache).ends_with("was made with another scheme."));
    QVERIFY(!why({{"model", "one"}}, *cache).empty());
    const auto bytes = m_executor->createKvCache(16, KvType::Int8);
    QVERIFY(why(kTraits, *bytes).ends_with("was made with another type of keys and values."));
    const auto recurrent = model::createCpuExecutor(support::recurrentGraph(kVocabulary));
    QVERIFY(!why(kTraits, *recurrent->createKvCache(16, KvType::F16)).empty());
  }

  /// Every byte is covered by a checksum or known, and every length is looked at.
  void damagedFilesAreRefused() {
    const auto executor = model::createCpuExecutor(support::recurrentGraph(kVocabulary));
    const Tokens tokens = someTokens(3);
    const auto cache = executor->createKvCache(4, KvType::Q4_0);
    append(*executor, *cache, tokens);
    write(*cache);
    const std::vector<char> good = contents(file());
    const auto taken = executor->createKvCache(4, KvType::Q4_0);
    const auto read = [&] {
      const KvSnapshot snapshot(file());
      if (!snapshot.whyNot(kTraits, *taken)) snapshot.restore(*taken, tokens);
    };
    const auto isRefused = [&](const std::vector<char>& bytes) {
      setContents(file(), bytes);
      const std::string sentence = sentenceOf(read);
      return taken->length() == 0 && sentence.ends_with('.') && sentence.find('\n') == std::string::npos;
    };
    // All of the head, and some of the rest: its checksums cover it alike.
    for (std::size_t at = 0; at < good.size(); at += at < 400 ? 1 : 97) {
      std::vector<char> bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x11);
      QVERIFY2(isRefused(bytes), qPrintable(QStringLiteral("byte %1").arg(at)));
      if (at % 7 == 0) {
        bytes = good;
        bytes.resize(at);
        QVERIFY2(isRefused(bytes), qPrintable(QStringLiteral("cut to %1").arg(at)));
      }
    }
    std::vector<char> longer = good;
    longer.push_back(0);
    QVERIFY(isRefused(longer));
    QVERIFY(isRefused({}));
    setContents(file(), good);
    read();
    QCOMPARE(taken->length(), 3U);
  }

  void stoppedOnesLeaveNothing() {
    const Tokens tokens = someTokens(10);
    const auto cache = m_executor->createKvCache(16, KvType::F16);
    append(*m_executor, *cache, tokens);
    write(*cache);
    const std::vector<char> before = contents(file());
    std::stop_source stop;
    stop.request_stop();
    const JobContext job(stop.get_token());
    {
      append(*m_executor, *cache, someTokens(2));
      io::OutputFile output(file());
      QVERIFY_THROWS_EXCEPTION(Cancelled, KvSnapshot::write(*cache, kTraits, output, job));
    }
    QCOMPARE(contents(file()), before);
    const auto other = m_executor->createKvCache(16, KvType::F16);
    append(*m_executor, *other, std::span(tokens).first(2));
    QVERIFY_THROWS_EXCEPTION(Cancelled, KvSnapshot(file()).restore(*other, tokens, job));
    QCOMPARE(other->length(), 2U);
  }
};

QTEST_GUILESS_MAIN(TestKvSnapshot)
#include "tst_kv_snapshot.moc"
