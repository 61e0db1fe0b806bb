// The tokenizer.json that is written of a GGUF file makes the tokens that the file makes.
#include <QTest>

#include "../core/model_folder_builder.h"
#include "../core/safetensors_builder.h"
#include "app/session/tokenizer_files.h"
#include "core/io/checkpoint.h"
#include "core/text/base64.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary_data.h"
#include "support/golden.h"

using core::text::SpecialTokens;
using core::text::Tokenizer;

class TestTokenizerFiles : public QObject {
  Q_OBJECT

 private slots:
  void sameTokens_data();
  void sameTokens();
  void base64();
};

void TestTokenizerFiles::sameTokens_data() {
  QTest::addColumn<QString>("file");
  for (const char* file : {"unigram", "word_piece", "sentencepiece", "byte_level"}) QTest::newRow(file) << file;
}

void TestTokenizerFiles::sameTokens() {
  QFETCH(QString, file);
  const auto source = core::io::openCheckpoint(QS_TEST_DATA "/tokenizer/" + file.toStdString() + ".gguf");
  std::vector<std::string> notes;
  ModelFolder folder;
  folder.write("model.safetensors", SafetensorsBuilder().add("x", "F32", {1}).file());
  folder.write("tokenizer.json", std::string_view(app::tokenizerJson(core::text::vocabularyOf(*source), notes).dump()));
  QVERIFY(notes.empty());
  const auto ours = Tokenizer::fromCheckpoint(*source);
  const auto written = Tokenizer::fromCheckpoint(*core::io::openCheckpoint(folder.path()));
  for (const auto& text : support::readJson(QS_TEST_DATA "/tokenizer/pieces.json").at("texts")) {
    const std::string words = text;
    const auto ids = ours->encode(words, SpecialTokens::AsText);
    QVERIFY2(written->encode(words, SpecialTokens::AsText) == ids, words.c_str());
    QCOMPARE(written->decode(ids), ours->decode(ids));
  }
}

void TestTokenizerFiles::base64() {
  for (const std::string bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    QCOMPARE(core::text::decodedBase64(core::text::encodedBase64(bytes)), std::optional(bytes));
  QCOMPARE(core::text::encodedBase64("foob"), std::string("Zm9vYg=="));  // RFC 4648, section 10
  for (const char* bad : {"a", "ab=c", "====", "a*bc"}) QVERIFY(!core::text::decodedBase64(bad));
}

QTEST_GUILESS_MAIN(TestTokenizerFiles)
#include "tst_tokenizer_files.moc"
