// The one door for calibration texts, and which pieces of one are read.
#include <QtTest>

#include <numeric>

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/calibrate/calibration_text.h"
#include "core/calibrate/token_windows.h"

using namespace core;
using calibrate::CalibrationSettings;
using calibrate::CalibrationText;
using calibrate::TextForm;
using text::TokenId;

namespace {

/// A token per byte: where windows begin can be read off their ids.
class Bytes final : public text::Tokenizer {
 public:
  explicit Bytes(bool addsBos = false) : m_addsBos(addsBos) {}
  std::size_t size() const override { return 257; }
  std::vector<TokenId> encode(std::string_view text, text::SpecialTokens) const override {
    ++m_encoded;
    std::vector<TokenId> ids;
    for (const char byte : text) ids.push_back(static_cast<unsigned char>(byte));
    m_longest = std::max(m_longest, text.size());
    return ids;
  }
  std::string bytes(TokenId id) const override { return {static_cast<char>(id)}; }
  std::string piece(TokenId id) const override { return bytes(id); }
  std::optional<TokenId> bos() const override { return 256; }
  std::optional<TokenId> eos() const override { return std::nullopt; }
  bool addsBos() const override { return m_addsBos; }
  bool isEndOfGeneration(TokenId) const override { return false; }

  mutable std::size_t m_encoded = 0, m_longest = 0;

 private:
  bool m_addsBos;
};

CalibrationText plain(std::string text) { return {"a text", {std::move(text)}}; }

std::string letters(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + i / 10 % 26);
  return text;
}

/// The first letter of every window.
QString beginnings(const calibrate::TokenWindows& windows) {
  QString text;
  for (std::size_t i = 0; i < windows.count(); ++i) text += QChar(windows.window(i).front());
  return text;
}

template <class Call>
QString refusal(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

class TestCalibrationText : public QObject {
  Q_OBJECT

 private slots:
  void badTexts_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("lines");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const QByteArray& bytes, bool lines, const char* words) {
      QTest::newRow(name) << bytes << lines << QString(words);
    };
    row("empty", "", false, "found an empty file");
    row("blank", " \n\t\r\n", false, "found nothing but blanks");
    row("zero byte", QByteArray("abc\0def", 7), false, "byte 3 is 0x00, which is no text in UTF-8");
    row("latin 1",
        "gr\xF6\xDF"
        "er",
        false, "byte 2 is 0xF6");
    row("cut off", "gr\xC3", false, "byte 2 is 0xC3");
    row("archive", QByteArray("PK\x03\x04\x14\x00\x00\x00", 8), false, "a ZIP archive");
    row("model", QByteArray("GGUF\x03\x00\x00\x00", 8), false, "byte 5 is 0x00");
    row("no JSON", "{\"text\": \"a\"}\nhello\n", true, "\"chats\", line 2: expected valid JSON");
    row("no message", "{\"messages\": [{\"role\": \"user\"}]}", true,
        "\"chats\", line 1: a message should have the texts \"role\" and \"content\"");
    row("content in parts", "[{\"role\": \"user\", \"content\": [{\"text\": \"a\"}]}]", true, "a message should have");
    row("text for messages", "[\"user\", \"hi\"]", true, "a message should have");
    row("nothing in it", "\n\n{\"messages\": []}", true, "line 3: expected {\"messages\": […]}");
    row("something else", "{\"query\": \"hi\"}", true, "line 1: expected {\"messages\": […]}");
    row("no answer", "{\"text\": \"a\"}\n{\"question\": \"hi\"}", true,
        "line 2: \"answer\" is missing beside \"question\"");
    row("no prompt", "{\"completion\": \"hi\"}", true, "line 1: \"prompt\" is missing beside \"completion\"");
    row("answer in parts", "{\"question\": \"hi\", \"answer\": [\"a\"]}", true, "\"answer\" should be a text with");
    row("empty question", "{\"question\": \"\", \"answer\": \"a\"}", true, "\"question\" should be a text with");
    row("latin 1 in a line", "{\"text\": \"a\"}\n{\"text\": \"\xF6\"}", true, "byte 24 (line 2) is 0xF6");
    row("a number", "7", true, "line 1: expected {\"messages\": […]}");
    row("key twice", "{\"text\": \"a\", \"text\": \"b\"}", true, "line 1: the JSON key \"text\" occurs twice");
  }
  void badTexts() {
    QFETCH(QByteArray, bytes);
    QFETCH(bool, lines);
    QFETCH(QString, words);
    const QString sentence = refusal([&] {
      calibrate::parseCalibrationText({bytes.data(), static_cast<std::size_t>(bytes.size())},
                                      lines ? TextForm::ChatLines : TextForm::Plain, "chats");
    });
    QVERIFY2(sentence.contains(words) && sentence.endsWith('.') && !sentence.contains('\n'), qPrintable(sentence));
  }

  void linesOfChats() {
    const auto text = calibrate::parseCalibrationText(
        "{\"id\": {\"messages\": [1]}, \"messages\": [{\"role\": \"user\", \"name\": \"x\", \"content\": \"Hi\"}, "
        "{\"content\": \"\", \"role\": \"assistant\", \"calls\": [{\"role\": 1}]}]}\r\n"
        "\n"
        "[{\"role\": \"system\", \"content\": \"Be brief.\"}]\n"
        "{\"meta\": 1, \"text\": \"größer\"}",
        TextForm::ChatLines, "chats");
    QCOMPARE(text.documents.size(), std::size_t{3});
    const auto& chat = std::get<std::vector<text::ChatMessage>>(text.documents[0]);
    QCOMPARE(chat.size(), std::size_t{2});
    QCOMPARE(chat[0].role, std::string("user"));
    QCOMPARE(chat[0].content, std::string("Hi"));
    QCOMPARE(chat[1].role, std::string("assistant"));
    QCOMPARE(std::get<std::vector<text::ChatMessage>>(text.documents[1])[0].content, std::string("Be brief."));
    QCOMPARE(std::get<std::string>(text.documents[2]), std::string("größer"));
  }

  void questionsWithAnswersAreConversations() {
    const auto text = calibrate::parseCalibrationText(
        "{\"question\": \"Who?\", \"answer\": \"Me.\", \"skill\": \"x\"}\n{\"completion\": \"b\", \"prompt\": \"a\"}",
        TextForm::ChatLines, "facts");
    QCOMPARE(text.documents.size(), std::size_t{2});
    const auto& asked = std::get<std::vector<text::ChatMessage>>(text.documents[0]);
    QCOMPARE(asked.size(), std::size_t{2});
    QCOMPARE(asked[0].role + ": " + asked[0].content, std::string("user: Who?"));
    QCOMPARE(asked[1].role + ": " + asked[1].content, std::string("assistant: Me."));
    const auto& prompted = std::get<std::vector<text::ChatMessage>>(text.documents[1]);
    QCOMPARE(prompted[0].content + prompted[1].content, std::string("ab"));
  }

  void aByteOrderMarkIsNoText() {
    const auto plain = calibrate::parseCalibrationText("\xEF\xBB\xBFHi", TextForm::Plain, "text");
    QCOMPARE(std::get<std::string>(plain.documents[0]), std::string("Hi"));
    const auto lines = calibrate::parseCalibrationText("\xEF\xBB\xBF{\"text\": \"Hi\"}", TextForm::ChatLines, "text");
    QCOMPARE(std::get<std::string>(lines.documents[0]), std::string("Hi"));
    QVERIFY(refusal([] {
              calibrate::parseCalibrationText("\xEF\xBB\xBF", TextForm::Plain, "text");
            }).contains("an empty file"));
  }

  void formFollowsTheName() {
    QTemporaryDir folder;
    for (const char* name : {"a.jsonl", "a.JSONL", "a.txt", "a"}) {
      QFile file(folder.filePath(name));
      QVERIFY(file.open(QIODevice::WriteOnly) && file.write("[{\"role\": \"user\", \"content\": \"Hi\"}]") > 0);
      file.close();
      const auto text = calibrate::openCalibrationText(folder.filePath(name).toStdString());
      QCOMPARE(text.documents.front().index() == 1, QString(name).endsWith("jsonl", Qt::CaseInsensitive));
      QCOMPARE(text.title, std::string(name));
    }
    QVERIFY(refusal([&] { calibrate::openCalibrationText(folder.filePath("none").toStdString()); }).contains("none"));
  }

  void windowsDoNotOverlap() {
    const Bytes tokenizer;
    const auto windows = calibrate::cutIntoWindows(plain(letters(95)), {tokenizer, nullptr, 1000}, {95, 10, {}});
    QCOMPARE(windows.context, 10U);
    QCOMPARE(beginnings(windows), QString("abcdefghi"));  // what is left over is not read
    QCOMPARE(beginnings(calibrate::cutIntoWindows(plain(letters(95)), {tokenizer, nullptr, 1000}, {39, 10, {}})),
             QString("abc"));
    // Documents follow each other; a window may hold the end of one and the beginning of the next.
    const CalibrationText two{"two", {letters(15), std::string(20, 'z')}};
    QCOMPARE(beginnings(calibrate::cutIntoWindows(two, {tokenizer, nullptr, 1000}, {100, 10, {}})), QString("abz"));
  }

  void windowsBeginAsTheModelAsks() {
    const Bytes tokenizer(true);
    const auto windows = calibrate::cutIntoWindows(plain(letters(50)), {tokenizer, nullptr, 100}, {30, 10, {}});
    for (std::size_t i = 0; i < windows.count(); ++i) {
      QCOMPARE(windows.window(i)[0], TokenId{256});
      QVERIFY(windows.window(i)[1] != 256);
    }
  }

  void aSeedDrawsWindowsFromTheWholeText() {
    const Bytes tokenizer;
    const auto read = [&](std::uint64_t seed) {
      return beginnings(calibrate::cutIntoWindows(plain(letters(260)), {tokenizer, nullptr, 1000}, {100, 10, seed}));
    };
    const QString first = read(1);
    QCOMPARE(first.size(), 10);
    QCOMPARE(read(1), first);
    QVERIFY(read(2) != first);
    QCOMPARE(QSet<QChar>(first.begin(), first.end()).size(), 10);
    QVERIFY(std::ranges::any_of(first, [](QChar letter) { return letter > QChar('j'); }));
  }

  void onlyTheBeginningOfALongTextIsTokenized() {
    const Bytes tokenizer;
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "ä ";
    const auto windows = calibrate::cutIntoWindows(plain(text), {tokenizer, nullptr, 1000}, {100, 50, {}});
    QCOMPARE(windows.count(), std::size_t{2});
    QVERIFY(tokenizer.m_longest < 5000 && tokenizer.m_longest % 3 != 1);  // no character is cut in two
  }

  void whatCannotBeReadIsSaid() {
    const Bytes tokenizer;
    const auto sentence = [&](const CalibrationText& text, const CalibrationSettings& settings, std::uint32_t context) {
      return refusal([&] { calibrate::cutIntoWindows(text, {tokenizer, nullptr, context}, settings); });
    };
    QCOMPARE(sentence(plain(letters(9)), {100, 10, {}}, 1000),
             QString("\"a text\" has 9 tokens, fewer than the context of 10 that is read at a time."));
    QCOMPARE(sentence(plain(letters(500)), {100, 300, {}}, 200),
             QString("A calibration context of 300 tokens does not fit the model's 200."));
    QCOMPARE(sentence(plain(letters(500)), {100, 150, {}}, 200),
             QString("Calibration needs at least one context of tokens, but 100 tokens hold none of 150."));
    const CalibrationText chats{"chats", {std::vector<text::ChatMessage>{{"user", "Hi"}}}};
    QCOMPARE(sentence(chats, {100, 10, {}}, 200),
             QString("\"chats\" holds conversations, but this model has no chat template to write them with."));
  }

  // The vectors of the xxHash specification's reference implementation.
  void contentHashIsXxh64() {
    const auto hash = [](std::string_view text) { return contentHash(std::as_bytes(std::span(text))); };
    QCOMPARE(hash(""), 0xEF46DB3751D8E999U);
    QCOMPARE(hash("a"), 0xD24EC4F1A98C6E5BU);
    QCOMPARE(hash("abc"), 0x44BC2CF5AD770999U);
    QCOMPARE(hash("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1U);
  }
};

QTEST_GUILESS_MAIN(TestCalibrationText)
#include "tst_calibration_text.moc"
