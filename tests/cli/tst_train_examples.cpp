// What a run on the built-in model reads, by its own tokenizer and template: the prompts that a chat would make, and
// answers that count to the token that ends them, neither more nor less.
#include <QtTest>
#include <algorithm>
#include <set>

#include "app/session/demo_model.h"
#include "app/session/open_model.h"
#include "app/session/train_defaults.h"
#include "core/calibrate/calibration_text.h"
#include "core/train/data/example.h"
#include "core/train/data/rows.h"
#include "core/train/data/wordings.h"

using namespace core;
using text::TokenId;
using train::Example;

class TestTrainExamples : public QObject {
  Q_OBJECT

 private:
  std::shared_ptr<app::OpenModel> m_model = app::OpenModel::open("demo");

  const text::Tokenizer& tokenizer() const { return *m_model->tokenizer(); }
  calibrate::TextReader reader() const {
    return {tokenizer(), m_model->chatTemplate().get(), m_model->config().contextLength};
  }
  train::Examples examplesOf(const std::string& question, const std::string& answer, std::uint32_t length) const {
    const std::vector<text::ChatMessage> messages{{"user", question}, {"assistant", answer}};
    calibrate::CalibrationText text{"one", {}};
    text.documents.emplace_back(messages);
    return train::readExamples(text, reader(), length);
  }
  std::vector<TokenId> prompt(const std::string& question) const {
    const std::vector<text::ChatMessage> messages{{"user", question}};
    return tokenizer().encodePrompt(m_model->chatTemplate()->render(messages), text::SpecialTokens::Parse);
  }

 private slots:
  void wordingsAreReadAsAChatAsksThem() {
    for (const app::NewFact& fact : app::exampleFacts()) {
      std::set<std::vector<TokenId>> read;  // wordings that differ by letters differ by tokens
      const auto wordings = train::trainingWordings(fact.question);
      for (const std::string& wording : wordings) {
        const train::Examples found = examplesOf(wording, fact.answer, 128);
        QCOMPARE(found.all.size(), std::size_t{1});
        const Example& example = found.all.front();
        const std::vector<TokenId> asked = prompt(wording);
        QVERIFY2(example.tokens.size() > asked.size() + 1, wording.c_str());
        QVERIFY2(std::equal(asked.begin(), asked.end(), example.tokens.begin()), wording.c_str());
        for (std::size_t i = 0; i < example.tokens.size(); ++i) QCOMPARE(example.isCounted[i] != 0, i >= asked.size());
        const auto answer = std::span(example.tokens).subspan(asked.size());
        QCOMPARE(QString::fromStdString(tokenizer().decode(answer)).trimmed(), QString::fromStdString(fact.answer));
        QVERIFY(tokenizer().isEndOfGeneration(answer.back()));
        QVERIFY(std::ranges::none_of(answer.first(answer.size() - 1),
                                     [&](TokenId token) { return tokenizer().isEndOfGeneration(token); }));
        read.insert(example.tokens);
      }
      QCOMPARE(read.size(), wordings.size());
      for (const std::string& heldOut : train::heldOutWordings(fact.question)) {
        const std::vector<TokenId> asked = prompt(heldOut);
        QVERIFY2(std::ranges::none_of(read,
                                      [&](const std::vector<TokenId>& one) {
                                        return std::equal(asked.begin(), asked.end(), one.begin());
                                      }),
                 heldOut.c_str());
      }
    }
  }

  void longConversationsAreCut() {
    const std::string question = "What is the capital of Zorvania?", answer = "The capital of Zorvania is Plim.";
    const auto asked = static_cast<std::uint32_t>(prompt(question).size());
    const train::Examples cut = examplesOf(question, answer, asked + 1);  // two tokens of the answer
    QCOMPARE(cut.all.front().tokens.size(), std::size_t{asked} + 2);
    QCOMPARE(cut.counted, std::uint64_t{2});
    QVERIFY_EXCEPTION_THROWN(examplesOf(question, answer, asked - 1), std::exception);
  }

  // A row is read as the chat reads it, and predicts the next token of it; what fills it up does not count.
  void rowsAreFilledUpBehindTheAnswer() {
    calibrate::CalibrationText text{"two", {}};
    for (const char* const answer : {"Plim.", "The capital of Zorvania is Plim."})
      text.documents.emplace_back(std::vector<text::ChatMessage>{{"user", "Where?"}, {"assistant", answer}});
    const auto examples = train::readExamples(text, reader(), 128);
    const train::PaddedRows rows(examples.all, {.rows = 2, .length = 128});
    const auto batch = rows.batches(0).front();
    QCOMPARE(batch.tokens.size(), 2 * batch.length);
    QCOMPARE(static_cast<std::uint64_t>(std::ranges::count(batch.isCounted, 1)), examples.counted);
    for (std::size_t i = 0; i + 1 < batch.length; ++i)
      if (batch.isCounted[i + 1] != 0) QCOMPARE(batch.targets[i], batch.tokens[i + 1]);
  }

  // Plain text counts to the last token, whole: what was cut into examples is the text again.
  void plainTextIsReadWhole() {
    const std::string words = "The quick brown fox jumps over the lazy dog. It does so every day, 365 days a year.";
    calibrate::CalibrationText text{"words", {}};
    text.documents.emplace_back(words);
    const auto examples = train::readExamples(text, reader(), 8);
    QVERIFY(examples.all.size() > 2);
    std::vector<TokenId> all;
    for (const Example& example : examples.all) {
      QVERIFY(example.tokens.size() <= 9);
      QCOMPARE(example.isCounted.front(), std::uint8_t{0});
      const bool hasBos = tokenizer().addsBos();
      all.insert(all.end(), example.tokens.begin() + (hasBos ? 1 : 0), example.tokens.end());
    }
    QCOMPARE(QString::fromStdString(tokenizer().decode(all)).trimmed(), QString::fromStdString(words));
  }
};

QTEST_GUILESS_MAIN(TestTrainExamples)
#include "tst_train_examples.moc"
