// Tokenizers against SentencePiece and llama.cpp, and against metadata that means harm.
#include <QTest>
#include <random>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/io/gguf_writer.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"
#include "core/text/vocabulary_gguf.h"
#include "support/golden.h"
#include "support/time_limit.h"

using core::Error;
using core::ErrorCode;
using core::io::Metadata;
using core::text::SpecialTokens;
using core::text::TokenId;
using core::text::Tokenizer;

namespace {

constexpr const char* kSentencePiece = QS_TEST_DATA "/tokenizer/sentencepiece.gguf";
constexpr const char* kByteLevel = QS_TEST_DATA "/tokenizer/byte_level.gguf";

std::shared_ptr<const Tokenizer> load(const char* file) {
  return Tokenizer::fromCheckpoint(*core::io::openCheckpoint(file));
}

/// A file's metadata with some keys left out, to be given again by the caller.
Metadata without(const core::io::Checkpoint& file, const std::vector<std::string>& keys) {
  Metadata out;
  for (const auto& entry : file.metadata().entries()) {
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) out.add(entry.key, entry.value);
  }
  return out;
}

/// A GGUF file written for one test and opened again.
struct SmallVocabulary {
  std::string model = "llama";
  std::string pre = "gpt-2";
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::int32_t> types;
  std::vector<std::string> merges;
  std::vector<std::pair<std::string, std::uint32_t>> ids;
  std::vector<std::pair<std::string, bool>> flags;
  std::vector<std::pair<std::string, std::int32_t>> signedIds = {};

  std::shared_ptr<const core::io::Checkpoint> open() const {
    const QString path = QDir::temp().filePath(QString("qs-tokenizer-%1.gguf").arg(QCoreApplication::applicationPid()));
    {
      core::io::GgufWriter writer(path.toStdString());
      writer.addString("general.architecture", "llama");
      writer.addString("tokenizer.ggml.model", model);
      if (model == "gpt2") writer.addString("tokenizer.ggml.pre", pre);
      writer.addStrings("tokenizer.ggml.tokens", tokens);
      if (!scores.empty()) writer.addF32s("tokenizer.ggml.scores", scores);
      if (!types.empty()) writer.addI32s("tokenizer.ggml.token_type", types);
      if (!merges.empty()) writer.addStrings("tokenizer.ggml.merges", merges);
      for (const auto& [key, id] : ids) writer.addU32("tokenizer.ggml." + key, id);
      for (const auto& [key, id] : signedIds) writer.addI32("tokenizer.ggml." + key, id);
      for (const auto& [key, flag] : flags) writer.addBool("tokenizer.ggml." + key, flag);
      writer.finish();
    }
    auto opened = core::io::openCheckpoint(path.toStdString());
    QFile::remove(path);
    return opened;
  }
  std::shared_ptr<const Tokenizer> tokenizer() const { return Tokenizer::fromCheckpoint(*open()); }
  std::vector<TokenId> encode(const std::string& text) const { return tokenizer()->encode(text, SpecialTokens::Parse); }

  /// The key an error names; "" when there is none.
  std::string refusedAt() const {
    try {
      tokenizer();
    } catch (const Error& error) {
      return error.where();
    }
    return "";
  }
};

SmallVocabulary smallSentencePiece() {
  return {"llama",
          "",
          {"<unk>", "<s>", "</s>", "a", "b", "ab", "\xE2\x96\x81",
           "\xE2\x96\x81"
           "a"},
          {0, 0, 0, -3, -4, -1, -5, -2},
          {2, 3, 3, 1, 1, 1, 1, 1},
          {},
          {},
          {}};
}

}  // namespace

class TestTokenizer : public QObject {
  Q_OBJECT

 private slots:
  void piecesAsInLlamaCpp();
  void sentencePieceGolden();
  void byteLevelGolden_data();
  void byteLevelGolden();
  void roundTrips_data();
  void roundTrips();
  void anyBytesRoundTrip();
  void spacePrefix();
  void controlTokensNeverComeFromText();
  void unknownWithoutByteTokens();
  void longerSpecialTokensWin();
  void promptGetsOneBos();
  void endsOfGeneration();
  void refusesBadMetadata();
  void everyIdHasAText();
  void absentSpecialTokens();
  void duplicatesCountTheLast();
  void oneMegabyte_data();
  void oneMegabyte();
  void hostileVocabularies_data();
  void hostileVocabularies();
  void tooLongTextsAreRefused();
};

// Unigram and WordPiece of GGUF files.
void TestTokenizer::piecesAsInLlamaCpp() {
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/pieces.json");
  for (const char* name : {"unigram", "word_piece"}) {
    const auto tokenizer = load((std::string(QS_TEST_DATA "/tokenizer/") + name + ".gguf").c_str());
    for (const auto& [key, special] : {std::pair("plain", SpecialTokens::AsText), {"special", SpecialTokens::Parse}}) {
      for (std::size_t i = 0; i < golden.at("texts").size(); ++i) {
        const std::string text = golden["texts"][i];
        const auto ids = tokenizer->encode(text, special);
        QVERIFY2(ids == golden.at(name).at(key).at(i).get<std::vector<TokenId>>(), text.c_str());
      }
    }
  }
  // Runs of blanks, which go, are gone through once.
  const auto unigram = load(QS_TEST_DATA "/tokenizer/unigram.gguf");
  const double started = support::cpuSeconds();
  QCOMPARE(unigram->encode("a" + std::string(1U << 20U, ' ') + "a", SpecialTokens::AsText),
           unigram->encode("a a", SpecialTokens::AsText));
  QVERIFY(support::cpuSeconds() - started < 2 * support::kSlowdown);
  const auto wordPiece = load(QS_TEST_DATA "/tokenizer/word_piece.gguf");
  const auto ids = wordPiece->encodePrompt("The words, and more of it.", SpecialTokens::Parse);
  QCOMPARE(ids.front(), 2);
  QCOMPARE(wordPiece->decode(ids), std::string("the words, and more of it."));
}

void TestTokenizer::sentencePieceGolden() {
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/sentencepiece.json");
  const auto tokenizer = load(kSentencePiece);
  QVERIFY(golden.at("cases").size() >= 20);
  for (const auto& one : golden.at("cases")) {
    const auto ids = tokenizer->encode(one.at("text").get<std::string>(), SpecialTokens::AsText);
    QVERIFY2(ids == one.at("ids").get<std::vector<TokenId>>(), one.at("text").get<std::string>().c_str());
  }
}

void TestTokenizer::byteLevelGolden_data() {
  QTest::addColumn<QString>("pre");
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/byte_level.json");
  for (const auto& [pre, ids] : golden.at("pre").items()) QTest::newRow(pre.c_str()) << QString::fromStdString(pre);
}

void TestTokenizer::byteLevelGolden() {
  QFETCH(QString, pre);
  static const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/byte_level.json");
  const auto file = core::io::openCheckpoint(kByteLevel);
  Metadata metadata = without(*file, {"tokenizer.ggml.pre"});
  metadata.add("tokenizer.ggml.pre", pre.toStdString());
  const auto tokenizer = Tokenizer::fromData(core::text::ggufVocabulary(metadata));
  const auto& expected = golden.at("pre").at(pre.toStdString());
  int differing = 0;
  for (std::size_t i = 0; i < golden.at("texts").size(); ++i) {
    const std::string text = golden.at("texts").at(i);
    for (const auto& [mode, key] :
         {std::pair(SpecialTokens::AsText, "plain"), std::pair(SpecialTokens::Parse, "special")}) {
      const auto ids = tokenizer->encode(text, mode);
      const auto wanted = expected.at(key).at(i).get<std::vector<TokenId>>();
      if (ids == wanted) continue;
      ++differing;
      qWarning() << pre << key << QString::fromStdString(text) << "ours" << ids << "theirs" << wanted;
    }
  }
  QCOMPARE(differing, 0);
}

void TestTokenizer::roundTrips_data() {
  QTest::addColumn<QString>("file");
  QTest::newRow("SentencePiece") << kSentencePiece;
  QTest::newRow("byte-level") << kByteLevel;
}

void TestTokenizer::roundTrips() {
  QFETCH(QString, file);
  const auto tokenizer = load(file.toUtf8().constData());
  const auto golden = support::readJson(QS_TEST_DATA "/tokenizer/byte_level.json");
  for (const auto& one : golden.at("texts")) {
    const std::string text = one;
    const auto ids = tokenizer->encode(text, SpecialTokens::AsText);
    QCOMPARE(QString::fromStdString(tokenizer->decode(ids)), QString::fromStdString(text));
  }
}

void TestTokenizer::anyBytesRoundTrip() {
  std::mt19937 random(3);
  for (const char* file : {kSentencePiece, kByteLevel}) {
    const auto tokenizer = load(file);
    for (int run = 0; run < 500; ++run) {
      std::string bytes(1 + random() % 40, '\0');
      for (char& c : bytes)
        c = static_cast<char>(random() % 4 == 0 ? "\xE2\x96\x80\xF0\x9F \n<"[random() % 8] : random());
      std::string back;
      for (const TokenId id : tokenizer->encode(bytes, SpecialTokens::AsText)) back += tokenizer->bytes(id);
      // U+2581 is how SentencePiece writes a blank: the one text that does not come back.
      if (bytes.find("\xE2\x96\x81") == std::string::npos) QCOMPARE(back, bytes);
    }
  }
}

void TestTokenizer::spacePrefix() {
  const SmallVocabulary vocabulary = smallSentencePiece();
  QCOMPARE(vocabulary.encode("ab"), (std::vector<TokenId>{6, 5}));  // "ab" (−1) merges before "▁a" (−2)
  QCOMPARE(vocabulary.encode("a"), (std::vector<TokenId>{7}));
  QCOMPARE(vocabulary.encode(" a"), (std::vector<TokenId>{6, 7}));
  QCOMPARE(vocabulary.encode("<s>a</s>b"), (std::vector<TokenId>{1, 7, 2, 6, 4}));
  QCOMPARE(vocabulary.encode(""), (std::vector<TokenId>{}));
  QCOMPARE(vocabulary.tokenizer()->decode(std::vector<TokenId>{1, 7, 7}), std::string("a a"));
  SmallVocabulary plain = vocabulary;
  plain.flags = {{"add_space_prefix", false}};
  QCOMPARE(plain.encode("a"), (std::vector<TokenId>{3}));
  QCOMPARE(plain.tokenizer()->decode(std::vector<TokenId>{7}), std::string(" a"));
}

void TestTokenizer::controlTokensNeverComeFromText() {
  // "<s>" can be reached by merges here, but text must not turn into control.
  SmallVocabulary vocabulary{"llama",
                             "",
                             {"<unk>", "<s>", "</s>", "<", "s", ">", "<s"},
                             {0, 0, 0, -1, -1, -1, -1},
                             {2, 3, 3, 1, 1, 1, 1},
                             {},
                             {},
                             {{"add_space_prefix", false}}};
  const auto tokenizer = vocabulary.tokenizer();
  QCOMPARE(tokenizer->encode("<s>", SpecialTokens::AsText), (std::vector<TokenId>{6, 5}));
  QCOMPARE(tokenizer->encode("<s>", SpecialTokens::Parse), (std::vector<TokenId>{1}));
}

void TestTokenizer::unknownWithoutByteTokens() {
  QCOMPARE(smallSentencePiece().encode("a\xC3\xA9"), (std::vector<TokenId>{7, 0}));
  QCOMPARE(smallSentencePiece().encode("\xFF"), (std::vector<TokenId>{6, 0}));
}

void TestTokenizer::longerSpecialTokensWin() {
  const auto tokenizer = load(kByteLevel);
  const auto id = [&](const std::string& text) { return tokenizer->encode(text, SpecialTokens::Parse); };
  QCOMPARE(id("<tool_call>").size(), std::size_t{1});
  QCOMPARE(id("<tool>").size(), std::size_t{1});
  QVERIFY(id("<tool_call>") != id("<tool>"));
  QCOMPARE(id("<tool><tool_call>").size(), std::size_t{2});
  QVERIFY(tokenizer->encode("<|im_end|>", SpecialTokens::AsText).size() > 1);
  QCOMPARE(tokenizer->encode("<tool>", SpecialTokens::AsText).size(), std::size_t{1});  // user-defined
}

void TestTokenizer::promptGetsOneBos() {
  const auto tokenizer = smallSentencePiece().tokenizer();
  QVERIFY(tokenizer->addsBos());
  QCOMPARE(tokenizer->encodePrompt("a", SpecialTokens::Parse), (std::vector<TokenId>{1, 7}));
  QCOMPARE(tokenizer->encodePrompt("<s>a", SpecialTokens::Parse), (std::vector<TokenId>{1, 7}));
  SmallVocabulary none = smallSentencePiece();
  none.flags = {{"add_bos_token", false}};
  QCOMPARE(none.tokenizer()->encodePrompt("a", SpecialTokens::Parse), (std::vector<TokenId>{7}));
}

void TestTokenizer::endsOfGeneration() {
  const auto tokenizer = load(kByteLevel);
  int ends = 0;
  for (TokenId id = 0; id < static_cast<TokenId>(tokenizer->size()); ++id) {
    const bool wanted = tokenizer->piece(id) == "<|im_end|>" || tokenizer->piece(id) == "<|endoftext|>";
    QCOMPARE(tokenizer->isEndOfGeneration(id), wanted);
    ends += wanted ? 1 : 0;
  }
  QCOMPARE(ends, 2);
  QVERIFY(!tokenizer->isEndOfGeneration(-1));
  SmallVocabulary eot = smallSentencePiece();
  eot.ids = {{"eot_token_id", 3}};
  QVERIFY(eot.tokenizer()->isEndOfGeneration(3));
  QVERIFY(eot.tokenizer()->isEndOfGeneration(2));
}

void TestTokenizer::refusesBadMetadata() {
  const auto changed = [](auto change) {
    SmallVocabulary vocabulary = smallSentencePiece();
    change(vocabulary);
    return vocabulary.refusedAt();
  };
  const auto at = [](const char* key) { return std::string("tokenizer.ggml.") + key; };
  QCOMPARE(changed([](SmallVocabulary&) {}), std::string());
  QCOMPARE(changed([](SmallVocabulary& v) { v.model = "rwkv"; }), at("model"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.scores.pop_back(); }), at("scores"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.types.push_back(1); }), at("token_type"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.scores[3] = std::nanf(""); }), at("scores"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.ids = {{"bos_token_id", 8}}; }), at("bos_token_id"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.ids = {{"eos_token_id", 0xFFFFFFFE}}; }), at("eos_token_id"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.ids = {{"eot_token_id", 100}}; }), at("eot_token_id"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.tokens.clear(), v.scores.clear(), v.types.clear(); }), at("tokens"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.model = "gpt2"; }), at("merges"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.model = "gpt2", v.merges = {"a b", "ab"}; }), at("merges"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.model = "gpt2", v.merges = {"a "}; }), at("merges"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.model = "gpt2", v.pre = "nosuch", v.merges = {"a b"}; }), at("pre"));
  QCOMPARE(changed([](SmallVocabulary& v) { v.model = "gpt2", v.merges = {"a b", "a b", "x y"}; }), std::string());
}

// Embeddings have more rows than the tokenizer has tokens: such an id shows, it does not throw.
void TestTokenizer::everyIdHasAText() {
  for (const auto& tokenizer : {smallSentencePiece().tokenizer(), load(kByteLevel)}) {
    const auto size = static_cast<TokenId>(tokenizer->size());
    for (const TokenId id : {-2147483647 - 1, -1, size, 2147483647}) {
      const std::string wanted = "<token " + std::to_string(id) + ">";
      QCOMPARE(tokenizer->piece(id), wanted);
      QCOMPARE(tokenizer->bytes(id), wanted);
      QCOMPARE(tokenizer->decode(std::vector<TokenId>{id}), wanted);
      QVERIFY(!tokenizer->isEndOfGeneration(id));
    }
  }
}

// −1, stored with or without its sign, is how writers say "there is none".
void TestTokenizer::absentSpecialTokens() {
  SmallVocabulary vocabulary = smallSentencePiece();
  vocabulary.signedIds = {{"bos_token_id", -1}, {"eos_token_id", -1}};
  QVERIFY(!vocabulary.tokenizer()->bos() && !vocabulary.tokenizer()->eos() && !vocabulary.tokenizer()->addsBos());
  vocabulary.signedIds.clear();
  vocabulary.ids = {{"bos_token_id", 0xFFFFFFFF}, {"eos_token_id", 0xFFFFFFFF}};
  QVERIFY(!vocabulary.tokenizer()->bos() && !vocabulary.tokenizer()->eos());
  vocabulary.ids.clear();
  vocabulary.signedIds = {{"bos_token_id", -2}};
  QCOMPARE(vocabulary.refusedAt(), std::string("tokenizer.ggml.bos_token_id"));
}

void TestTokenizer::duplicatesCountTheLast() {
  SmallVocabulary vocabulary = smallSentencePiece();
  vocabulary.tokens.push_back(
      "\xE2\x96\x81"
      "a");
  vocabulary.scores.push_back(-2);
  vocabulary.types.push_back(1);
  QCOMPARE(vocabulary.encode("a"), (std::vector<TokenId>{8}));
}

void TestTokenizer::oneMegabyte_data() {
  QTest::addColumn<QString>("pre");
  QTest::addColumn<QString>("unit");
  for (const char* pre : {"", "gpt-2", "default", "llama-bpe", "tekken", "deepseek-llm", "deepseek-v3", "bloom"}) {
    for (const char* unit : {"a", " ", "\n", " \n", "The quick brown fox, 123. ", "日本", "A", "'", "<|im_end|"}) {
      QTest::addRow("%s x %s", *pre == 0 ? "SentencePiece" : pre, QByteArray(unit).toPercentEncoding().constData())
          << QString(pre) << QString(unit);
    }
  }
}

void TestTokenizer::oneMegabyte() {
  QFETCH(QString, pre);
  QFETCH(QString, unit);
  const std::string part = unit.toStdString();
  std::string text;
  while (text.size() < (1U << 20U)) text += part;
  const auto file = core::io::openCheckpoint(pre.isEmpty() ? kSentencePiece : kByteLevel);
  Metadata metadata = without(*file, {"tokenizer.ggml.pre"});
  if (!pre.isEmpty()) metadata.add("tokenizer.ggml.pre", pre.toStdString());
  const auto tokenizer = Tokenizer::fromData(core::text::ggufVocabulary(metadata));
  const double started = support::cpuSeconds();
  const auto ids = tokenizer->encode(text, SpecialTokens::Parse);
  const double seconds = support::cpuSeconds() - started;
  QCOMPARE(tokenizer->decode(ids), text);
  // Less than a second on one slow core; a quadratic merge would take hours, a matcher for every word ten times as
  // long.
  QVERIFY2(seconds < 3 * support::kSlowdown, qPrintable(QString("%1 s").arg(seconds)));
}

void TestTokenizer::hostileVocabularies_data() {
  QTest::addColumn<QString>("model");
  QTest::addColumn<int>("type");
  QTest::addColumn<QString>("end");
  for (const char* model : {"llama", "gpt2", "t5", "bert"}) {
    // Nearly found everywhere at every length, or found everywhere; as special tokens and as ordinary ones.
    for (const int type : {1, 3, 4}) {
      for (const char* end : {"b", ""}) QTest::addRow("%s %d %s", model, type, end) << model << type << end;
    }
  }
}

// Every token is a run of "a" of another length: each place in a text of them could begin any.
void TestTokenizer::hostileVocabularies() {
  QFETCH(QString, model);
  QFETCH(int, type);
  QFETCH(QString, end);
  SmallVocabulary vocabulary;
  vocabulary.model = model.toStdString();
  vocabulary.tokens = {"a"};
  vocabulary.types = {1};
  for (std::size_t length = 1; length <= 400; ++length) {
    vocabulary.tokens.push_back(std::string(length, 'a') + end.toStdString());
    vocabulary.types.push_back(type);
    vocabulary.merges.push_back("a " + std::string(length, 'a'));
  }
  vocabulary.scores.assign(vocabulary.tokens.size(), 0.0F);
  const auto tokenizer = vocabulary.tokenizer();
  const std::string text(1U << 18U, 'a');
  const double started = support::cpuSeconds();
  const auto ids = tokenizer->encode(text, SpecialTokens::Parse);
  const double seconds = support::cpuSeconds() - started;
  QVERIFY(!ids.empty());
  QVERIFY2(seconds < 5 * support::kSlowdown, qPrintable(QString("%1 s").arg(seconds)));
}

void TestTokenizer::tooLongTextsAreRefused() {
  const auto tokenizer = load(kSentencePiece);
  QVERIFY_THROWS_EXCEPTION(Error,
                           tokenizer->encode(std::string((std::size_t{256} << 20) + 1, 'a'), SpecialTokens::Parse));
}

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
