// Conversations with the prototype chat model on the CPU.
#include <QtTest>

#include <cmath>
#include <fstream>
#include <limits>

#include "core/base/error.h"
#include "core/model/session.h"
#include "support/random_model.h"

using namespace core;
using model::Generation;
using model::GenerationOptions;
using model::GenerationResult;
using model::Session;
using model::StopReason;
using text::ChatMessage;
using text::TokenId;

namespace {

const std::filesystem::path kModel = std::filesystem::path(QS_TEST_DATA) / "logits" / "prototype-outliers.gguf";

const std::vector<ChatMessage> kSum = {{.role = "user", .content = "What is 47 + 38?"}};

GenerationOptions greedy(std::uint32_t maxTokens = 48) {
  GenerationOptions options;
  options.sampling.temperature = 0;
  options.maxTokens = maxTokens;
  return options;
}

}  // namespace

class TestSession : public QObject {
  Q_OBJECT

 private:
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  std::shared_ptr<const text::Tokenizer> m_tokenizer;
  std::shared_ptr<const text::ChatTemplate> m_template;
  std::unique_ptr<model::WeightLibrary> m_library;

  Session makeSession(const char* scheme = nullptr, std::uint32_t contextLength = 256) {
    const auto config = model::ModelConfig::fromCheckpoint(*m_checkpoint);
    std::optional<quant::Scheme> parsed;
    if (scheme != nullptr) parsed = quant::Scheme::parse(scheme);
    return {model::createCpuExecutor(model::buildGraph(config, m_library->load(config, parsed))), m_tokenizer,
            m_template, contextLength, model::KvType::F16};
  }

 private slots:
  void initTestCase() {
    m_checkpoint = io::openCheckpoint(kModel);
    m_tokenizer = text::Tokenizer::fromCheckpoint(*m_checkpoint);
    const std::string source = m_checkpoint->metadata().string("tokenizer.chat_template").value();
    m_template = std::make_shared<text::ChatTemplate>(source, m_tokenizer->piece(m_tokenizer->bos().value()),
                                                      m_tokenizer->piece(m_tokenizer->eos().value()));
    m_library = std::make_unique<model::WeightLibrary>(m_checkpoint);
  }

  void answersASum_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<bool>("exact");  // mild enough that the sum must be right
    QTest::newRow("as stored (bf16)") << "" << true;
    QTest::newRow("fp32") << "fp32" << true;
    QTest::newRow("bf16") << "bf16" << true;
    QTest::newRow("int8") << "int8" << true;
    QTest::newRow("nf4") << "nf4" << false;
    QTest::newRow("int4") << "int4" << false;
    QTest::newRow("q4_0") << "q4_0" << false;
  }

  void answersASum() {
    QFETCH(QString, scheme);
    QFETCH(bool, exact);
    Session session = makeSession(scheme.isEmpty() ? nullptr : scheme.toUtf8().constData());
    std::string streamed;
    std::size_t calls = 0;
    const GenerationResult result = session.chat(kSum, greedy(), [&](const model::GeneratedToken& token) {
      streamed += token.text;
      ++calls;
      QVERIFY(token.probability > 0 && token.probability <= 1);
      QCOMPARE(token.top.size(), std::size_t{5});
      QCOMPARE(token.top.front().token, token.id);  // greedy takes the first
      QVERIFY(token.logits.empty());
    });
    qInfo("%s: %s", qPrintable(scheme), result.text.c_str());
    QCOMPARE(result.stop, StopReason::EndOfTurn);
    QCOMPARE(streamed, result.text);
    QCOMPARE(calls, result.tokens.size());
    QVERIFY(!result.text.empty());
    if (exact) QVERIFY2(result.text.find("85") != std::string::npos, result.text.c_str());
    QVERIFY(result.timeToFirstTokenS > 0 && result.prefillTokensPerS > 0 && result.decodeTokensPerS > 0);
  }

  void secondTurnReusesTheCache() {
    Session session = makeSession();
    const GenerationResult first = session.chat(kSum, greedy(), {});
    QCOMPARE(first.cachedTokens, 0U);
    std::vector<ChatMessage> messages = kSum;
    messages.push_back({.role = "assistant", .content = first.text});
    messages.push_back({.role = "user", .content = "What is 12 + 30?"});
    const GenerationResult second = session.chat(messages, greedy(), {});
    QVERIFY2(second.cachedTokens >= first.promptTokens, "the first prompt should not be computed again");
    QVERIFY(second.cachedTokens < second.promptTokens);
    Session fresh = makeSession();
    const GenerationResult direct = fresh.chat(messages, greedy(), {});
    QCOMPARE(direct.cachedTokens, 0U);
    QCOMPARE(second.text, direct.text);

    session.reset();
    QCOMPARE(session.chat(kSum, greedy(), {}).text, first.text);
  }

  void regeneratingComputesOnlyTheLastToken() {
    Session session = makeSession();
    const GenerationResult first = session.chat(kSum, greedy(), {});
    const GenerationResult again = session.chat(kSum, greedy(), {});
    QCOMPARE(again.cachedTokens, again.promptTokens - 1);
    QCOMPARE(again.text, first.text);
  }

  void cancellingKeepsWhatWasSaid() {
    Session session = makeSession();
    const std::string whole = session.chat(kSum, greedy(), {}).text;
    std::stop_source stop;
    const JobContext job(stop.get_token());
    std::size_t count = 0;
    const auto stopAtThird = [&](const model::GeneratedToken&) {
      if (++count == 3) stop.request_stop();
    };
    const GenerationResult partial = session.chat(kSum, greedy(), stopAtThird, job);
    QCOMPARE(partial.stop, StopReason::Cancelled);
    QCOMPARE(partial.tokens.size(), std::size_t{3});
    QVERIFY(!partial.text.empty() && whole.starts_with(partial.text));
    QCOMPARE(session.chat(kSum, greedy(), {}).text, whole);  // and the session still works
  }

  void stopsAtTheTokenLimitAndAtTheContextsEnd() {
    Session session = makeSession();
    QCOMPARE(session.chat(kSum, greedy(2), {}).stop, StopReason::MaxTokens);
    QCOMPARE(session.chat(kSum, greedy(0), {}).tokens.size(), std::size_t{0});
    const std::uint32_t promptTokens = session.chat(kSum, greedy(1), {}).promptTokens;
    Session tight = makeSession(nullptr, promptTokens + 2);
    const GenerationResult result = tight.chat(kSum, greedy(), {});
    QCOMPARE(result.stop, StopReason::ContextFull);
    QCOMPARE(result.tokens.size(), std::size_t{3});
  }

  void aPromptThatDoesNotFitSaysSo() {
    Session session = makeSession(nullptr, 8);
    try {
      session.chat(kSum, greedy(), {});
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::InvalidArgument);
      QVERIFY2(std::string(error.what()).find("but the context holds only 8") != std::string::npos, error.what());
    }
    QVERIFY_EXCEPTION_THROWN(session.complete({}, greedy(), {}), Error);
    QVERIFY_EXCEPTION_THROWN(session.score(std::vector<TokenId>(9, 1)), Error);
  }

  void withoutATemplateItCannotChat() {
    const auto config = model::ModelConfig::fromCheckpoint(*m_checkpoint);
    Session session(model::createCpuExecutor(model::buildGraph(config, m_library->load(config, {}))), m_tokenizer,
                    nullptr, 64, model::KvType::F16);
    QVERIFY_EXCEPTION_THROWN(session.chat(kSum, greedy(), {}), Error);
    const auto prompt = m_tokenizer->encodePrompt("Hello", text::SpecialTokens::AsText);
    QVERIFY(!session.complete(prompt, greedy(4), {}).tokens.empty());
  }

  void scoringEqualsGenerating() {
    Session session = makeSession();
    GenerationOptions options = greedy();
    options.keepLogits = true;
    std::vector<std::vector<float>> generated;
    const auto prompt = m_tokenizer->encode(m_template->render(kSum), text::SpecialTokens::Parse);
    const GenerationResult result = session.complete(
        prompt, options, [&](const model::GeneratedToken& token) { generated.push_back(token.logits); });
    std::vector<TokenId> tokens = prompt;
    tokens.insert(tokens.end(), result.tokens.begin(), result.tokens.end());
    const std::vector<float> scored = session.score(tokens);
    const std::size_t vocabulary = m_tokenizer->size();
    QCOMPARE(scored.size(), tokens.size() * vocabulary);
    for (std::size_t i = 0; i < generated.size(); ++i) {
      const auto row = std::span(scored).subspan((prompt.size() - 1 + i) * vocabulary, vocabulary);
      QVERIFY(model::klDivergence(generated[i], row) < 1e-6);
    }
  }

  void scoringInPartsEqualsScoringAtOnce() {
    Session session = makeSession();
    const std::size_t vocabulary = m_tokenizer->size();
    const auto tokens = m_tokenizer->encode(m_template->render(kSum), text::SpecialTokens::Parse);
    const std::vector<float> whole = session.score(tokens);
    const std::size_t half = tokens.size() / 2;
    session.chat({{{.role = "user", .content = "Something else."}}}, greedy(3), {});  // another text in the cache
    for (const std::size_t end : {half + 3, tokens.size()}) {
      const auto part = session.score(std::span(tokens).first(end), half);
      QCOMPARE(part.size(), (end - half) * vocabulary);
      for (std::size_t i = half; i < end; ++i) {
        const auto row = [&](const std::vector<float>& logits, std::size_t index) {
          return std::span(logits).subspan(index * vocabulary, vocabulary);
        };
        QVERIFY(model::klDivergence(row(whole, i), row(part, i - half)) < 1e-6);
      }
    }
    QVERIFY(session.score(tokens, tokens.size()).empty());
    QVERIFY(!session.chat(kSum, greedy(), {}).text.empty());  // and the cache is still in order
  }

  void twoSessionsTakeTurns() {
    Session a = makeSession();
    Session b = makeSession("nf4");
    const std::string wantedA = a.chat(kSum, greedy(), {}).text;
    const std::string wantedB = b.chat(kSum, greedy(), {}).text;
    const auto first = a.startChat(kSum, greedy());
    const auto second = b.startChat(kSum, greedy());
    while (!first->ended() || !second->ended()) {
      first->next();
      second->next();
    }
    QCOMPARE(first->result().text, wantedA);
    QCOMPARE(second->result().text, wantedB);
    QVERIFY(!first->next());
  }

  // Whatever a session does between two tokens of an answer, the answer is the one it gives undisturbed, to the bit.
  void anAnswerIsNotDisturbed_data() {
    QTest::addColumn<int>("disturbance");
    QTest::newRow("score another text") << 0;
    QTest::newRow("score the same text") << 1;
    QTest::newRow("another answer of the session") << 2;
    QTest::newRow("reset") << 3;
    QTest::newRow("an answer that begins alike") << 4;
  }

  void anAnswerIsNotDisturbed() {
    QFETCH(int, disturbance);
    const auto drawAll = [](Generation& generation, const std::function<void()>& between) {
      std::vector<std::vector<float>> logits;
      while (const auto token = generation.next()) {
        logits.push_back(token->logits);
        between();
      }
      return logits;
    };
    GenerationOptions options = greedy(12);
    options.keepLogits = true;
    options.sampling.temperature = 2.0F;
    Session alone = makeSession();
    const auto undisturbed = alone.startChat(kSum, options);
    const auto expected = drawAll(*undisturbed, [] {});
    const auto other = m_tokenizer->encode("Something else.", text::SpecialTokens::AsText);
    const std::vector<float> otherScores = alone.score(other);

    Session session = makeSession();
    const auto generation = session.startChat(kSum, options);
    const auto disturb = [&] {
      switch (disturbance) {
        case 0:
          QCOMPARE(session.score(other), otherScores);
          break;
        case 1:
          session.score(generation->history());
          break;
        case 2:
          session.complete(other, greedy(2), {});
          break;
        case 3:
          session.reset();
          break;
        default:
          session.chat(kSum, greedy(3), {});
          break;
      }
    };
    const auto found = drawAll(*generation, disturb);
    QCOMPARE(generation->result().tokens, undisturbed->result().tokens);
    QVERIFY(found == expected);
    // And it leaves the session in order.
    QCOMPARE(session.chat(kSum, greedy(), {}).text, makeSession().chat(kSum, greedy(), {}).text);
  }

  void twoAnswersOfOneSessionTakeTurns() {
    Session session = makeSession();
    const std::vector<ChatMessage> other = {{.role = "user", .content = "What is NF4?"}};
    const auto first = session.startChat(kSum, greedy());
    const auto second = session.startChat(other, greedy());
    while (!first->ended() || !second->ended()) {
      first->next();
      second->next();
    }
    QCOMPARE(first->result().text, makeSession().chat(kSum, greedy(), {}).text);
    QCOMPARE(second->result().text, makeSession().chat(other, greedy(), {}).text);
    QVERIFY(session.chat(kSum, greedy(), {}).cachedTokens > 0);  // what the first one computed came back
  }

  void anAnswerOutlivesItsSession() {
    const std::string expected = makeSession().chat(kSum, greedy(), {}).text;
    auto session = std::make_unique<Session>(makeSession());
    const auto begun = session->startChat(kSum, greedy());
    const auto notBegun = session->startChat(kSum, greedy());
    begun->next();
    session.reset();
    while (begun->next()) continue;
    while (notBegun->next()) continue;
    QCOMPARE(begun->result().text, expected);
    QCOMPARE(notBegun->result().text, expected);
  }

  void resetDuringAnAnswerForgetsItAfterwards() {
    Session session = makeSession();
    const auto generation = session.startChat(kSum, greedy(3));
    generation->next();
    session.reset();
    while (generation->next()) continue;
    QCOMPARE(session.chat(kSum, greedy(3), {}).cachedTokens, 0U);
  }

  // Embeddings are padded to a round number; what only the model has is never an answer.
  void tokensTheTokenizerLacksAreNotChosen() {
    class FewTokens : public text::Tokenizer {
     public:
      std::size_t size() const override { return 90; }
      std::vector<TokenId> encode(std::string_view, text::SpecialTokens) const override { return {1}; }
      std::string bytes(TokenId id) const override {
        if (id >= 90) throw std::out_of_range("an id the tokenizer does not have");
        return "x";
      }
      std::string piece(TokenId id) const override { return bytes(id); }
      std::optional<TokenId> bos() const override { return std::nullopt; }
      std::optional<TokenId> eos() const override { return std::nullopt; }
      bool addsBos() const override { return false; }
      bool isEndOfGeneration(TokenId) const override { return false; }
    };
    QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("padded.gguf").toStdString();
    support::writeRandomModel({.vocabulary = 131}, path);
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto graph = model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, {}));
    Session session(model::createCpuExecutor(graph), std::make_shared<FewTokens>(), nullptr, 128, model::KvType::F16);
    GenerationOptions options = greedy(100);
    options.keepLogits = true;
    options.sampling = {.temperature = 5.0F, .topK = 0, .topP = 1.0F, .minP = 0.0F, .seed = 3};
    std::size_t tokens = 0;
    session.complete(std::vector<TokenId>{1, 2, 3}, options, [&](const model::GeneratedToken& token) {
      ++tokens;
      QVERIFY(token.id < 90);
      double total = 0;
      for (const auto& [id, probability] : token.top) {
        QVERIFY(id < 90);
        total += static_cast<double>(probability);
      }
      QVERIFY(total <= 1.0 + 1e-6);
      QCOMPARE(token.logits.size(), std::size_t{131});
      QCOMPARE(token.logits[90], -std::numeric_limits<float>::infinity());
      QVERIFY(std::abs(model::probabilityOf(token.logits, token.id) - token.probability) < 1e-6F);
    });
    QCOMPARE(tokens, std::size_t{100});
    const auto scores = session.score(std::vector<TokenId>{1, 2, 3});
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t i = 0; i < 131; ++i) QCOMPARE(std::isfinite(scores[row * 131 + i]), i < 90);
    }
  }

  void logitsThatAreNoNumbersAreAnError() {
    QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("broken.gguf").toStdString();
    std::filesystem::copy_file(kModel, path);
    // The model stores its matrices as bfloat16: 0x7FC0 is NaN.
    const auto checkpoint = io::openCheckpoint(path);
    const auto& tensor = checkpoint->tensors()[checkpoint->find("blk.2.ffn_up.weight").value()];
    QCOMPARE(tensor.dtype, tensor::DType::BF16);
    {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(tensor.offset));
      file.write("\xC0\x7F", 2);
    }
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto graph = model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, {}));
    Session session(model::createCpuExecutor(graph), m_tokenizer, m_template, 256, model::KvType::F16);
    const auto refuses = [&](const std::function<void()>& action) {
      try {
        action();
        return std::string("accepted");
      } catch (const Error& error) {
        return error.code() == ErrorCode::NotFinite ? error.where() : error.what();
      }
    };
    QCOMPARE(refuses([&] { session.chat(kSum, greedy(), {}); }), std::string("blk.2.ffn_up.weight"));
    QCOMPARE(refuses([&] {
               session.complete(std::vector<TokenId>{1, 2, 3}, greedy(), {});
             }),
             std::string("blk.2.ffn_up.weight"));
    QCOMPARE(refuses([&] { session.score(std::vector<TokenId>{1, 2, 3}, 1); }), std::string("blk.2.ffn_up.weight"));
  }

  void seedsRepeat() {
    Session session = makeSession("int4");
    GenerationOptions options = greedy(30);
    options.sampling.temperature = 3.0F;
    options.sampling.topK = 0;
    options.sampling.topP = 1.0F;
    options.sampling.minP = 0.0F;
    options.sampling.seed = 7;
    const auto tokens = session.chat(kSum, options, {}).tokens;
    QCOMPARE(session.chat(kSum, options, {}).tokens, tokens);
    bool different = false;
    for (std::uint64_t seed = 8; seed < 14; ++seed) {
      options.sampling.seed = seed;
      different = different || session.chat(kSum, options, {}).tokens != tokens;
    }
    QVERIFY(different);
  }

  // Whatever an answer asks of its logits, it says what a sampler says that sees all of them.
  void answersAreDrawnAsTheirLogitsSay_data() {
    QTest::addColumn<model::SamplingOptions>("sampling");
    QTest::newRow("the usual") << model::SamplingOptions{.seed = 3};
    QTest::newRow("greedy, penalty") << model::SamplingOptions{.temperature = 0, .repetitionPenalty = 1.4F};
    QTest::newRow("everything") << model::SamplingOptions{.temperature = 1.5F, .topK = 0, .topP = 1.0F, .minP = 0};
    QTest::newRow("top-p") << model::SamplingOptions{.temperature = 2.0F, .topK = 0, .topP = 0.9F, .minP = 0};
    QTest::newRow("all, penalty") << model::SamplingOptions{.topK = 0, .topP = 1.0F, .repetitionPenalty = 1.2F};
  }

  void answersAreDrawnAsTheirLogitsSay() {
    QFETCH(model::SamplingOptions, sampling);
    Session session = makeSession();
    GenerationOptions options = greedy(12);
    options.sampling = sampling;
    const std::vector<TokenId> said = session.chat(kSum, options, {}).tokens;
    options.keepLogits = true;
    model::Sampler sampler(sampling);
    const auto generation = session.startChat(kSum, options);
    std::vector<TokenId> history(generation->history().begin(), generation->history().end());
    while (const auto token = generation->next()) {
      QCOMPARE(token->id, sampler.sample(token->logits, history));
      QVERIFY(std::abs(token->probability - model::probabilityOf(token->logits, token->id)) < 1e-6F);
      QVERIFY(std::abs(static_cast<double>(token->entropy) - model::entropy(token->logits)) < 1e-5);
      const auto top = model::topProbabilities(token->logits, 5);
      for (std::size_t i = 0; i < 5; ++i) QCOMPARE(token->top[i].token, top[i].token);
      history.push_back(token->id);
    }
    QCOMPARE(generation->result().tokens, said);
  }

  void topProbabilitiesAreSortedAndTotal() {
    const std::vector<float> logits = {0.0F, std::log(3.0F), NAN, std::log(4.0F), 0.0F};
    const auto top = model::topProbabilities(logits, 3);
    QCOMPARE(top.size(), std::size_t{3});
    QCOMPARE(top[0].token, 3);
    QVERIFY(std::abs(top[0].probability - 4.0F / 9.0F) < 1e-6F);
    QCOMPARE(top[1].token, 1);
    QCOMPARE(top[2].token, 0);  // the first of equals
    QCOMPARE(model::topProbabilities(logits, 100).size(), logits.size());
    QCOMPARE(model::topProbabilities(logits, 100).back().probability, 0.0F);
    QVERIFY(model::topProbabilities({}, 3).empty());
  }

  void entropyFollowsItsFormula() {
    const std::vector<float> even(8, 3.0F), sure{0.0F, 200.0F, 0.0F};
    QVERIFY(std::abs(model::entropy(even) - std::log(8.0)) < 1e-12);
    QVERIFY(model::entropy(sure) < 1e-12);
    const std::vector<float> quarter{std::log(0.25F), std::log(0.75F), std::numeric_limits<float>::quiet_NaN()};
    QVERIFY(std::abs(model::entropy(quarter) + 0.25 * std::log(0.25) + 0.75 * std::log(0.75)) < 1e-6);
  }

  // Made to begin as it did, an answer goes on as it did, also where tokens are drawn: the random numbers keep step.
  void anAnswerMadeToBeginAsItDidGoesOnAsItDid() {
    for (const float temperature : {0.0F, 1.5F}) {
      Session session = makeSession();
      GenerationOptions options = greedy();
      options.sampling.temperature = temperature;
      options.sampling.seed = 7;
      std::vector<model::GeneratedToken> plain, begun;
      const auto whole = session.chat(kSum, options, [&](const model::GeneratedToken& t) { plain.push_back(t); });
      QVERIFY(whole.tokens.size() > 4);
      options.beginning.assign(whole.tokens.begin(), whole.tokens.begin() + 3);
      const auto again = session.chat(kSum, options, [&](const model::GeneratedToken& t) { begun.push_back(t); });
      QCOMPARE(again.tokens, whole.tokens);
      QCOMPARE(again.text, whole.text);
      for (std::size_t i = 0; i < plain.size(); ++i) {
        QVERIFY(std::abs(plain[i].probability - begun[i].probability) < 1e-5F);
        QVERIFY(std::abs(plain[i].entropy - begun[i].entropy) < 1e-4F);
      }
    }
  }

  void anAnswerGoesOnBehindATokenItWouldNotHaveSaid() {
    Session session = makeSession();
    const auto whole = session.chat(kSum, greedy(), {});
    std::vector<model::GeneratedToken> plain, begun;
    session.chat(kSum, greedy(), [&](const model::GeneratedToken& token) { plain.push_back(token); });
    GenerationOptions options = greedy();
    const TokenId other = plain[1].top[1].token;
    options.beginning = {whole.tokens[0], other};
    const auto result = session.chat(kSum, options, [&](const model::GeneratedToken& t) { begun.push_back(t); });
    QVERIFY(result.tokens.size() > 2);
    QCOMPARE(result.tokens[0], whole.tokens[0]);
    QCOMPARE(result.tokens[1], other);
    // It is described as the model sees it: an unlikely token stays unlikely, its distribution is the same.
    QVERIFY(std::abs(begun[1].probability - plain[1].top[1].probability) < 1e-5F);
    QCOMPARE(begun[1].top.front().token, whole.tokens[1]);
    // What follows is what the model says behind prompt and beginning.
    const auto generation = session.startChat(kSum, greedy());
    std::vector<TokenId> prompt(generation->history().begin(), generation->history().end());
    prompt.insert(prompt.end(), options.beginning.begin(), options.beginning.end());
    const auto direct = session.complete(prompt, greedy(), {});
    QVERIFY(std::equal(direct.tokens.begin(), direct.tokens.end(), result.tokens.begin() + 2, result.tokens.end()));

    options.beginning = {static_cast<TokenId>(m_tokenizer->size() + 1000)};
    QVERIFY_THROWS_EXCEPTION(core::Error, session.chat(kSum, options, {}));
    options.beginning = {whole.tokens[0], m_tokenizer->eos().value()};
    QCOMPARE(session.chat(kSum, options, {}).stop, StopReason::EndOfTurn);
    options.beginning = whole.tokens;
    options.maxTokens = 2;
    QCOMPARE(session.chat(kSum, options, {}).tokens.size(), std::size_t{2});
  }

  void klDivergenceFollowsItsFormula() {
    const std::vector<float> p = {std::log(1.0F), std::log(3.0F)};
    const std::vector<float> q = {std::log(2.0F) + 50, std::log(2.0F) + 50};
    QVERIFY(std::abs(model::klDivergence(p, q) - (0.25 * std::log(0.5) + 0.75 * std::log(1.5))) < 1e-6);
    QCOMPARE(model::klDivergence(q, q), 0.0);
    const std::vector<float> broken = {std::nanf(""), 1.0F};  // no number is left out as if the rest agreed
    QVERIFY(std::isnan(model::klDivergence(broken, q)) && std::isnan(model::klDivergence(q, broken)));
    const float inf = std::numeric_limits<float>::infinity();
    const std::vector<float> infinite{0.0F, inf}, nothing{-inf, -inf}, certain{-inf, 0.0F};
    QVERIFY(std::isnan(model::klDivergence(infinite, infinite)) && std::isnan(model::klDivergence(nothing, nothing)));
    QCOMPARE(model::klDivergence(certain, certain), 0.0);  // a token may be ruled out
  }
};

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
