// Text out of tokens, one at a time, never half a character.
#include <QTest>
#include <map>

#include "core/text/detokenizer.h"
#include "core/text/unicode.h"

using core::text::Detokenizer;
using core::text::SpecialTokens;
using core::text::TokenId;
using core::text::Tokenizer;

namespace {

/// Tokens 0…255 are single bytes; from 256 on, whole texts.
class BytesAndTexts : public Tokenizer {
 public:
  explicit BytesAndTexts(std::vector<std::string> texts, bool spacePrefix = false)
      : m_texts(std::move(texts)), m_spacePrefix(spacePrefix) {}
  std::size_t size() const override { return 256 + m_texts.size(); }
  std::vector<TokenId> encode(std::string_view text, SpecialTokens) const override {
    std::vector<TokenId> ids;
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  std::string bytes(TokenId id) const override {
    return id < 256 ? std::string(1, static_cast<char>(id)) : m_texts.at(static_cast<std::size_t>(id) - 256);
  }
  std::string piece(TokenId) const override { return m_texts.at(0); }
  std::optional<TokenId> bos() const override { return std::nullopt; }
  std::optional<TokenId> eos() const override { return std::nullopt; }
  bool addsBos() const override { return false; }
  bool addsSpacePrefix() const override { return m_spacePrefix; }
  bool isEndOfGeneration(TokenId) const override { return false; }

 private:
  std::vector<std::string> m_texts;
  bool m_spacePrefix;
};

std::vector<std::string> pushAll(const std::string& bytes) {
  const auto tokenizer = std::make_shared<BytesAndTexts>(std::vector<std::string>{""});
  Detokenizer detokenizer(tokenizer);
  std::vector<std::string> out;
  for (const TokenId id : tokenizer->encode(bytes, SpecialTokens::AsText)) out.push_back(detokenizer.push(id));
  out.push_back(detokenizer.flush());
  return out;
}

const std::string kReplacement = "\xEF\xBF\xBD";

}  // namespace

class TestDetokenizer : public QObject {
  Q_OBJECT

 private slots:
  void wholeCharactersOnly();
  void neverValidBytes();
  void cutOffAtTheEnd();
  void everyPieceIsValidUtf8();
  void leadingBlank();
};

void TestDetokenizer::wholeCharactersOnly() {
  QCOMPARE(pushAll("a\xC3\xA9"), (std::vector<std::string>{"a", "", "\xC3\xA9", ""}));
  QCOMPARE(pushAll("\xF0\x9F\x99\x82"), (std::vector<std::string>{"", "", "", "\xF0\x9F\x99\x82", ""}));
}

void TestDetokenizer::neverValidBytes() {
  QCOMPARE(pushAll("\xFF"), (std::vector<std::string>{kReplacement, ""}));
  QCOMPARE(pushAll("\xC0\x80"), (std::vector<std::string>{kReplacement, kReplacement, ""}));
  // A cut character is given up as soon as the next byte does not continue it.
  QCOMPARE(pushAll("\xE2\x96x"), (std::vector<std::string>{"", "", kReplacement + "x", ""}));
  // Surrogates and numbers above U+10FFFF are refused at their second byte.
  QCOMPARE(pushAll("\xED\xA0\x80"), (std::vector<std::string>{"", kReplacement + kReplacement, kReplacement, ""}));
  QCOMPARE(pushAll("\xF4\x90"), (std::vector<std::string>{"", kReplacement + kReplacement, ""}));
}

void TestDetokenizer::cutOffAtTheEnd() {
  QCOMPARE(pushAll("a\xF0\x9F\x99"), (std::vector<std::string>{"a", "", "", "", kReplacement}));
}

void TestDetokenizer::everyPieceIsValidUtf8() {
  // Every pair and many triples of bytes: pieces are valid, and together they are what replacing at once gives.
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      for (const int c : {0x41, 0x80, 0xBF, 0xC3, 0xF0, 0xFF}) {
        const std::string bytes{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        std::string joined;
        for (const std::string& piece : pushAll(bytes)) {
          QVERIFY(core::isValidUtf8(piece));
          joined += piece;
        }
        QCOMPARE(joined, core::text::replaceInvalidUtf8(bytes));
      }
    }
  }
}

void TestDetokenizer::leadingBlank() {
  const std::vector<std::string> texts = {"", " Hello", " world"};
  const std::vector<TokenId> ids = {256, 257, 258};
  const BytesAndTexts with(texts, true);
  QCOMPARE(with.decode(ids), std::string("Hello world"));
  const BytesAndTexts without(texts, false);
  QCOMPARE(without.decode(ids), std::string(" Hello world"));
  Detokenizer stream(std::make_shared<BytesAndTexts>(texts, true));
  QCOMPARE(stream.push(256), std::string());
  QCOMPARE(stream.push(257), std::string("Hello"));
  QCOMPARE(stream.push(258), std::string(" world"));
}

QTEST_GUILESS_MAIN(TestDetokenizer)
#include "tst_detokenizer.moc"
