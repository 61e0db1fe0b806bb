// Which tokens of a text are read together, and which of them are scored.
#include <QtTest>
#include <algorithm>

#include "core/base/error.h"
#include "core/evaluate/answers.h"
#include "core/evaluate/reading.h"
#include "core/io/checkpoint.h"
#include "support/cpu_seconds.h"

using namespace core;
using calibrate::CalibrationText;
using evaluate::Passage;
using evaluate::Reading;
using evaluate::ReadingSettings;
using text::ChatMessage;

namespace {

using Chat = std::vector<ChatMessage>;

std::string prose(int words) {
  std::string all;
  for (int i = 0; i < words; ++i) all += "word" + std::to_string(i) + (i % 9 == 8 ? ". " : " ");
  return all;
}

}  // namespace

class TestReading : public QObject {
  Q_OBJECT

 private:
  std::shared_ptr<const io::Checkpoint> m_checkpoint =
      io::openCheckpoint(std::filesystem::path(QS_SOURCE_DIR) / "resources/models/demo.gguf");
  std::shared_ptr<const text::Tokenizer> m_tokenizer = text::Tokenizer::fromCheckpoint(*m_checkpoint);
  std::shared_ptr<const text::ChatTemplate> m_template =
      text::ChatTemplate::fromCheckpoint(*m_checkpoint, m_tokenizer.get());

  Reading read(const CalibrationText& text, const ReadingSettings& settings = {},
               const text::ChatTemplate* chatTemplate = nullptr) const {
    return evaluate::readText(text, {*m_tokenizer, chatTemplate ? chatTemplate : m_template.get(), 512}, settings);
  }
  Reading readPlain(int words, const ReadingSettings& settings) const {
    return read({"prose", {prose(words)}}, settings);
  }
  std::string scoredText(const Passage& passage, std::size_t answer) const {
    const auto range = passage.answers[answer];
    return m_tokenizer->decode(std::span(passage.tokens).subspan(range.first + 1, range.count()));
  }

 private slots:
  /// Windows side by side, the second half of each scored, as llama-perplexity does.
  void runningTextIsReadAsLlamaPerplexityDoes() {
    const auto all = m_tokenizer->encodePrompt(prose(600), text::SpecialTokens::AsText);
    const Reading reading = readPlain(600, {.context = 128});
    QCOMPARE(std::size_t{reading.blocks}, all.size() / 128);
    QCOMPARE(reading.passages.size(), std::size_t{reading.blocks});
    QCOMPARE(reading.scored, std::uint64_t{reading.blocks} * (128 - 1 - 64));
    QCOMPARE(reading.answers, reading.scored);
    for (std::size_t w = 0; w < reading.passages.size(); ++w) {
      const Passage& passage = reading.passages[w];
      QCOMPARE(std::size_t{passage.block}, w);
      QCOMPARE(passage.tokens.front(), m_tokenizer->bos().value());
      QVERIFY(
          std::equal(passage.tokens.begin() + 1, passage.tokens.end(), all.begin() + static_cast<long>(w * 128 + 1)));
      QCOMPARE(passage.answers.front().first, 64U);
      QCOMPARE(passage.answers.back().last, 127U);
    }
  }

  /// Where windows overlap every token from the first window's end on is scored once, after as many tokens at least.
  void overlappingWindowsScoreWhatIsNew() {
    const auto all = m_tokenizer->encodePrompt(prose(600), text::SpecialTokens::AsText);
    const Reading reading = readPlain(600, {.context = 128, .stride = 32});
    std::vector<int> times(all.size(), 0);
    for (std::size_t w = 0; w < reading.passages.size(); ++w)
      for (const auto& answer : reading.passages[w].answers)
        for (auto at = answer.first; at < answer.last; ++at) {
          QVERIFY(at >= 128 - 32 - 1);
          QCOMPARE(reading.passages[w].tokens[at + 1], all[w * 32 + at + 1]);
          ++times[w * 32 + at + 1];
        }
    const std::size_t last = (reading.passages.size() - 1) * 32 + 128;
    for (std::size_t i = 0; i < all.size(); ++i) QCOMPARE(times[i], i >= 96 && i < last ? 1 : 0);
    QVERIFY(all.size() - last < 32);
  }

  void theFirstScoredPositionCanBeChosen() {
    const Reading reading = readPlain(300, {.tokens = 200, .context = 100, .scoreFrom = 10});
    QCOMPARE(reading.blocks, 2U);
    QCOMPARE(reading.tokens, std::uint64_t{200});
    QCOMPARE(reading.scored, std::uint64_t{2 * 89});
    QCOMPARE(readPlain(300, {.tokens = 100, .context = 100, .scoreFrom = 98}).scored, std::uint64_t{1});
  }

  void ofChatsOnlyAnswersAreScored() {
    const Chat chat{{"system", "Answer in short sentences."},
                    {"user", "What is 47 + 38?"},
                    {"assistant", "47 + 38 = 85."},
                    {"user", "Say a b."},
                    {"assistant", "a b"}};
    const Reading reading = read({"chat", {chat, Chat{{"user", "Hi"}, {"assistant", "Hello!"}}}});
    QCOMPARE(reading.blocks, 2U);
    QCOMPARE(reading.passages.size(), std::size_t{2});
    const Passage& passage = reading.passages[0];
    QCOMPARE(passage.answers.size(), std::size_t{2});
    QCOMPARE(scoredText(passage, 0), std::string("47 + 38 = 85."));
    QCOMPARE(scoredText(passage, 1), std::string("a b"));
    for (const auto& answer : passage.answers) QVERIFY(m_tokenizer->isEndOfGeneration(passage.tokens[answer.last]));
    QCOMPARE(passage.tokens.size(), std::size_t{passage.answers.back().last} + 1);
    QCOMPARE(scoredText(reading.passages[1], 0), std::string("Hello!"));
    QCOMPARE(reading.answers, std::uint64_t{3});
    QCOMPARE(reading.leftOut, std::uint64_t{0});
  }

  /// A template that writes earlier turns otherwise (as those that leave out what a model thought): every answer is
  /// read behind the prompt that the model would have had, all as one sample.
  void answersBehindOtherPromptsAreReadApart() {
    const text::ChatTemplate rewriting(
        "{% for m in messages %}{% if m.role == 'assistant' and not loop.last %}A: gone</s>{% elif m.role == "
        "'assistant' %}A: {{ m.content }}</s>{% else %}Q: {{ m.content }} {% endif %}{% endfor %}{% if "
        "add_generation_prompt %}A:{% endif %}",
        "<s>", "</s>");
    const Chat chat{{"user", "one"}, {"assistant", "first"}, {"user", "two"}, {"assistant", "second"}};
    const Reading reading = read({"chat", {chat}}, {}, &rewriting);
    QCOMPARE(reading.passages.size(), std::size_t{2});
    QCOMPARE(reading.blocks, 1U);
    QVERIFY(scoredText(reading.passages[0], 0).find("first") != std::string::npos);
    QVERIFY(scoredText(reading.passages[1], 0).find("second") != std::string::npos);
    QVERIFY(m_tokenizer->decode(reading.passages[1].tokens).find("gone") != std::string::npos);
  }

  void whatDoesNotFitIsLeftOutAndCounted() {
    Chat chat{{"user", "Hi"}, {"assistant", "Hello!"}, {"user", prose(400)}, {"assistant", "Long."}};
    const Reading reading = read({"chat", {chat, Chat{{"user", "unanswered"}}}});
    QCOMPARE(reading.answers, std::uint64_t{1});
    QCOMPARE(reading.leftOut, std::uint64_t{2});
    QVERIFY(reading.context < 40);
  }

  /// What is read is the beginning of the file, not whatever of it happens to be short.
  void readingEndsWhereTheNextConversationDoesNotFit() {
    const Chat brief{{"user", "Hi"}, {"assistant", "Hello!"}};
    const Chat large{{"user", prose(60)}, {"assistant", "That is a lot."}};
    const auto tokensOf = [&](const Chat& chat) { return read({"chat", {chat}}).tokens; };
    const std::uint64_t least = tokensOf(brief), most = tokensOf(large);
    QVERIFY(most > 3 * least);
    const CalibrationText text{"chat", {brief, large, brief, brief, Chat{{"user", "unanswered"}}}};
    const auto first = read(text, {.tokens = static_cast<std::uint32_t>(3 * least)});
    QCOMPARE(first.blocks, 1U);
    QCOMPARE(first.unread, std::uint64_t{4});
    QCOMPARE(first.leftOut, std::uint64_t{0});
    const auto two = read(text, {.tokens = static_cast<std::uint32_t>(least + most)});
    QCOMPARE(two.tokens, least + most);
    QCOMPARE(two.unread, std::uint64_t{3});
    const auto all = read(text, {.tokens = static_cast<std::uint32_t>(3 * least + most)});
    QCOMPARE(all.unread, std::uint64_t{0});
    QCOMPARE(all.leftOut, std::uint64_t{1});
    QCOMPARE(all.hash, read(text).hash);
    QCOMPARE(read(text, {.tokens = 1}).tokens, least);  // the first is read in any case
  }

  /// Of a long conversation no more is written than what fits, and whoever waits for it can go.
  void aLongConversationCostsNoMoreThanItsContext() {
    const auto turns = [](int count) {
      Chat chat;
      for (int i = 0; i < count; ++i) chat.insert(chat.end(), {{"user", "Hi"}, {"assistant", "Hello!"}});
      return CalibrationText{"chat", {chat}};
    };
    const CalibrationText some = turns(200), many = turns(8000);
    const double begin = support::cpuSeconds();
    const Reading ofSome = read(some);
    const double between = support::cpuSeconds();
    const Reading ofMany = read(many);
    const double end = support::cpuSeconds();
    QCOMPARE(ofMany.hash, ofSome.hash);
    QCOMPARE(ofMany.leftOut + ofMany.answers, std::uint64_t{8000});
    // 40 times the turns: 1600 times the work if every turn were written with all before it. The margin is for noise.
    QVERIFY2(end - between < 8 * (between - begin) + 0.2, qPrintable(QString::number(end - between)));
    std::stop_source stop;
    stop.request_stop();
    const JobContext cancelled(stop.get_token());
    QVERIFY_THROWS_EXCEPTION(Cancelled, evaluate::findAnswers(std::get<Chat>(some.documents.front()), *m_tokenizer,
                                                              *m_template, 512, cancelled));
  }

  /// Fewer tokens than the usual window are one window of so many.
  void fewTokensAreAShortWindow() {
    const Reading reading = readPlain(600, {.tokens = 100});
    QCOMPARE(reading.tokens, std::uint64_t{100});
    QCOMPARE(reading.blocks, 1U);
    QCOMPARE(reading.scored, std::uint64_t{49});
  }

  /// Texts in a JSONL file are read each for itself, from its first token on.
  void documentsAreSamples() {
    const Reading reading = read({"texts", {prose(10), prose(200), std::string("x")}}, {.context = 64});
    QCOMPARE(reading.passages.front().answers.front().first, 0U);
    QCOMPARE(reading.blocks, 3U);
    std::size_t ofSecond = 0;
    for (const Passage& passage : reading.passages) ofSecond += passage.block == 1 ? 1 : 0;
    QVERIFY(ofSecond > 3);
    const auto count = m_tokenizer->encodePrompt(prose(10), text::SpecialTokens::AsText).size();
    QCOMPARE(std::size_t{reading.passages.front().scored()}, count - 1);
  }

  void theHashIsOfWhatIsScored() {
    const auto hash = [&](const ReadingSettings& settings) { return readPlain(300, settings).hash; };
    QCOMPARE(hash({.context = 64}), hash({.context = 64, .stride = 64, .scoreFrom = 32}));
    QVERIFY(hash({.context = 64}) != hash({.context = 64, .scoreFrom = 31}));
    QVERIFY(hash({.context = 64}) != hash({.context = 65}));
  }

  void aShortTextIsOneWindow() {
    const Reading reading = readPlain(20, {});
    QCOMPARE(reading.blocks, 1U);
    QCOMPARE(reading.passages[0].answers.front().first, static_cast<std::uint32_t>(reading.tokens / 2));
  }

  void settingsThatCannotBeAreRefused() {
    const auto refuses = [&](const ReadingSettings& settings, const char* word) {
      try {
        readPlain(100, settings);
      } catch (const Error& error) {
        return QByteArray(error.what()).contains(word);
      }
      return false;
    };
    QVERIFY(refuses({.context = 513}, "512"));
    QVERIFY(refuses({.context = 1}, "at least 2"));
    QVERIFY(refuses({.context = 64, .stride = 65}, "leave out"));
    QVERIFY(refuses({.context = 64, .scoreFrom = 63}, "Nothing is scored"));
    QVERIFY(refuses({.context = 500}, "fewer than the context"));
    QVERIFY_THROWS_EXCEPTION(Error, read({"chat", {Chat{{"user", "Hi"}}}}));
    const calibrate::TextReader noTemplate{*m_tokenizer, nullptr, 512};
    QVERIFY_THROWS_EXCEPTION(Error,
                             evaluate::readText({"chat", {Chat{{"user", "Hi"}, {"assistant", "Ho"}}}}, noTemplate, {}));
  }
};

QTEST_APPLESS_MAIN(TestReading)
#include "tst_reading.moc"
