// One request, its answer piece by piece, and a sentence for everything that can go wrong between two computers.
#include <atomic>
#include <thread>

#include "app/remote/event_stream.h"
#include "app/remote/fetch_json.h"
#include "app/remote/http_client.h"
#include "loopback/loopback_server.h"
#include "remote_place.h"

using namespace app::remote;
using support::LoopbackReply;
using support::LoopbackRequest;
using support::LoopbackServer;

class TestHttpClient : public QObject {
  Q_OBJECT
 private slots:
  void sendsAndReceives();
  void keepsItsConnection();
  void streamsWhileTheServerWrites();
  void redirects();
  void tokensStayWithTheirServer();
  void bodiesStayWithTheirServer();
  void statusesAreSentences_data();
  void statusesAreSentences();
  void retryAfterIsRead();
  void cutsAreNoticed();
  void silenceEnds();
  void isCancelled();
  void namesAndPortsThatAreNone();
  void certificatesAreVerified();
  void sizesAreBounded();
  void jsonThatIsNone();
  void whatTheReceiverThrowsArrives();

 private:
  RemotePlace m_place;
  core::JobContext m_job;
};

namespace {

HttpRequest requestTo(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeouts = quick().timeouts;
  return request;
}

LoopbackReply text(std::string body, int status = 200) {
  LoopbackReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

LoopbackReply movedTo(const std::string& place, int status = 302) {
  LoopbackReply reply = text("moved", status);
  reply.headers = {{"Location", place}};
  return reply;
}

std::string behindColon(const std::string& text) { return text.substr(text.find(':') + 1); }

}  // namespace

void TestHttpClient::sendsAndReceives() {
  const LoopbackServer server([](const LoopbackRequest& request) {
    LoopbackReply reply = text(request.method + " " + request.target + " " + request.body);
    reply.headers = {{"X-Number", "42"}, {"X-TWICE", "first"}, {"x-twice", "second"}};
    return reply;
  });
  HttpRequest request = requestTo(server.url() + "/a%20b?c=d");
  request.method = "POST";
  request.body = std::string("zero\0inside", 11);
  request.headers = {{"X-Mine", "yes"}};
  request.token = "secret";
  HttpClient client;
  HttpHead head;
  QCOMPARE(client.text(request, 1000, m_job, &head), "POST /a%20b?c=d " + request.body);
  QCOMPARE(head.status, 200);
  QCOMPARE(head.number("x-number").value(), std::uint64_t{42});
  QCOMPARE(head.find("x-twice").value(), std::string_view("second"));
  QVERIFY(!head.find("x-none") && !head.number("x-twice"));
  const auto asked = server.requests().at(0);
  QCOMPARE(asked.header("authorization"), std::string("Bearer secret"));
  QCOMPARE(asked.header("x-mine"), std::string("yes"));
  QVERIFY(asked.header("user-agent").starts_with("quantscope/"));
  QCOMPARE(asked.header("expect"), std::string());
}

void TestHttpClient::keepsItsConnection() {
  const LoopbackServer server([](const LoopbackRequest&) { return text("x"); });
  HttpClient client;
  for (int i = 0; i < 3; ++i) QCOMPARE(client.text(requestTo(server.url()), 10, m_job), std::string("x"));
  QCOMPARE(server.connections(), std::size_t{1});
}

void TestHttpClient::streamsWhileTheServerWrites() {
  const LoopbackServer server([](const LoopbackRequest&) {
    LoopbackReply reply = text("data: one\n\ndata: two\n\nevent: done\ndata: a\ndata: b\n\n");
    reply.pieceBytes = 4;
    reply.pieceDelay = std::chrono::milliseconds(10);
    reply.hasLength = false;
    return reply;
  });
  std::vector<std::string> events;
  std::vector<std::chrono::steady_clock::time_point> times;
  EventStream stream(
      [&](const EventStream::Event& event) {
        events.push_back(event.name + "=" + event.data);
        times.push_back(std::chrono::steady_clock::now());
      },
      "here");
  HttpRequest request = requestTo(server.url());
  request.method = "POST";
  request.body = "{}";
  HttpClient client;
  client.send(request, {{}, [&](std::string_view piece) { stream.feed(piece); }}, m_job);
  QCOMPARE(events, (std::vector<std::string>{"message=one", "message=two", "done=a\nb"}));
  QVERIFY(times.back() - times.front() > std::chrono::milliseconds(40));
  QVERIFY(stream.isBetweenEvents());
}

void TestHttpClient::redirects() {
  const LoopbackServer other(
      [](const LoopbackRequest& request) { return text("other " + request.method + request.target); });
  const LoopbackServer server([&](const LoopbackRequest& request) {
    if (request.target == "/away") return movedTo(other.url() + "/x");
    if (request.target == "/near") return movedTo("elsewhere?q=1", 307);
    if (request.target == "/loop") return movedTo("/loop");
    if (request.target == "/file") return movedTo("file:///etc/passwd");
    return text("here " + request.method + request.target + request.body);
  });
  HttpClient client;
  const auto get = [&](const std::string& path) { return client.text(requestTo(server.url() + path), 1000, m_job); };
  QCOMPARE(get("/away"), std::string("other GET/x"));
  QCOMPARE(get("/near"), std::string("here GET/elsewhere?q=1"));
  QCOMPARE(faultOf([&] { get("/loop"); }).first, RemoteFault::Redirect);
  QCOMPARE(faultOf([&] { get("/file"); }).first, RemoteFault::Address);
  HttpRequest stays = requestTo(server.url() + "/away");
  stays.redirects = Redirects::SameHost;
  const HttpHead head = client.send(stays, {}, m_job);
  QCOMPARE(head.status, 302);
  QCOMPARE(head.find("location").value(), std::string_view(other.url() + "/x"));
}

void TestHttpClient::tokensStayWithTheirServer() {
  const LoopbackServer other([](const LoopbackRequest&) { return text("there"); });
  const LoopbackServer server([&](const LoopbackRequest& request) {
    if (request.target == "/port") return movedTo(other.url());
    if (request.target == "/name") return movedTo("http://localhost:" + behindColon(request.header("host")) + "/x");
    return text("here");
  });
  HttpRequest request = requestTo(server.url() + "/port");
  request.token = "secret";
  HttpClient client;
  QCOMPARE(client.text(request, 1000, m_job), std::string("there"));
  QCOMPARE(server.requests().at(0).header("authorization"), std::string("Bearer secret"));
  QCOMPARE(other.requests().at(0).header("authorization"), std::string());
  request.url = server.url() + "/name";
  QCOMPARE(client.text(request, 1000, m_job), std::string("here"));
  QCOMPARE(server.requests().at(1).header("authorization"), std::string("Bearer secret"));
  QCOMPARE(server.requests().at(2).header("authorization"), std::string());
}

void TestHttpClient::bodiesStayWithTheirServer() {
  const LoopbackServer other([](const LoopbackRequest& request) { return text(request.method + request.body); });
  const LoopbackServer server([&](const LoopbackRequest& request) {
    if (request.target == "/307") return movedTo(other.url(), 307);
    if (request.target == "/303") return movedTo("/here", 303);
    if (request.target == "/308") return movedTo("/here", 308);
    return text(request.method + request.body);
  });
  HttpRequest request = requestTo(server.url() + "/307");
  request.method = "POST";
  request.body = "private words";
  HttpClient client;
  const auto post = [&](const std::string& path) {
    request.url = server.url() + path;
    return client.text(request, 1000, m_job);
  };
  QCOMPARE(faultOf([&] { post("/307"); }).first, RemoteFault::Redirect);
  QVERIFY(other.requests().empty());
  QCOMPARE(post("/303"), std::string("GET"));
  QCOMPARE(post("/308"), std::string("POSTprivate words"));
}

void TestHttpClient::statusesAreSentences_data() {
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("body");
  QTest::addColumn<int>("fault");
  QTest::addColumn<QString>("words");
  const auto row = [](int status, const char* body, RemoteFault fault, const char* words) {
    QTest::newRow(words) << status << QString(body) << static_cast<int>(fault) << QString(words);
  };
  row(401, R"({"error":"no token"})", RemoteFault::Unauthorized, "\"no token\"");
  row(403, R"({"error":{"message":"not yours","type":"x"}})", RemoteFault::Forbidden, "\"not yours\"");
  row(404, R"({"errors":[{"code":"X","message":"unknown"}]})", RemoteFault::NotFound, "\"unknown\"");
  row(410, "<html>gone</html>", RemoteFault::NotFound, "(status 410).");
  row(429, "", RemoteFault::TooMany, "asked too often");
  row(500, R"({"detail":"oops \u001b[31m"})", RemoteFault::Server, "oops \\x1B[31m");
  row(503, "[1", RemoteFault::Server, "(status 503).");
  row(418, "{}", RemoteFault::Status, "(status 418).");
}

void TestHttpClient::statusesAreSentences() {
  QFETCH(int, status);
  QFETCH(QString, body);
  QFETCH(int, fault);
  QFETCH(QString, words);
  const LoopbackServer server([&](const LoopbackRequest&) { return text(body.toStdString(), status); });
  HttpClient client;
  std::string received;
  const auto [kind, sentence] = faultOf([&] {
    client.send(requestTo(server.url()), {{}, [&](std::string_view piece) { received += piece; }}, m_job);
  });
  QCOMPARE(static_cast<int>(kind), fault);
  QVERIFY2(QString::fromStdString(sentence).contains(words), sentence.c_str());
  QVERIFY(sentence.ends_with(".") && sentence.find("\"127.0.0.1:") != std::string::npos);
  QVERIFY2(received.empty(), "a failure is no body");
}

void TestHttpClient::retryAfterIsRead() {
  const LoopbackServer server([](const LoopbackRequest&) {
    LoopbackReply reply = text("", 429);
    reply.headers = {{"Retry-After", "17"}};
    return reply;
  });
  HttpClient client;
  try {
    client.text(requestTo(server.url()), 10, m_job);
    QFAIL("no error");
  } catch (const RemoteError& error) {
    QCOMPARE(error.retryAfter().value().count(), 17);
    QCOMPARE(error.status(), 429);
    QVERIFY(error.isPassing() && std::string(error.what()).find("17 s") != std::string::npos);
  }
}

void TestHttpClient::cutsAreNoticed() {
  const LoopbackServer server([](const LoopbackRequest& request) {
    LoopbackReply reply = text(std::string(1000, 'x'));
    if (request.target == "/body") reply.cutAt = 500;
    if (request.target == "/head") reply.raw = {{"HTTP/1.1 200 OK\r\nContent-"}};
    if (request.target == "/chunk")
      reply.raw = {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}};
    if (request.target == "/noise") reply.raw = {{"SSH-2.0-OpenSSH_9.2\r\nnothing like a web server\r\n"}};
    return reply;
  });
  HttpClient client;
  const auto kind = [&](const std::string& path) {
    return faultOf([&] { client.text(requestTo(server.url() + path), 10'000, m_job); }).first;
  };
  for (const char* path : {"/body", "/head", "/chunk"}) QCOMPARE(kind(path), RemoteFault::Cut);
  QCOMPARE(kind("/noise"), RemoteFault::Answer);
}

void TestHttpClient::silenceEnds() {
  const LoopbackServer server([](const LoopbackRequest& request) {
    LoopbackReply reply = text(std::string(40, 'x'));
    if (request.target == "/late") reply.delay = std::chrono::seconds(20);
    if (request.target == "/stuck") {
      reply.pieceBytes = 10;
      reply.pieceDelay = std::chrono::seconds(20);
    }
    if (request.target == "/slow") {  // longer than the limit in all, never silent for as long
      reply.pieceBytes = 1;
      reply.pieceDelay = std::chrono::milliseconds(40);
    }
    return reply;
  });
  HttpClient client;
  const auto impatient = [&](const std::string& path, int milliseconds) {
    HttpRequest request = requestTo(server.url() + path);
    request.timeouts.stall = std::chrono::milliseconds(milliseconds);
    return request;
  };
  QElapsedTimer timer;
  timer.start();
  for (const char* path : {"/late", "/stuck"}) {
    const auto [kind, sentence] = faultOf([&] { client.text(impatient(path, 300), 100, m_job); });
    QCOMPARE(kind, RemoteFault::TimedOut);
    QVERIFY2(sentence.find("sent nothing for 0.3 s") != std::string::npos, sentence.c_str());
  }
  QVERIFY(timer.elapsed() < 10'000);
  QCOMPARE(client.text(impatient("/slow", 1000), 100, m_job).size(), std::size_t{40});
}

void TestHttpClient::isCancelled() {
  const LoopbackServer server([](const LoopbackRequest&) {
    LoopbackReply reply = text("x");
    reply.delay = std::chrono::seconds(20);
    return reply;
  });
  std::stop_source source;
  const core::JobContext job(source.get_token());
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    source.request_stop();
  });
  HttpRequest request = requestTo(server.url());
  request.timeouts.stall = std::chrono::seconds(30);
  QElapsedTimer timer;
  timer.start();
  HttpClient client;
  QVERIFY_THROWS_EXCEPTION(core::Cancelled, client.text(request, 100, job));
  QVERIFY(timer.elapsed() < 10'000);
}

void TestHttpClient::namesAndPortsThatAreNone() {
  HttpClient client;
  const auto ask = [&](const std::string& url) { return faultOf([&] { client.text(requestTo(url), 100, m_job); }); };
  QCOMPARE(ask("http://no-such-computer.invalid/").first, RemoteFault::NoSuchHost);
  const auto refused = ask("http://user:password@127.0.0.1:1/");
  QCOMPARE(refused.first, RemoteFault::Refused);
  QVERIFY2(refused.second.find("password") == std::string::npos, refused.second.c_str());
  for (const char* url : {"", "huggingface.co/x", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://a b/"})
    QCOMPARE(ask(url).first, RemoteFault::Address);
  qputenv("http_proxy", "http://127.0.0.1:1");
  const auto proxied = ask("http://example.invalid/");
  qunsetenv("http_proxy");
  QCOMPARE(proxied.first, RemoteFault::Refused);
  const LoopbackServer proxy([](const LoopbackRequest&) { return text("who are you?", 407); });
  qputenv("https_proxy", QByteArray::fromStdString(proxy.url()));
  const auto refusedByProxy = ask("https://example.invalid/");
  qunsetenv("https_proxy");
  QCOMPARE(refusedByProxy.first, RemoteFault::Refused);
  QVERIFY2(refusedByProxy.second.find("status 407") != std::string::npos, refusedByProxy.second.c_str());
  QCOMPARE(proxy.requests().at(0).method + proxy.requests().at(0).target, std::string("CONNECTexample.invalid:443"));
}

void TestHttpClient::certificatesAreVerified() {
  const LoopbackServer server([](const LoopbackRequest&) { return text("hello"); },
                              LoopbackServer::Security::SelfSigned);
  HttpRequest request = requestTo(server.url());
  request.token = "secret";
  const auto [kind, sentence] = faultOf([&] { HttpClient().text(request, 100, m_job); });
  QCOMPARE(kind, RemoteFault::Certificate);
  QVERIFY2(sentence.find("could not prove who it is") != std::string::npos, sentence.c_str());
  QVERIFY(server.requests().empty());
  writeTo(m_place.path("authority.pem"), server.certificate());
  qputenv("SSL_CERT_FILE", m_place.path("authority.pem").c_str());
  QCOMPARE(HttpClient().text(request, 100, m_job), std::string("hello"));
  // The same certificate under a name it does not speak of.
  request.url = server.url("localhost");
  QCOMPARE(faultOf([&] { HttpClient().text(request, 100, m_job); }).first, RemoteFault::Certificate);
  qunsetenv("SSL_CERT_FILE");
}

void TestHttpClient::sizesAreBounded() {
  const LoopbackServer server([](const LoopbackRequest& request) {
    LoopbackReply reply = text(std::string(1000, 'x'));
    if (request.target == "/headers") {
      for (int i = 0; i < 400; ++i) reply.headers.push_back({"X-" + std::to_string(i), std::string(1000, 'y')});
    }
    if (request.target == "/failure") reply = text(std::string(5'000'000, ' '), 500);
    return reply;
  });
  HttpClient client;
  const auto kind = [&](const std::string& path) {
    return faultOf([&] { client.text(requestTo(server.url() + path), 999, m_job); }).first;
  };
  QCOMPARE(kind("/body"), RemoteFault::Answer);
  QCOMPARE(kind("/headers"), RemoteFault::Answer);
  QCOMPARE(kind("/failure"), RemoteFault::Server);
}

void TestHttpClient::jsonThatIsNone() {
  const LoopbackServer server([](const LoopbackRequest& request) {
    if (request.target == "/deep") return text(std::string(100, '['));
    if (request.target == "/html") return text("<!doctype html>");
    return text(R"({"a": {"b": 7}})");
  });
  HttpClient client;
  QCOMPARE(fetchJson(client, requestTo(server.url()), m_job).find("a")->number("b").value(), std::uint64_t{7});
  for (const char* path : {"/deep", "/html"}) {
    const auto [kind, sentence] = faultOf([&] { fetchJson(client, requestTo(server.url() + path), m_job); });
    QCOMPARE(kind, RemoteFault::Answer);
    QVERIFY2(sentence.find("did not answer with the JSON") != std::string::npos, sentence.c_str());
  }
}

void TestHttpClient::whatTheReceiverThrowsArrives() {
  const LoopbackServer server([](const LoopbackRequest&) { return text("x"); });
  HttpClient client;
  struct Mine {};
  const auto throwing = [](auto&&...) { throw Mine(); };
  QVERIFY_THROWS_EXCEPTION(Mine, client.send(requestTo(server.url()), {throwing, {}}, m_job));
  QVERIFY_THROWS_EXCEPTION(Mine, client.send(requestTo(server.url()), {{}, throwing}, m_job));
  QCOMPARE(client.text(requestTo(server.url()), 10, m_job), std::string("x"));
}

QTEST_GUILESS_MAIN(TestHttpClient)
#include "tst_http_client.moc"
