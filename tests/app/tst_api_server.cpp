// A server with OpenAI's API: both dialects, its faults, and what never leaves: the key.
#include <QElapsedTimer>
#include <QtTest>
#include <thread>

#include "app/remote/api_server.h"
#include "core/base/error.h"
#include "loopback/api_replies.h"

using namespace app::remote;
using support::LoopbackServer;
using namespace std::chrono_literals;

namespace {

const std::string kKey = "secret-4711";

std::string chunk(const std::string& choice) { return R"({"choices": [{"index": 0, )" + choice + "}]}"; }
std::string said(const std::string& text) { return chunk(R"("delta": {"content": ")" + text + "\"}"); }
const std::string kEnd = chunk(R"("delta": {}, "finish_reason": "stop")");

/// What it says, its thoughts in brackets; a failure's sentence.
struct Heard {
  QString text;
  std::vector<ApiToken> tokens;
  std::optional<ApiEnd> end;
  std::optional<RemoteFault> fault;
};

Heard hear(const LoopbackServer& server, ApiQuestion question = {}, const core::JobContext& job = core::JobContext()) {
  Heard heard;
  question.messages = {{"user", "Hi"}};
  HttpClient client;
  try {
    heard.end = ask(
        client, {server.url() + "/v1", kKey}, question,
        [&](const ApiToken& token) {
          heard.text += QString::fromStdString(token.isThought ? "[" + token.text + "]" : token.text);
          heard.tokens.push_back(token);
        },
        job);
  } catch (const RemoteError& error) {
    heard.fault = error.fault();
    heard.text += QString::fromStdString(error.what());
  }
  return heard;
}

}  // namespace

class TestApiServer : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { qputenv("no_proxy", "127.0.0.1"); }

  void addresses_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("url");
    QTest::newRow("host") << "localhost:8080"
                          << "http://localhost:8080/v1";
    QTest::newRow("slash") << " https://example.org/ "
                           << "https://example.org/v1";
    QTest::newRow("path") << "http://host/api/v2/"
                          << "http://host/api/v2";
    QTest::newRow("whole") << "http://host:1/v1/chat/completions"
                           << "http://host:1/v1";
    QTest::newRow("name and password") << "http://me:pw@host/v1"
                                       << "";
    QTest::newRow("question") << "http://host/v1?key=1"
                              << "";
    QTest::newRow("scheme") << "file:///etc/passwd"
                            << "";
    QTest::newRow("nothing") << ""
                             << "";
  }
  void addresses() {
    QFETCH(QString, typed);
    QFETCH(QString, url);
    QString found;
    try {
      found = QString::fromStdString(apiUrlOf(typed.toStdString()));
    } catch (const RemoteError& error) {
      QCOMPARE(error.fault(), RemoteFault::Address);
    }
    QCOMPARE(found, url);
  }

  void modelsAreListedWithTheKeyInTheHeader() {
    const LoopbackServer server([](const auto&) {
      return support::jsonReply(R"({"object": "list", "data": [{"id": "a"}, {"id": "b/c"}, {"no": 1}]})");
    });
    HttpClient client;
    QCOMPARE(listModels(client, {server.url() + "/v1", kKey}, {}), (std::vector<std::string>{"a", "b/c"}));
    const auto request = server.requests().front();
    QCOMPARE(request.method + " " + request.target, std::string("GET /v1/models"));
    QCOMPARE(request.header("authorization"), "Bearer " + kKey);
  }

  void aChatStreams() {
    const LoopbackServer server([](const auto&) {
      return support::eventsReply({chunk(R"("delta": {"role": "assistant", "content": ""})"),
                                   chunk(R"("delta": {"reasoning_content": "hm"})"), said("Hel"), said("lo"), kEnd,
                                   R"({"choices": [], "usage": {"total_tokens": 3}})", "[DONE]"});
    });
    ApiQuestion question;
    question.model = "m";
    question.seed = 7;
    const Heard heard = hear(server, question);
    QCOMPARE(heard.text, QStringLiteral("[hm]Hello"));
    QCOMPARE(heard.end, std::optional(ApiEnd::Stop));
    const auto body = nlohmann::json::parse(server.requests().front().body);
    QCOMPARE(body.at("messages"), nlohmann::json::parse(R"([{"role": "user", "content": "Hi"}])"));
    QVERIFY(body.at("stream").get<bool>() && body.at("logprobs").get<bool>());
    QCOMPARE(body.at("top_logprobs").get<int>(), 20);
    QCOMPARE(body.at("seed").get<int>(), 7);
    QCOMPARE(server.requests().front().method + " " + server.requests().front().target,
             std::string("POST /v1/chat/completions"));
  }

  void probabilitiesOfAChat() {
    const LoopbackServer server([](const auto&) {
      return support::eventsReply({chunk(
          R"("delta": {"content": "a€"}, "logprobs": {"content": [)"
          R"({"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [)"
          R"({"token": "?", "logprob": -2, "bytes": [226, 130]}, {"token": "a", "logprob": -0.5, "bytes": [97]}]},)"
          R"({"token": "€", "logprob": -1, "bytes": null, "top_logprobs": []}]}, "finish_reason": "length")")});
    });
    const Heard heard = hear(server);
    QCOMPARE(heard.end, std::optional(ApiEnd::Length));
    QCOMPARE(heard.tokens.size(), std::size_t{2});
    QCOMPARE(heard.tokens[0].text, std::string("a"));
    QCOMPARE(heard.tokens[0].own->logProbability, -0.5);
    QCOMPARE(heard.tokens[0].top.size(), std::size_t{2});
    QCOMPARE(heard.tokens[0].top[0].bytes, std::string("a"));  // the most probable first
    QCOMPARE(heard.tokens[0].top[1].bytes, std::string("\xE2\x82"));
    QCOMPARE(heard.tokens[1].text, std::string("€"));
  }

  void probabilitiesOfACompletion() {
    const LoopbackServer server([](const auto&) {
      return support::eventsReply({chunk(R"("text": "ab", "logprobs": {"tokens": ["a", "b"], "token_logprobs": )"
                                         R"([-0.25, -0.75], "top_logprobs": [{"x": -2, "a": -0.25}, null]})"),
                                   chunk(R"("text": "", "finish_reason": "stop")")});
    });
    ApiQuestion question;
    question.dialect = ApiDialect::Completion;
    question.text = "Once";
    question.topTokens = 5;
    const Heard heard = hear(server, question);
    QCOMPARE(heard.text, QStringLiteral("ab"));
    QCOMPARE(heard.tokens[1].own->logProbability, -0.75);
    QCOMPARE(heard.tokens[0].top[0].bytes, std::string("a"));
    QVERIFY(heard.tokens[1].top.empty());
    const auto body = nlohmann::json::parse(server.requests().front().body);
    QCOMPARE(body.at("prompt").get<std::string>(), std::string("Once"));
    QCOMPARE(body.at("logprobs").get<int>(), 5);
  }

  void aServerThatDoesNotStreamAnswersAtOnce() {
    const LoopbackServer server([](const auto&) {
      return support::jsonReply(R"({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})");
    });
    QCOMPARE(hear(server).text, QStringLiteral("Hello"));
  }

  void whoRefusesProbabilitiesIsAskedWithout() {
    const LoopbackServer server([](const auto& request) {
      if (request.body.find("logprobs") != std::string::npos)
        return support::jsonReply(R"({"error": {"message": "no logprobs here"}})", 400);
      return support::eventsReply({said("Hello"), kEnd});
    });
    QCOMPARE(hear(server).text, QStringLiteral("Hello"));
    QCOMPARE(server.requests().size(), std::size_t{2});
  }

  void whatPassesIsTriedAgainAfterTheTimeAskedFor() {
    std::atomic<int> asked = 0;
    const LoopbackServer server([&](const auto&) {
      if (++asked == 1) return support::jsonReply("{}", 429, {{"Retry-After", "1"}});
      return support::eventsReply({said("Hello"), kEnd});
    });
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(hear(server).text, QStringLiteral("Hello"));
    QVERIFY(timer.elapsed() >= 1000);
    QCOMPARE(asked.load(), 2);
  }

  void faults_data() {
    QTest::addColumn<QString>("answer");
    QTest::addColumn<int>("fault");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& answer, RemoteFault fault, const char* words) {
      QTest::newRow(name) << QString::fromStdString(answer) << static_cast<int>(fault) << QString::fromUtf8(words);
    };
    const std::string refusal = R"({"error": {"message": "Incorrect key: secret-4711"}})";
    row("key", "HTTP/1.1 401 No\r\nContent-Length: " + std::to_string(refusal.size()) + "\r\n\r\n" + refusal,
        RemoteFault::Unauthorized, "Incorrect key: …");
    row("limit", "HTTP/1.1 429 No\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n", RemoteFault::TooMany, "3600 s");
    row("nothing there", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", RemoteFault::NotFound, "nothing there");
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    row("cut", head + "data: " + said("Hel") + "\n\ndata: {\"cho", RemoteFault::Cut, "Hel");
    row("without an end", head + "data: " + said("Hel") + "\n\n", RemoteFault::Cut, "broke off");
    row("error in the stream",
        head + "data: " + said("Hel") + "\n\ndata: {\"error\": {\"message\": \"out of secret-4711\"}}\n\n",
        RemoteFault::Server, "out of …");
    row("no JSON", head + "data: " + said("Hel") + "\n\ndata: <html>\n\n", RemoteFault::Answer, "Hel");
    row("something else", head + "data: {\"a\": 1}\n\n", RemoteFault::Answer, "something else");
    row("no HTTP", "hello", RemoteFault::Answer, "does not answer in HTTP");
  }
  void faults() {
    QFETCH(QString, answer);
    QFETCH(int, fault);
    QFETCH(QString, words);
    const LoopbackServer server([&](const auto&) { return support::rawReply(answer.toStdString()); });
    const Heard heard = hear(server);
    QVERIFY2(heard.fault.has_value(), qPrintable(heard.text));
    QVERIFY2(*heard.fault == static_cast<RemoteFault>(fault) && heard.text.contains(words), qPrintable(heard.text));
    QVERIFY2(!heard.text.contains(QString::fromStdString(kKey)), qPrintable(heard.text));
  }

  void silenceEndsItWithoutAnotherTry() {
    const LoopbackServer server([](const auto&) { return support::eventsReply({said("Hel")}, 2s); });
    HttpClient client;
    ApiServer address{server.url() + "/v1", kKey};
    address.patience = 300ms;
    try {
      ask(client, address, {}, [](const ApiToken&) {}, {});
      QFAIL("It waited.");
    } catch (const RemoteError& error) {
      QCOMPARE(error.fault(), RemoteFault::TimedOut);
    }
    QCOMPARE(server.requests().size(), std::size_t{1});
  }

  void aJobEndsAnAnswerAtOnce() {
    const LoopbackServer server([](const auto&) { return support::eventsReply({said("Hel"), said("lo"), kEnd}, 3s); });
    std::stop_source stop;
    const core::JobContext job(stop.get_token());
    std::jthread stopper([&] {
      std::this_thread::sleep_for(200ms);
      stop.request_stop();
    });
    QElapsedTimer timer;
    timer.start();
    QVERIFY_THROWS_EXCEPTION(core::Cancelled, hear(server, {}, job));
    QVERIFY(timer.elapsed() < 2000);
  }
};

QTEST_GUILESS_MAIN(TestApiServer)
#include "tst_api_server.moc"
