#include <QtTest>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/session/answer_score.h"
#include "app/session/engine.h"
#include "core/base/error.h"
#include "support/golden.h"

using namespace app;
using core::model::Recipe;

namespace {

std::vector<Exchange> lessonExchanges() {
  std::vector<Exchange> exchanges;
  for (const auto& pair :
       support::readJson(std::filesystem::path(QS_SOURCE_DIR) / "resources/lessons/models/questions.json"))
    exchanges.push_back({pair[0], pair[1]});
  return exchanges;
}

Recipe scheme(const char* text) { return core::quant::Scheme::parse(text); }

}  // namespace

/// Teacher forcing of whole answers on the demo model.
class TestAnswerScore : public QObject {
  Q_OBJECT

 private:
  std::shared_ptr<OpenModel> m_model = OpenModel::open("demo");
  std::vector<Exchange> m_exchanges = lessonExchanges();

  AnswerScore score(const Recipe& recipe) { return scoreAnswers(*m_model, recipe, m_exchanges); }

 private slots:
  void theModelAsStoredKnowsItsAnswers() {
    const AnswerScore stored = score({});
    QCOMPARE(stored.answers, m_exchanges.size());
    QVERIFY(stored.tokens > 400);
    QCOMPARE(stored.kl, 0.0);
    QCOMPARE(stored.sameTop, 1.0);
    QVERIFY2(stored.exactShare > 0.95, qPrintable(QString::number(stored.exactShare)));
    QVERIFY2(stored.perplexity < 1.05, qPrintable(QString::number(stored.perplexity)));
  }

  /// What lesson 11 says: 8 bits cost nothing, 4 little, 3 much, 2 everything.
  void fewerBitsReadWorse() {
    const AnswerScore eight = score(scheme("int8")), four = score(scheme("int4")), three = score(scheme("int3")),
                      two = score(scheme("int2"));
    for (const auto& [name, s] : {std::pair{"int8", eight}, {"int4", four}, {"int3", three}, {"int2", two}})
      qInfo("%s: perplexity %.4f, KL %.5f, same favourite %.4f, exact %.3f", name, s.perplexity, s.kl, s.sameTop,
            s.exactShare);
    QVERIFY(eight.kl < four.kl && four.kl < three.kl && three.kl < two.kl);
    QVERIFY(eight.perplexity < 1.05 && four.perplexity < 1.2 && three.perplexity > 1.3 && two.perplexity > 10);
    QVERIFY(eight.exactShare > 0.95 && three.exactShare < four.exactShare && two.exactShare < 0.05);
  }

  /// An answer is exact when the model itself writes it.
  void exactAnswersAreThoseTheModelWrites() {
    Engine engine;
    Engine::SessionOptions options;
    options.device.kind = DeviceChoice::Kind::Cpu;
    options.recipe = scheme("int3");
    const auto session = engine.createSession(*m_model, options);
    core::model::GenerationOptions greedy;
    greedy.sampling.temperature = 0;
    greedy.maxTokens = 80;
    int written = 0;
    for (const Exchange& exchange : m_exchanges) {
      const core::text::ChatMessage question{"user", exchange.question};
      if (session->chat(std::span(&question, 1), greedy, {}).text == exchange.answer) ++written;
    }
    QCOMPARE(score(options.recipe).exactShare, written / static_cast<double>(m_exchanges.size()));
  }

  /// Perplexity by hand for one answer.
  void perplexityIsOfTheAnswersTokens() {
    const Exchange sum{"What is 47 + 38?", "47 + 38 = 85."};
    Engine engine;
    Engine::SessionOptions options;
    options.device.kind = DeviceChoice::Kind::Cpu;
    const auto session = engine.createSession(*m_model, options);
    core::model::GenerationOptions greedy;
    greedy.sampling.temperature = 0;
    const core::text::ChatMessage question{"user", sum.question};
    auto generation = session->startChat(std::span(&question, 1), greedy);
    double surprise = 0;
    std::size_t tokens = 0;
    while (const auto token = generation->next())
      surprise -= std::log(static_cast<double>(token->probability)), ++tokens;
    QCOMPARE(generation->result().text, sum.answer);
    const AnswerScore found = scoreAnswers(*m_model, {}, std::span(&sum, 1));
    QCOMPARE(found.tokens, tokens + 1);  // and its end
    QVERIFY(std::log(found.perplexity) * static_cast<double>(found.tokens) >= surprise - 1e-3);
    QVERIFY(std::log(found.perplexity) * static_cast<double>(found.tokens) <= surprise + 0.05);
  }

  void whatCannotBeScoredIsSaid() {
    QVERIFY_THROWS_EXCEPTION(core::Error, scoreAnswers(*m_model, {}, {}));
    const Exchange endless{std::string(20000, 'x'), "y"};
    QVERIFY_THROWS_EXCEPTION(core::Error, scoreAnswers(*m_model, {}, std::span(&endless, 1)));
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_THROWS_EXCEPTION(core::Cancelled,
                             scoreAnswers(*m_model, {}, m_exchanges, core::JobContext(stop.get_token())));
  }
};

QTEST_APPLESS_MAIN(TestAnswerScore)
#include "tst_answer_score.moc"
