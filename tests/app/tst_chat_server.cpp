// A pane of the chat that is a server: chosen by mouse and keyboard, streamed, compared, and what goes wrong there.
#include <QComboBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <cmath>

#include "app/workspaces/chat/conversation_json.h"
#include "app/workspaces/chat/server_dialog.h"
#include "app/workspaces/chat/server_keys.h"
#include "app/workspaces/chat/token_readout.h"
#include "app/workspaces/chat/transcript.h"
#include "chat_hands.h"
#include "core/model/probabilities.h"
#include "loopback/api_replies.h"

using namespace app;
using support::LoopbackServer;
using Json = nlohmann::json;

namespace {

const QString kQuestion = QStringLiteral("What is 20 + 30?");
const QString kKey = QStringLiteral("secret-4711");

Json entry(const core::text::Tokenizer& tokenizer, core::text::TokenId token, double logProbability) {
  const std::string bytes = tokenizer.bytes(token).empty() ? tokenizer.piece(token) : tokenizer.bytes(token);
  Json list = Json::array();
  for (const char byte : bytes) list.push_back(static_cast<std::uint8_t>(byte));
  return {{"token", tokenizer.piece(token)}, {"bytes", list}, {"logprob", logProbability}};
}

/// What a server would stream that runs a scheme of the demo model: its greedy answer to the question with the
/// probabilities of each place, and the divergence from them to the weights as stored.
struct Script {
  std::vector<std::string> events;
  double kl = 0;

  Script(const char* scheme, std::size_t top) {
    const auto model = OpenModel::open("demo");
    Engine engine;
    const auto served = engine.createSession(
        *model, {.recipe = core::quant::Scheme::parse(scheme), .device = DeviceChoice::parse("cpu")});
    const auto stored = engine.createSession(*model, {.recipe = {}, .device = DeviceChoice::parse("cpu")});
    const core::text::ChatMessage message{"user", kQuestion.toStdString()};
    const auto tokens = model->tokenizer()->encodePrompt(model->chatTemplate()->render({&message, 1}),
                                                         core::text::SpecialTokens::Parse);
    core::model::GenerationOptions options;
    options.keepLogits = true;
    std::vector<core::text::TokenId> text = tokens;
    std::size_t count = 0;
    served->complete(tokens, options, [&](const core::model::GeneratedToken& token) {
      Json said = entry(*model->tokenizer(), token.id, std::log(static_cast<double>(token.probability)));
      said["top_logprobs"] = Json::array();
      const double all = core::model::logSumExp(token.logits);
      for (const auto& choice : core::model::topProbabilities(token.logits, top))
        said["top_logprobs"].push_back(
            entry(*model->tokenizer(), choice.token,
                  static_cast<double>(token.logits[static_cast<std::size_t>(choice.token)]) - all));
      events.push_back(
          Json{{"choices", {{{"delta", {{"content", token.text}}}, {"logprobs", {{"content", {said}}}}}}}}.dump());
      const auto p = stored->score(text, text.size() - 1);
      kl += core::model::klDivergence(token.logits, p);
      text.push_back(token.id);
      ++count;
    });
    kl /= static_cast<double>(count);
    events.push_back(R"({"choices": [{"delta": {}, "finish_reason": "stop"}]})");
    events.push_back("[DONE]");
  }
};

}  // namespace

class TestChatServer : public QObject {
  Q_OBJECT

  struct Chat : WorkspaceWindow {
    Chat() : WorkspaceWindow(QStringLiteral("chat")), hands(*this) { static_cast<void>(waitUntilIdle()); }
    ServerDialog* dialog() { return hands.workspace().findChild<ServerDialog*>(); }
    template <class T>
    T* part(const char* name) {
      return dialog()->findChild<T*>(QString::fromLatin1(name));
    }
    /// Opens the dialog by the list in the second pane's head.
    bool openDialog() {
      auto* list = hands.pane(1).findChild<QComboBox*>(QStringLiteral("pane-scheme"));
      const int item = list->findData(QStringLiteral("server…"));
      if (item < 0) return false;
      list->setFocus();
      QTest::keyClick(list, Qt::Key_Space);
      for (int at = list->view()->currentIndex().row(); at != item; ++at) QTest::keyClick(list->view(), Qt::Key_Down);
      QTest::keyClick(list->view(), Qt::Key_Return);
      return QTest::qWaitFor([this] { return dialog() != nullptr && dialog()->isVisible(); });
    }
    /// A server as its user sets it: address, key, model.
    bool useServer(const std::string& url, const QString& key = {}) {
      if (!openDialog()) return false;
      QTest::keyClicks(part<QLineEdit>("server-url"), QString::fromStdString(url));
      QTest::keyClicks(part<QLineEdit>("server-key"), key);
      QTest::keyClicks(part<QComboBox>("server-model")->lineEdit(), QStringLiteral("nibble"));
      QTest::mouseClick(part<QPushButton>("server-use"), Qt::LeftButton);
      return QTest::qWaitFor([this] { return hands.pane(1).variant().server.has_value(); }) && waitUntilIdle();
    }
    QString shown(const char* name) {
      auto* label = hands.pane(1).newest()->findChild<QLabel*>(QString::fromLatin1(name));
      return label->isVisible() ? label->text().replace(QChar::Nbsp, u' ') : QString();
    }
    ChatHands hands;
  };

 private Q_SLOTS:
  void initTestCase() {
    qputenv("VK_ICD_FILENAMES", "/dev/null");
    qputenv("no_proxy", "127.0.0.1");
    qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");  // no keyring of whoever runs the tests
  }

  void modelsAreListedOnAClickAndTheKeyIsKept() {
    const LoopbackServer server(
        [](const auto&) { return support::jsonReply(R"({"data": [{"id": "one"}, {"id": "two"}]})"); });
    Chat chat;
    QVERIFY(chat.openDialog());
    QVERIFY(!chat.part<QPushButton>("server-list")->isEnabled());
    QTest::keyClicks(chat.part<QLineEdit>("server-url"), QString::fromStdString(server.url()));
    QTest::keyClicks(chat.part<QLineEdit>("server-key"), kKey);
    QVERIFY(server.requests().empty());
    QTest::mouseClick(chat.part<QPushButton>("server-list"), Qt::LeftButton);
    QTRY_COMPARE(chat.part<QComboBox>("server-model")->count(), 2);
    QCOMPARE(server.requests().front().header("authorization"), "Bearer " + kKey.toStdString());
    QTest::mouseClick(chat.part<QPushButton>("server-use"), Qt::LeftButton);
    QTRY_VERIFY(chat.hands.pane(1).variant().server.has_value());
    const ServerChoice chosen = *chat.hands.pane(1).variant().server;
    QCOMPARE(chosen.model, std::string("one"));
    QCOMPARE(chosen.url, server.url() + "/v1");
    // Where no keyring answers: a file that only its owner can read.
    QCOMPARE(serverKey(QString::fromStdString(chosen.url)), kKey);
    const QFileInfo file(QFileInfo(QSettings().fileName()).path() + QStringLiteral("/server-keys.json"));
    QVERIFY(file.exists());
    QCOMPARE(file.permissions() &
                 (QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ReadOther | QFileDevice::WriteOther),
             QFileDevice::Permissions());
    setServerKey(QString::fromStdString(chosen.url), {});
    QVERIFY(!QFileInfo::exists(file.filePath()));
    QVERIFY(serverKey(QString::fromStdString(chosen.url)).isEmpty());
  }

  void itsAnswerStreamsAndIsCompared() {
    const Script script("int3", 20);
    const LoopbackServer server(
        [&](const auto&) { return support::eventsReply(script.events, std::chrono::milliseconds(60)); });
    Chat chat;
    QVERIFY(chat.useServer(server.url(), kKey));
    QVERIFY(server.requests().empty());  // nothing before a question
    int frames = 0;
    connect(&chat.hands.workspace().dialogue(), &ChatDialogue::tokensTaken, this, [&] { ++frames; });
    QVERIFY(chat.hands.ask(kQuestion));
    QVERIFY(frames > 2);
    const Answer& answer = chat.hands.answer(1);
    QVERIFY2(!answer.failure, answer.failure ? answer.failure->sentence.c_str() : "");
    QCOMPARE(answer.tokens.size(), script.events.size() - 2);
    QVERIFY(chat.hands.answer(0).text().contains(QStringLiteral("50")));  // the other pane, meanwhile
    const auto body = Json::parse(server.requests().back().body);
    QCOMPARE(body.at("messages").at(0).at("content").get<std::string>(), kQuestion.toStdString());
    // Its tokens are those of this vocabulary, and what it is apart from the reference lies between the bounds.
    QVERIFY(answer.serverComparison.has_value());
    QCOMPARE(answer.serverComparison->tokens, answer.tokens.size());
    QVERIFY2(answer.serverComparison->low <= script.kl * 1.001 && script.kl <= answer.serverComparison->high * 1.001,
             qPrintable(QStringLiteral("%1 ≤ %2 ≤ %3")
                            .arg(answer.serverComparison->low)
                            .arg(script.kl)
                            .arg(answer.serverComparison->high)));
    QVERIFY(answer.serverComparison->low > 0.2 * script.kl);
    QVERIFY2(chat.shown("answer-comparison").startsWith(QStringLiteral("KL(server ‖ BF16 as stored) is at least ")),
             qPrintable(chat.shown("answer-comparison")));
    // Remembered, but for the key.
    const QByteArray kept = toJson(chat.hands.conversation());
    QVERIFY(!kept.contains(kKey.toUtf8()) && !toMarkdown(chat.hands.conversation()).contains(kKey));
    const auto recalled = conversationFromJson(kept);
    QCOMPARE(recalled->newest(0, 1)->serverComparison->high, answer.serverComparison->high);
    QVERIFY(recalled->newest(0, 1)->isOf(chat.hands.pane(1).variant()));
    QVERIFY(toMarkdown(*recalled).contains(QStringLiteral("KL(server ‖ BF16 as stored)")));
    QVERIFY(!chat.hands.workspace().link().toString().contains(QStringLiteral("server")));
  }

  void withoutProbabilitiesItsWordsAreOnlyShown() {
    const LoopbackServer server([](const auto&) {
      return support::eventsReply({R"({"choices": [{"delta": {"reasoning_content": "Let me see."}}]})",
                                   R"({"choices": [{"delta": {"content": "20 + 30 = 50."}}]})", "[DONE]"});
    });
    Chat chat;
    QVERIFY(chat.useServer(server.url()));
    QVERIFY(chat.hands.ask(kQuestion));
    const Answer& answer = chat.hands.answer(1);
    QCOMPARE(answer.text(), QStringLiteral("20 + 30 = 50."));
    QCOMPARE(answer.thoughtText(), QStringLiteral("Let me see."));
    QVERIFY(!answer.serverComparison);
    const AnswerPair pair(&chat.hands.answer(0), &answer);
    // Each piece as the server wrote it, in the vocabulary of nobody here.
    const auto tokenizer = OpenModel::open("demo")->tokenizer();
    const auto reading = pair.reading(1, answer.tokens.size() - 1);
    QVERIFY2(describe(*reading, tokenizer.get()).contains(QStringLiteral(": 20 + 30 = 50.")),
             qPrintable(describe(*reading, tokenizer.get())));
    QVERIFY(!describe(*reading, tokenizer.get()).contains(QStringLiteral("<token")));
    QCOMPARE(pieceText(answer.tokens[0], tokenizer.get()), QStringLiteral("Let me see."));
    QVERIFY(!pair.parting());
    QVERIFY2(pair.verdict().contains(QStringLiteral("in tokens that this model does not have")),
             qPrintable(pair.verdict()));
  }

  void faultsAreSentencesAndTheOtherPanesGoOn_data() {
    QTest::addColumn<QString>("answer");
    QTest::addColumn<QString>("sentence");
    const QString stream = QStringLiteral("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    QTest::newRow("key") << QStringLiteral("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
                         << QStringLiteral("a token is missing or not the right one");
    QTest::newRow("limit") << QStringLiteral("HTTP/1.1 429 No\r\nRetry-After: 900\r\nContent-Length: 0\r\n\r\n")
                           << QStringLiteral("asks to wait for 900 s");
    QTest::newRow("cut") << stream + QStringLiteral("data: {\"choices\": [{\"delta\": {\"content\": \"20\"}}]}\n\n")
                         << QStringLiteral("broke off in the middle");
    QTest::newRow("nobody") << QString() << QString();
  }
  void faultsAreSentencesAndTheOtherPanesGoOn() {
    QFETCH(QString, answer);
    QFETCH(QString, sentence);
    const LoopbackServer server([&](const auto&) { return support::rawReply(answer.toStdString()); });
    Chat chat;
    QVERIFY(chat.useServer(answer.isEmpty() ? std::string("http://127.0.0.1:9") : server.url()));
    QVERIFY(chat.hands.ask(kQuestion));
    QVERIFY(chat.hands.answer(0).text().contains(QStringLiteral("50")));
    QVERIFY(chat.hands.answer(1).failure.has_value());
    QVERIFY2(chat.shown("answer-notice").contains(sentence), qPrintable(chat.shown("answer-notice")));
    QVERIFY(!chat.shown("answer-notice").isEmpty());
  }

  void stopEndsIt() {
    const LoopbackServer server([](const auto&) {
      return support::eventsReply(
          {R"({"choices": [{"delta": {"content": "20"}}]})", R"({"choices": [{"delta": {"content": " +"}}]})"},
          std::chrono::seconds(20));
    });
    Chat chat;
    QVERIFY(chat.useServer(server.url()));
    chat.hands.type(kQuestion);
    // The model beside it is done; the server is not.
    QTRY_VERIFY_WITH_TIMEOUT(chat.hands.pane(0).newest() && chat.hands.answer(0).text().contains(QStringLiteral("50")),
                             15000);
    QVERIFY(chat.hands.workspace().dialogue().isAnswering());
    QTest::mouseClick(chat.hands.send(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!chat.hands.workspace().dialogue().isAnswering(), 3000);
    QVERIFY(chat.hands.answer(0).text().contains(QStringLiteral("50")));
  }

  // By hand, against tests/peer/serve_llama_cpp.mjs with the demo model.
  void aRealEngine() {
    const QString url = qEnvironmentVariable("QS_API_SERVER"), key = qEnvironmentVariable("QS_API_KEY");
    if (url.isEmpty()) QSKIP("QS_API_SERVER names no server.");
    Chat chat;
    QVERIFY(chat.useServer(url.toStdString(), key));
    for (const QString& question : {kQuestion, QStringLiteral("What is NF4?"), QStringLiteral("Tell me a story.")}) {
      QVERIFY(chat.hands.ask(question));
      const Answer& answer = chat.hands.answer(1);
      QVERIFY2(!answer.failure, answer.failure ? answer.failure->sentence.c_str() : "");
      QVERIFY(answer.serverComparison.has_value());
      QCOMPARE(answer.serverComparison->tokens, answer.tokens.size());
      qInfo().noquote() << answer.text() << '\n' << inWords(*answer.serverComparison);
      QVERIFY(answer.serverComparison->low < 1e-4);  // the same weights in another engine's arithmetic
      QVERIFY(answer.text() == chat.hands.answer(0).text());
    }
  }

  void aLinkCannotChooseOne() {
    Chat chat;
    Link link{QStringLiteral("chat"), {}, {}};
    link.set(QStringLiteral("panes"), QStringLiteral("stored|stored@server=http%3A%2F%2F127.0.0.1%3A9%2Fv1,m"));
    QVERIFY(chat.hands.workspace().openLink(link).contains(QStringLiteral("A server is chosen in its pane")));
    QVERIFY(!chat.hands.pane(1).variant().server);
  }
};

QTEST_MAIN(TestChatServer)
#include "tst_chat_server.moc"
