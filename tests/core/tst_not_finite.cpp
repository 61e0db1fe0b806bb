// Logits that are no numbers are an error that says where they come from: activation, position, token, tensor, cause.
#include <QtTest>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "core/model/non_finite.h"
#include "support/architectures.h"
#include "support/damaged_weight.h"
#include "support/random_model.h"

using namespace core;
using model::Executor;
using model::KvType;
using model::LogitsWanted;
using text::TokenId;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr TokenId kRareToken = 77;  // read at position 5 of the prompt
constexpr std::size_t kRarePosition = 5;

std::vector<TokenId> prompt(std::size_t count = 9, std::size_t rarePosition = kRarePosition) {
  std::vector<TokenId> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<TokenId>((i * 7 + 3) % 60);
  if (rarePosition < count) tokens[rarePosition] = kRareToken;
  return tokens;
}

struct Refusal {
  QString sentence;
  std::string tensor;
};

/// What forward() says of these tokens; fails the caller's comparison when it says nothing.
Refusal refusalOf(Executor& executor, std::span<const TokenId> tokens, model::KvCache& cache,
                  LogitsWanted wanted = LogitsWanted::LastToken) {
  std::vector<float> logits((wanted == LogitsWanted::AllTokens ? tokens.size() : 1) * executor.graph().vocabulary());
  const std::uint32_t length = cache.length();
  try {
    executor.forward(tokens, cache, wanted, logits);
    return {"accepted", {}};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFinite || cache.length() != length) return {"not the right error", {}};
    return {QString::fromUtf8(error.what()), error.where()};
  }
}

}  // namespace

class TestNotFinite : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::filesystem::path m_path;

  struct Damage {
    std::string tensor;
    std::size_t element;
    float value;
  };
  /// A model of two layers with biases, width 96, heads of 16.
  std::unique_ptr<Executor> make(const std::vector<Damage>& damages) {
    m_path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({.biases = true}, m_path);
    for (const Damage& damage : damages) support::setWeight(m_path, damage.tensor, damage.element, damage.value);
    const auto checkpoint = io::openCheckpoint(m_path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    return model::createCpuExecutor(model::buildGraph(config, library.load(config, {})));
  }

 private slots:
  void theFirstActivationAndItsTensorAreNamed_data() {
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<int>("element");
    QTest::addColumn<float>("value");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char* name, const char* tensor, int element, float value, const char* activation,
                        const char* position, const char* found, const char* cause) {
      QTest::newRow(name) << tensor << element << value
                          << QString(
                                 "The model does not compute numbers: %1 at position %2 is the first activation with "
                                 "%3, because %4 holds %5.")
                                 .arg(activation, position, found, tensor, cause);
    };
    const char* start = "0 (token 3)";
    row("matrix", "blk.0.attn_q.weight", 5 * 96 + 9, NAN, "blk.0.attn_q", start, "NaN", "NaN in row 5, column 9");
    row("deep matrix", "blk.1.ffn_down.weight", 7 * 160 + 2, NAN, "blk.1.ffn_down", start, "NaN",
        "NaN in row 7, column 2");
    row("infinite matrix", "blk.1.attn_v.weight", 3, -kInfinity, "blk.1.attn_v", start, "an infinite value",
        "an infinite value in row 0, column 3");
    row("norm", "blk.1.ffn_norm.weight", 95, NAN, "blk.1.ffn_norm", start, "NaN", "NaN at element 95");
    row("last norm", "output_norm.weight", 0, NAN, "output_norm", start, "NaN", "NaN at element 0");
    row("bias", "blk.0.attn_k.bias", 31, NAN, "blk.0.attn_k", start, "NaN", "NaN at element 31");
    row("infinite bias", "blk.1.attn_output.bias", 4, kInfinity, "blk.1.attn_output", start, "an infinite value",
        "an infinite value at element 4");
    row("output matrix", "output.weight", 130 * 96, NAN, "logits", start, "NaN", "NaN in row 130, column 0");
    row("one token's embedding", "token_embd.weight", kRareToken * 96 + 50, NAN, "token_embd", "5 (token 77)", "NaN",
        "NaN in row 77, column 50");
  }

  void theFirstActivationAndItsTensorAreNamed() {
    QFETCH(QString, tensor);
    QFETCH(int, element);
    QFETCH(float, value);
    QFETCH(QString, sentence);
    const auto executor = make({{tensor.toStdString(), static_cast<std::size_t>(element), value}});
    const auto cache = executor->createKvCache(16, KvType::F16);
    for (const LogitsWanted wanted : {LogitsWanted::LastToken, LogitsWanted::AllTokens}) {
      const Refusal refusal = refusalOf(*executor, prompt(), *cache, wanted);
      QCOMPARE(refusal.sentence, sentence);
      QCOMPARE(refusal.tensor, tensor.toStdString());
    }
  }

  void overflowIsNamedWithTheNearestWeights() {
    // Both finite, their sum is not.
    const auto adding = make({{"token_embd.weight", kRareToken * 96 + 8, 3e38F}, {"blk.0.attn_output.bias", 8, 3e38F}});
    const auto cache = adding->createKvCache(16, KvType::F16);
    const Refusal sum = refusalOf(*adding, prompt(), *cache);
    QCOMPARE(sum.sentence,
             QString("The model does not compute numbers: blk.0.attn_residual at position 5 (token 77) is the first "
                     "activation with an infinite value, because its values exceed the range of float32 (nearest "
                     "weights: blk.0.attn_output.weight)."));
    QCOMPARE(sum.tensor, std::string("blk.0.attn_output.weight"));
    std::vector<Damage> large;
    for (std::size_t column = 0; column < 96; ++column) large.push_back({"blk.1.ffn_up.weight", column, 3e38F});
    const auto multiplying = make(large);
    const auto other = multiplying->createKvCache(16, KvType::F16);
    const Refusal product = refusalOf(*multiplying, prompt(), *other);
    QVERIFY2(product.sentence.contains("blk.1.ffn_up at position 0") &&
                 product.sentence.contains("because its products with blk.1.ffn_up.weight exceed the range of float32"),
             qPrintable(product.sentence));
    QCOMPARE(product.tensor, std::string("blk.1.ffn_up.weight"));
  }

  void aKeyTooLargeForHalfPrecisionIsNamed() {
    const auto executor = make({{"blk.1.attn_k.bias", 3, 70000.0F}});
    const auto half = executor->createKvCache(16, KvType::F16), full = executor->createKvCache(16, KvType::F32);
    const Refusal refusal = refusalOf(*executor, prompt(), *half);
    QVERIFY2(
        refusal.sentence.contains("blk.1.attn_heads at position 0") &&
            refusal.sentence.contains("because blk.1.attn_k_rope exceeds 65504, the largest number of an FP16 cache"),
        qPrintable(refusal.sentence));
    QCOMPARE(refusal.tensor, std::string("blk.1.attn_k.weight"));
    QCOMPARE(refusalOf(*executor, prompt(), *full).sentence, QString("accepted"));
  }

  void itIsFoundTokenByTokenAndFarIntoAText() {
    const auto executor = make({{"token_embd.weight", kRareToken * 96, NAN}});
    const auto cache = executor->createKvCache(128, KvType::F16);
    const auto few = prompt();
    for (std::size_t i = 0; i < kRarePosition; ++i)
      QCOMPARE(refusalOf(*executor, std::span(few).subspan(i, 1), *cache).sentence, QString("accepted"));
    QVERIFY(refusalOf(*executor, std::span(few).subspan(kRarePosition, 1), *cache)
                .sentence.contains("token_embd at position 5 (token 77)"));
    QCOMPARE(cache->length(), 5U);
    cache->truncate(0);
    const auto many = prompt(100, 71);
    QVERIFY(refusalOf(*executor, many, *cache).sentence.contains("token_embd at position 71 (token 77)"));
    QCOMPARE(cache->length(), 0U);
  }

  void aTextWithoutTheTokenIsNotAffected() {
    const auto executor = make({{"token_embd.weight", kRareToken * 96, NAN}});
    const auto healthy = prompt(9, 100);
    const auto logitsOf = [&](model::KvCache& cache) {
      std::vector<float> logits(9 * 131);
      executor->forward(healthy, cache, LogitsWanted::AllTokens, logits);
      return logits;
    };
    const auto untouched = executor->createKvCache(16, KvType::F16);
    const auto expected = logitsOf(*untouched);
    // What the refused text left behind the cache's end does not leak into the next one.
    const auto cache = executor->createKvCache(16, KvType::F16);
    QVERIFY(refusalOf(*executor, prompt(12, 2), *cache).sentence.contains("position 2"));
    QVERIFY(logitsOf(*cache) == expected);
    QVERIFY(std::ranges::equal(cache->tokens(), healthy));
  }

  void hooksStayWhatTheyWere() {
    const auto executor = make({{"token_embd.weight", kRareToken * 96, NAN}});
    int calls = 0;
    const auto watching =
        executor->subscribe(executor->graph().allValues(), [&](const model::Observation&) { ++calls; });
    const auto cache = executor->createKvCache(16, KvType::F16);
    QVERIFY(refusalOf(*executor, prompt(), *cache).sentence.contains("token_embd"));
    const int once = calls;
    QVERIFY(once > 0);
    QCOMPARE(refusalOf(*executor, prompt(9, 100), *cache).sentence, QString("accepted"));
    QCOMPARE(calls, 2 * once);
  }

  // How much an expert counts is named, and experts are not chosen by what is no number.
  void vectorsOfRoutersAreNamed() {
    const auto graphOf = [&](const char* name, const std::string& tensor, std::size_t elements) {
      m_path = m_folder.filePath("experts.gguf").toStdString();
      std::filesystem::copy_file(support::kArchitectures / name, m_path,
                                 std::filesystem::copy_options::overwrite_existing);
      for (std::size_t i = 0; i < elements; ++i) support::setWeight(m_path, tensor, i, NAN);
      const auto checkpoint = io::openCheckpoint(m_path);
      const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
      return model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, {}));
    };
    const std::string factors = "blk.1.ffn_down_exps.scale", bias = "blk.1.exp_probs_b.bias";
    const auto executor = model::createCpuExecutor(graphOf("gemma4_moe.gguf", factors, 5));
    const auto cache = executor->createKvCache(16, KvType::F32);
    const Refusal refusal = refusalOf(*executor, std::vector<TokenId>{5, 6, 7}, *cache);
    QCOMPARE(refusal.tensor, factors);
    QVERIFY2(refusal.sentence.contains("blk.1.ffn_routes"), qPrintable(refusal.sentence));
    try {
      graphOf("deepseek3.gguf", bias, 1);
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.where(), bias);
      QCOMPARE(error.code(), ErrorCode::InvalidFile);
    }
  }

  void everyValueIsLookedAt() {
    for (const std::size_t size : {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{131}}) {
      std::vector<float> values(size, -std::numeric_limits<float>::max());
      QVERIFY(model::allFinite(values));
      for (std::size_t i = 0; i < size; ++i) {
        for (const float bad : {NAN, -NAN, kInfinity, -kInfinity}) {
          const float before = std::exchange(values[i], bad);
          QVERIFY(!model::allFinite(values));
          values[i] = before;
        }
      }
    }
    QVERIFY(model::allFinite({}));
  }
};

QTEST_GUILESS_MAIN(TestNotFinite)
#include "tst_not_finite.moc"
