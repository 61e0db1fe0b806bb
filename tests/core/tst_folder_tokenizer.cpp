// Tokenizers of Hugging Face folders: what the tokenizers library makes of the same files, and files that mean harm.
#include <QTest>
#include <filesystem>
#include <functional>
#include <thread>

#include "core/text/chat_template.h"
#include "core/text/chat_template_source.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"
#include "core/text/vocabulary_data.h"
#include "model_folder_builder.h"
#include "safetensors_builder.h"
#include "support/golden.h"
#include "support/time_limit.h"

using core::Error;
using core::ErrorCode;
using core::text::SpecialTokens;
using core::text::TokenId;
using core::text::Tokenizer;
using Json = nlohmann::json;

namespace {

const Json& golden() {
  static const Json json = support::readJson(QS_TEST_DATA "/tokenizer/folders.json");
  return json;
}
const Json& sentencePiece() { return golden().at("tokenizers").at(0).at("json"); }
const Json& byteLevel() { return golden().at("tokenizers").at(1).at("json"); }
const Json& unigram() { return golden().at("tokenizers").at(2).at("json"); }
const Json& wordPiece() { return golden().at("tokenizers").at(3).at("json"); }

/// A folder with one tensor and the files a test gives it.
class TokenizerFolder {
 public:
  TokenizerFolder() { m_folder.write("model.safetensors", SafetensorsBuilder().add("x", "F32", {1}).file()); }
  TokenizerFolder& file(const std::string& name, const std::string& text) {
    m_folder.write(name, std::string_view(text));
    return *this;
  }
  TokenizerFolder& file(const std::string& name, const Json& json) { return file(name, json.dump()); }
  std::shared_ptr<const core::io::Checkpoint> open() const { return core::io::openCheckpoint(m_folder.path()); }
  std::shared_ptr<const Tokenizer> tokenizer() const { return Tokenizer::fromCheckpoint(*open()); }
  core::text::VocabularyData vocabulary() const { return core::text::vocabularyOf(*open()); }
  /// The sentence the tokenizer is refused with; the model itself has to open.
  QString refusal(ErrorCode code) const {
    const auto checkpoint = open();
    return ModelFolder::refused([&] { Tokenizer::fromCheckpoint(*checkpoint); }, code);
  }

 private:
  ModelFolder m_folder;
};

/// A variant of the fixture as a whole tokenizer.json.
Json changed(const Json& base, const Json& change) {
  Json json = base;
  for (const auto& [key, value] : change.items()) {
    if (key == "model") {
      json["model"].update(value);
    } else if (key == "withoutBytes") {
      std::erase_if(json["model"]["vocab"].get_ref<Json::object_t&>(),
                    [](const auto& token) { return token.first.starts_with("<0x") && token.first.size() == 6; });
    } else if (key == "withBytes") {
      for (int byte = 0; byte < 256; ++byte) {
        const QByteArray text = "<0x" + QByteArray::number(byte + 256, 16).toUpper().last(2) + ">";
        json["model"]["vocab"].push_back({text.toStdString(), -90});
      }
    } else if (key == "pairs") {
      for (Json& merge : json["model"]["merges"]) {
        const std::string text = merge;
        merge = {text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1)};
      }
    } else {
      json[key] = value;
    }
  }
  return json;
}

}  // namespace

class TestFolderTokenizer : public QObject {
  Q_OBJECT

 private slots:
  void sameAsTheLibrary_data();
  void sameAsTheLibrary();
  void controlTokensNeverComeFromText();
  void scoresJoinInTheSameOrder();
  void namesOfPreTokenizers();
  void specialTokens();
  void severalTokensInFront();
  void brokenUtf8AndThreads();
  void endsOfGeneration();
  void templates_data();
  void templates();
  void bosInTemplates();
  void refusals_data();
  void refusals();
  void missingFiles();
  void oneMegabyte_data();
  void oneMegabyte();
  void readsFast();
  void takesWhiteSpaceOnce();
  void tokensThatGrow();
  void editedWhileOpen();
};

void TestFolderTokenizer::sameAsTheLibrary_data() {
  QTest::addColumn<int>("tokenizer");
  QTest::addColumn<int>("variant");
  for (int t = 0; t < 4; ++t) {
    const Json& variants = golden().at("tokenizers").at(t).at("variants");
    for (int v = 0; v < static_cast<int>(variants.size()); ++v)
      QTest::addRow("%d %s", t, variants.at(v).at("name").get<std::string>().c_str()) << t << v;
  }
}

void TestFolderTokenizer::sameAsTheLibrary() {
  QFETCH(int, tokenizer);
  QFETCH(int, variant);
  const Json& of = golden().at("tokenizers").at(tokenizer);
  const Json& row = of.at("variants").at(variant);
  const auto made = TokenizerFolder().file("tokenizer.json", changed(of.at("json"), row.at("change"))).tokenizer();
  QVERIFY(row.at("cases").size() >= 30);
  for (const Json& one : row.at("cases")) {
    const std::string text = golden().at("texts").at(one.at("text").get<std::size_t>());
    const auto ids = one.at("ids").get<std::vector<TokenId>>();
    QVERIFY2(made->encode(text, SpecialTokens::Parse) == ids, text.c_str());
    if (one.contains("decoded")) QCOMPARE(made->decode(ids), one.at("decoded").get<std::string>());
  }
}

void TestFolderTokenizer::controlTokensNeverComeFromText() {
  const auto made = TokenizerFolder().file("tokenizer.json", sentencePiece()).tokenizer();
  const auto plain = made->encode("a</s>b", SpecialTokens::AsText);
  QVERIFY(std::find(plain.begin(), plain.end(), 2) == plain.end());
  QCOMPARE(made->decode(plain), std::string("a</s>b"));
  QCOMPARE(made->encode("</s>", SpecialTokens::Parse), (std::vector<TokenId>{2}));
}

// What a GGUF file is written with: llama.cpp joins by scores.
void TestFolderTokenizer::scoresJoinInTheSameOrder() {
  core::text::VocabularyData data = TokenizerFolder().file("tokenizer.json", sentencePiece()).vocabulary();
  const auto byRank = Tokenizer::fromData(data);
  data.merges.clear();
  const auto byScore = Tokenizer::fromData(data);
  for (const Json& text : golden().at("texts")) {
    const std::string words = text;
    QCOMPARE(byScore->encode(words, SpecialTokens::AsText), byRank->encode(words, SpecialTokens::AsText));
  }
}

void TestFolderTokenizer::namesOfPreTokenizers() {
  const Json& variants = golden().at("tokenizers").at(1).at("variants");
  const std::map<std::string, std::string> wanted = {
      {"llama3", "llama-bpe"},      {"llama3, merged", "dbrx"}, {"gpt2", "gpt-2"},
      {"gpt2, prefix", ""},         {"digits", "starcoder"},    {"qwen2", "qwen2"},
      {"removed, inverted", "dbrx"}};
  std::size_t seen = 0;
  for (const Json& variant : variants) {
    const auto row = wanted.find(variant.at("name").get<std::string>());
    if (row == wanted.end()) continue;
    ++seen;
    const auto data = TokenizerFolder().file("tokenizer.json", changed(byteLevel(), variant.at("change"))).vocabulary();
    QCOMPARE(data.preTokenizer, row->second);
  }
  QCOMPARE(seen, wanted.size());
}

void TestFolderTokenizer::specialTokens() {
  const auto with = [](const Json& config) {
    return TokenizerFolder().file("tokenizer.json", sentencePiece()).file("tokenizer_config.json", config).vocabulary();
  };
  const auto bare = TokenizerFolder().file("tokenizer.json", sentencePiece()).vocabulary();
  QVERIFY(bare.bos == 1 && bare.addBos && !bare.eos && !bare.addEos && bare.unknown == 0 && bare.addSpacePrefix);
  QVERIFY(bare.types.at(0) == core::text::TokenType::Unknown && bare.types.at(3) == core::text::TokenType::Byte);
  const auto texts = with({{"bos_token", "<s>"}, {"eos_token", {{"content", "</s>"}}}, {"pad_token", nullptr}});
  QVERIFY(texts.bos == 1 && texts.eos == 2 && texts.addBos && !texts.addEos && !texts.padding);
  QVERIFY(with({{"pad_token", "</s>"}}).padding == 2);
  const auto later = with({{"pad_token", "[PAD]"}, {"unk_token", "[UNK]"}});  // added when training begins
  QVERIFY(!later.padding && later.unknown == 0);
  const auto flags = with({{"add_bos_token", false}, {"add_eos_token", true}, {"eos_token", "</s>"}});
  QVERIFY(!flags.addBos && flags.addEos);
  const auto fromMap = TokenizerFolder()
                           .file("tokenizer.json", sentencePiece())
                           .file("special_tokens_map.json", Json{{"eos_token", "</s>"}})
                           .vocabulary();
  QVERIFY(fromMap.eos == 2);
  const auto fromConfig = TokenizerFolder()
                              .file("tokenizer.json", sentencePiece())
                              .file("config.json", Json{{"model_type", "llama"}, {"eos_token_id", 2}})
                              .vocabulary();
  QVERIFY(fromConfig.eos == 2);
}

void TestFolderTokenizer::severalTokensInFront() {
  Json json = byteLevel();
  json["post_processor"] = {{"type", "TemplateProcessing"},
                            {"single", {{{"SpecialToken", {{"id", "x"}}}}, {{"Sequence", {{"id", "A"}}}}}},
                            {"special_tokens", {{"x", {{"ids", {5, 6}}}}}}};
  const auto made = TokenizerFolder().file("tokenizer.json", json).tokenizer();
  const auto plain = made->encode("word", SpecialTokens::Parse);
  std::vector<TokenId> expected = {5, 6};
  expected.insert(expected.end(), plain.begin(), plain.end());
  QCOMPARE(made->encodePrompt("word", SpecialTokens::Parse), expected);
  // Of several behind a text none is of use.
  json["post_processor"]["single"] = {{{"Sequence", {{"id", "A"}}}}, {{"SpecialToken", {{"id", "x"}}}}};
  const auto behind = TokenizerFolder().file("tokenizer.json", json).tokenizer();
  QCOMPARE(behind->encodePrompt("word", SpecialTokens::Parse), plain);
}

// Every tokenizer takes bytes that are no UTF-8, gives the same ids again, and from any thread.
void TestFolderTokenizer::brokenUtf8AndThreads() {
  for (const Json* json : {&sentencePiece(), &byteLevel(), &unigram(), &wordPiece()}) {
    const auto made = TokenizerFolder().file("tokenizer.json", *json).tokenizer();
    const std::string text =
        "a\xFF"
        "b \xE2\x82 \xC0\x80 word\xF0\x9F\x98 \xED\xA0\x80 the end";
    const auto ids = made->encode(text, SpecialTokens::Parse);
    QVERIFY(!ids.empty());
    if (json == &byteLevel()) QCOMPARE(made->decode(ids), core::text::replaceInvalidUtf8(text));
    std::vector<std::vector<TokenId>> others(4);
    {
      std::vector<std::jthread> threads;
      for (auto& other : others)
        threads.emplace_back([&] {
          for (int i = 0; i < 50; ++i) other = made->encode(text, SpecialTokens::Parse);
        });
    }
    for (const auto& other : others) QCOMPARE(other, ids);
  }
}

void TestFolderTokenizer::endsOfGeneration() {
  const auto made = TokenizerFolder()
                        .file("tokenizer.json", byteLevel())
                        .file("generation_config.json", Json{{"eos_token_id", {5, 7, 999999}}})
                        .file("config.json", Json{{"eos_token_id", 9}})
                        .tokenizer();
  for (const TokenId id : {5, 7, 9}) QVERIFY(made->isEndOfGeneration(id));
  QVERIFY(!made->isEndOfGeneration(6));
  const auto turn = made->encode("<|eot_id|>", SpecialTokens::Parse);
  QVERIFY(turn.size() == 1 && made->isEndOfGeneration(turn[0]));  // by its text
}

void TestFolderTokenizer::templates_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QString>("contents");
  QTest::newRow("a text") << "tokenizer_config.json"
                          << R"({"chat_template": "right"})";
  QTest::newRow("a list") << "tokenizer_config.json"
                          << R"({"chat_template": [{"name": "tool_use", "template": "wrong"},
                                                   {"name": "default", "template": "right"}]})";
  QTest::newRow("a list without a default") << "tokenizer_config.json"
                                            << R"({"chat_template": [{"name": "rag", "template": "right"}]})";
  QTest::newRow("a file of its own") << "chat_template.jinja"
                                     << "right";
  QTest::newRow("JSON of its own") << "chat_template.json"
                                   << R"({"chat_template": "right"})";
}

void TestFolderTokenizer::templates() {
  QFETCH(QString, file);
  QFETCH(QString, contents);
  TokenizerFolder folder;
  if (file != "tokenizer_config.json") folder.file("tokenizer_config.json", Json{{"chat_template", "wrong"}});
  folder.file(file.toStdString(), contents.toStdString());
  QCOMPARE(core::text::chatTemplateOf(*folder.open()), std::optional<std::string>("right"));
  QVERIFY(!core::text::chatTemplateOf(*TokenizerFolder().open()));
}

void TestFolderTokenizer::bosInTemplates() {
  TokenizerFolder folder;
  folder.file("tokenizer.json", sentencePiece())
      .file("tokenizer_config.json",
            Json{{"bos_token", "<s>"},
                 {"eos_token", "</s>"},
                 {"chat_template", "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"}});
  const core::text::ChatMessage message{"user", "a"};
  const auto checkpoint = folder.open();
  const auto tokenizer = Tokenizer::fromCheckpoint(*checkpoint);
  for (const Tokenizer* with : {tokenizer.get(), static_cast<const Tokenizer*>(nullptr)}) {
    const auto made = core::text::ChatTemplate::fromCheckpoint(*checkpoint, with);
    QCOMPARE(made->render({&message, 1}), std::string("<s>a</s>"));
  }
}

void TestFolderTokenizer::refusals_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QString>("contents");
  QTest::addColumn<bool>("isUnsupported");
  QTest::addColumn<QString>("says");
  const auto row = [](const char* name, const QString& contents, bool isUnsupported, const char* says,
                      const char* file = "tokenizer.json") {
    QTest::newRow(name) << file << contents << isUnsupported << says;
  };
  const auto with = [](const Json& base, const std::function<void(Json&)>& change) {
    Json json = base;
    change(json);
    return QString::fromStdString(json.dump());
  };
  const auto piece = [&](const std::function<void(Json&)>& change) { return with(sentencePiece(), change); };
  const auto bytes = [&](const std::function<void(Json&)>& change) { return with(byteLevel(), change); };
  const QString whole = piece([](Json&) {});
  row("empty", "", false, "expected");
  row("cut off", whole.left(whole.size() / 2), false, "expected valid JSON");
  row("a list", "[]", false, "expected a JSON object");
  row("a number", "7", false, "expected a JSON object");
  row("a web page", "<!DOCTYPE html><html></html>", false, "a web page");
  row("no model", "{}", false, "it has no model");
  row("a model that is none", R"({"model": 7})", false, "its model is no object");
  row("no vocabulary", R"({"model": {"type": "BPE", "merges": []}})", false, "no vocab");
  row("a vocabulary of lists", R"({"model": {"type": "BPE", "vocab": {"a": []}}})", false, "no token");
  row("Unigram of an object", R"({"model": {"type": "Unigram", "vocab": {"a": 0}}})", false, "not of the kind");
  row("a BPE of scores", R"({"model": {"type": "BPE", "vocab": [["a", 0]], "merges": []}})", false, "not of the kind");
  row("a token without a score", R"({"model": {"type": "Unigram", "vocab": [["a"]]}})", false, "a text and its score");
  row("a score without a token", R"({"model": {"type": "Unigram", "vocab": [[1, 2]]}})", false, "a text and its score");
  row("a token that is no pair", R"({"model": {"type": "Unigram", "vocab": ["a"]}})", false, "no token");
  row("no unknown token of that number", R"({"model": {"unk_id": 7, "vocab": [["a", -1]]}})", false, "unk_id 7");
  row("a list of words", R"({"model": {"type": "WordLevel", "vocab": {"a": 0}}})", true, "\"WordLevel\"");
  row("a table that is no Base64", with(unigram(), [](Json& j) { j["normalizer"]["precompiled_charsmap"] = "a!=="; }),
      false, "no Base64");
  row("a table cut off", with(unigram(), [](Json& j) { j["normalizer"]["precompiled_charsmap"] = "////fw=="; }), false,
      "precompiled_charsmap");
  row("a prefix of a BPE", bytes([](Json& j) { j["model"]["continuing_subword_prefix"] = "##"; }), true, "\"##\"");
  row("a suffix", bytes([](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; }), true, "end_of_word_suffix");
  row("dropout", bytes([](Json& j) { j["model"]["dropout"] = 0.1; }), true, "dropout 0.1");
  row("a number of a token", piece([](Json& j) { j["model"]["vocab"]["a"] = -1; }), false, "\"a\" has no number");
  row("a huge number", piece([](Json& j) { j["model"]["vocab"]["a"] = 2000000000; }), false, "up to 2000000000");
  row("two tokens of a number", piece([](Json& j) { j["model"]["vocab"]["a"] = 1; }), false, "the number 1 to two");
  row("two numbers of a token", piece([](Json& j) { j["added_tokens"][1]["id"] = 700; }), false, "two numbers");
  row("an added token without a text", piece([](Json& j) { j["added_tokens"][1].erase("content"); }), false, "no text");
  row("an added token that is none", piece([](Json& j) { j["added_tokens"][1] = 1; }), false, "no token");
  row("a merge of one", piece([](Json& j) { j["model"]["merges"][3] = "a"; }), false, "merge 3");
  row("a merge of three", piece([](Json& j) { j["model"]["merges"][3] = {"a", "b", "c"}; }), false, "merge 3");
  row("a merge of numbers", piece([](Json& j) { j["model"]["merges"][3] = 1; }), false, "merge 3");
  row("a merge of blanks", piece([](Json& j) { j["model"]["merges"][3] = {"a", " b"}; }), true, "blank inside");
  row("a merge of strangers", piece([](Json& j) { j["model"]["merges"][3] = "a nobody"; }), false, "is no token");
  row("no merges", piece([](Json& j) { j["model"].erase("merges"); }), false, "no merges");
  row("an unknown unknown", piece([](Json& j) { j["model"]["unk_token"] = "<none>"; }), false, "unknown token");
  row("a normalizer", piece([](Json& j) { j["normalizer"] = {{"type", "Odd"}}; }), true, "\"Odd\"");
  row("an expression", piece([](Json& j) {
        j["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", "(a"}}}, {"content", "a"}};
      }),
      true, "PCRE2");
  row("a pre-tokenizer", bytes([](Json& j) { j["pre_tokenizer"] = {{"type", "Odd"}}; }), true, "\"Odd\"");
  row("neither kind", bytes([](Json& j) { j["pre_tokenizer"] = nullptr; }), true, "neither byte-level");
  row("a bad expression", bytes([](Json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "("; }),
      true, "PCRE2");
  row("an unusual cut", bytes([](Json& j) { j["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Odd"; }), true,
      "\"Odd\"");
  row("a step without a type", bytes([](Json& j) { j["pre_tokenizer"] = {{"kind", 1}}; }), false, "names no type");
  row("a post-processor", piece([](Json& j) { j["post_processor"] = {{"type", "Odd"}}; }), true, "\"Odd\"");
  row("a template without numbers", piece([](Json& j) { j["post_processor"]["special_tokens"] = Json::object(); }),
      false, "without a number");
  row("a template beyond the vocabulary",
      piece([](Json& j) { j["post_processor"]["special_tokens"]["<s>"]["ids"] = {100000}; }), false,
      "names token 100000");
  row("a stranger for a special token", R"({"bos_token": "<nobody>"})", false, "\"<nobody>\" is no token",
      "tokenizer_config.json");
  row("settings cut off", R"({"bos_token": )", false, "tokenizer_config.json", "tokenizer_config.json");
}

void TestFolderTokenizer::refusals() {
  QFETCH(QString, file);
  QFETCH(QString, contents);
  QFETCH(bool, isUnsupported);
  QFETCH(QString, says);
  TokenizerFolder folder;
  folder.file("tokenizer.json", sentencePiece()).file(file.toStdString(), contents.toStdString());
  const QString sentence = folder.refusal(isUnsupported ? ErrorCode::Unsupported : ErrorCode::InvalidFile);
  QVERIFY2(sentence.contains(says), qPrintable(sentence));
  const bool namesIt =
      sentence.contains(file) || sentence.contains("PCRE2") || sentence.contains("precompiled_charsmap");
  QVERIFY2(namesIt, qPrintable(sentence));
}

void TestFolderTokenizer::missingFiles() {
  QVERIFY(TokenizerFolder().refusal(ErrorCode::Unsupported).contains("expected a tokenizer.json"));
  QVERIFY(TokenizerFolder()
              .file("tokenizer.model", std::string("x"))
              .refusal(ErrorCode::Unsupported)
              .contains("tokenizer.model"));
  // A folder, and a link that leads nowhere, in the place of a file.
  ModelFolder odd;
  odd.write("model.safetensors", SafetensorsBuilder().add("x", "F32", {1}).file());
  std::filesystem::create_directory(odd.path("tokenizer.json"));
  std::filesystem::create_symlink("nowhere", odd.path("tokenizer_config.json"));
  const auto checkpoint = core::io::openCheckpoint(odd.path());
  QCOMPARE(checkpoint->warnings().size(), std::size_t{2});
  for (const std::string& warning : checkpoint->warnings()) QVERIFY(warning.find("was left out") != std::string::npos);
  QVERIFY_THROWS_EXCEPTION(Error, Tokenizer::fromCheckpoint(*checkpoint));
}

void TestFolderTokenizer::oneMegabyte_data() {
  QTest::addColumn<int>("tokenizer");
  QTest::addColumn<QString>("unit");
  for (int tokenizer = 0; tokenizer < 4; ++tokenizer) {
    for (const char* unit : {"a", " ", "\n", "The quick brown fox, 123. ", "日本", "<s>", "<|eot_id"})
      QTest::addRow("%d x %s", tokenizer, QByteArray(unit).toPercentEncoding().constData()) << tokenizer << unit;
  }
}

void TestFolderTokenizer::oneMegabyte() {
  QFETCH(int, tokenizer);
  QFETCH(QString, unit);
  const std::string part = unit.toStdString();
  std::string text;
  while (text.size() < (1U << 20U)) text += part;
  const auto made =
      TokenizerFolder().file("tokenizer.json", golden().at("tokenizers").at(tokenizer).at("json")).tokenizer();
  const double started = support::cpuSeconds();
  const auto ids = made->encode(text, SpecialTokens::AsText);
  const double seconds = support::cpuSeconds() - started;
  if (tokenizer < 2) QCOMPARE(made->decode(ids), text);  // the others change white space
  QVERIFY2(seconds < 20 * support::kSlowdown, qPrintable(QString("%1 s").arg(seconds)));
}

/// 128,000 tokens and 280,000 merges, as Llama 3 has.
void TestFolderTokenizer::readsFast() {
  Json json = byteLevel();
  Json& vocabulary = json["model"]["vocab"];
  Json& merges = json["model"]["merges"];
  std::vector<std::string> texts;
  for (const auto& [text, id] : vocabulary.items()) texts.push_back(text);
  auto next = static_cast<int>(texts.size() + json["added_tokens"].size());
  for (std::size_t i = 0; texts.size() < 128000; ++i) {
    for (const char* end : {"a", "b", "c"}) {
      const std::string joined = texts[i] + end;
      if (vocabulary.contains(joined)) continue;
      vocabulary[joined] = next++;
      texts.push_back(joined);
      merges.push_back(texts[i] + " " + end);
    }
  }
  TokenizerFolder folder;
  folder.file("tokenizer.json", json);
  const auto checkpoint = folder.open();
  const double started = support::cpuSeconds();
  const auto made = Tokenizer::fromCheckpoint(*checkpoint);
  const double seconds = support::cpuSeconds() - started;
  QVERIFY(made->size() >= 128000);
  QVERIFY2(seconds < 5 * support::kSlowdown, qPrintable(QString("%1 s").arg(seconds)));
}

// A blank that takes all blanks around it along: what the token before took is not gone through again.
void TestFolderTokenizer::takesWhiteSpaceOnce() {
  for (const char* strip : {"lstrip", "rstrip"}) {
    Json json = sentencePiece();
    const auto blank = static_cast<TokenId>(json["model"]["vocab"].size()),
               tab = json["model"]["vocab"]["\t"].get<TokenId>();
    json["added_tokens"].push_back({{"id", blank}, {"content", " "}, {strip, true}, {"normalized", false}});
    json["added_tokens"].push_back({{"id", tab}, {"content", "\t"}, {"normalized", false}});
    const auto made = TokenizerFolder().file("tokenizer.json", json).tokenizer();
    std::string text;
    std::vector<TokenId> expected;
    for (int i = 0; i < 50000; ++i) {
      text += " \t";
      expected.insert(expected.end(), {blank, tab});
    }
    const double started = support::cpuSeconds();
    QCOMPARE(made->encode(text, SpecialTokens::Parse), expected);
    const double seconds = support::cpuSeconds() - started;
    QVERIFY2(seconds < 2 * support::kSlowdown, qPrintable(QString("%1 s").arg(seconds)));
  }
}

// Each of the file's tokens may become as long as the longest text: too long to be found, and too many to be kept.
void TestFolderTokenizer::tokensThatGrow() {
  Json json = sentencePiece();
  const Json doubled = {{"type", "Replace"}, {"pattern", {{"String", "q"}}}, {"content", "qq"}};
  Json steps = Json::array();
  for (int i = 0; i < 22; ++i) steps.push_back(doubled);
  json["normalizer"]["normalizers"].insert(json["normalizer"]["normalizers"].begin(), steps.begin(), steps.end());
  const std::size_t first = json["model"]["vocab"].size() + json["added_tokens"].size();
  for (std::size_t i = 0; i < 400; ++i)
    json["added_tokens"].push_back({{"id", first + i}, {"content", "q" + std::to_string(i)}, {"normalized", true}});
  const double started = support::cpuSeconds();
  const auto made = TokenizerFolder().file("tokenizer.json", json).tokenizer();
  const double seconds = support::cpuSeconds() - started;
  QVERIFY2(seconds < 2 * support::kSlowdown, qPrintable(QString("%1 s").arg(seconds)));
  QVERIFY(!made->encode("a", SpecialTokens::Parse).empty());
}

// As by an editor, or a program whose output goes there.
void TestFolderTokenizer::editedWhileOpen() {
  TokenizerFolder folder;
  folder.file("tokenizer.json", sentencePiece().dump() + std::string(std::size_t{4} << 20, ' '));
  const auto checkpoint = folder.open();
  folder.file("tokenizer.json", std::string("{}"));
  QCOMPARE(Tokenizer::fromCheckpoint(*checkpoint)->size(), std::size_t{596});
}

QTEST_GUILESS_MAIN(TestFolderTokenizer)
#include "tst_folder_tokenizer.moc"
