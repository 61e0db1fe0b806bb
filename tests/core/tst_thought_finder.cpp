// Where a thought ends and the answer begins, however the marks fall into tokens.
#include <QtTest>

#include "core/text/thought_finder.h"

using core::text::ReasoningMarks;
using core::text::Thought;
using core::text::ThoughtFinder;

namespace {

const ReasoningMarks kThink{"<think>", "</think>"};

/// Thought, answer, and the tokens of the former: "a|b|3"; an open one ends with "…"; "none" without.
QString read(ThoughtFinder finder, const std::vector<std::string>& tokens) {
  std::string visible;
  for (const std::string& token : tokens) {
    const bool isControl = token.starts_with("<|");
    finder.push(isControl ? "" : token, isControl ? token : "");
    if (!isControl) visible += token;
  }
  const auto found = finder.found();
  if (!found) return QStringLiteral("none");
  return QString::fromStdString(visible.substr(found->begin, found->end - found->begin) + "|" +
                                visible.substr(found->answer) + "|" + std::to_string(found->tokens) +
                                (found->isOpen ? "…" : ""));
}

std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> all;
  for (const char c : text) all.emplace_back(1, c);
  return all;
}

}  // namespace

class TestThoughtFinder : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void marksOfTheirOwnTokens() {
    QCOMPARE(read({kThink, false}, {"<think>", "\n", "a", " b", "\n", "</think>", "\n\n", "yes", "!"}),
             QStringLiteral("a b|yes!|7"));
  }

  void marksOfManyTokens() {
    QCOMPARE(read({kThink, false}, characters("\n<think>\nab</think>\n\nyes")), QStringLiteral("ab|yes|21"));
    QCOMPARE(read({kThink, true}, characters("ab</think>yes")), QStringLiteral("ab|yes|10"));
  }

  void aTokenInWhichTheAnswerBeginsIsTheAnswers() {
    QCOMPARE(read({kThink, false}, {"<think>a", "b</thi", "nk> yes", " no"}), QStringLiteral("ab|yes no|2"));
    QCOMPARE(read({kThink, true}, {"a</think>yes"}), QStringLiteral("a|yes|0"));
  }

  void controlTokensAreMarksButNotSeen() {
    const ReasoningMarks channels{"<|channel|>analysis<|message|>",
                                  "<|end|><|start|>assistant<|channel|>final<|message|>"};
    QCOMPARE(read({channels, false}, {"<|channel|>", "analysis", "<|message|>", "hm", ".", "<|end|>", "<|start|>",
                                      "assistant", "<|channel|>", "final", "<|message|>", "yes"}),
             QStringLiteral("hm.|yes|11"));
    QCOMPARE(read({channels, false}, {"<|channel|>", "final", "<|message|>", "yes"}), QStringLiteral("none"));
  }

  void whatIsWrittenGrows() {
    ThoughtFinder finder(kThink, false);
    QVERIFY(!finder.found());
    finder.push("<thi");
    QVERIFY(!finder.found());
    finder.push("nk>");
    QCOMPARE(finder.found(), std::optional(Thought{2, 7, 7, 7, true}));
    finder.push("a </");
    QCOMPARE(finder.found()->tokens, std::size_t{3});
    QVERIFY(finder.found()->isOpen);
    finder.push("think>");
    QVERIFY(!finder.found()->isOpen);
    QCOMPARE(finder.found(), std::optional(Thought{4, 7, 8, 17, false}));
    finder.push("\n");
    QCOMPARE(finder.found()->tokens, std::size_t{5});
    finder.push("yes");
    QCOMPARE(finder.found(), std::optional(Thought{5, 7, 8, 18, false}));
  }

  void anAnswerWithoutAThoughtHasNone() {
    QCOMPARE(read({kThink, false}, {"The", " tag", " <think>", " opens", " and", " </think>", " closes"}),
             QStringLiteral("none"));
    QCOMPARE(read({kThink, true}, {"no", " end"}), QStringLiteral("no end||2…"));
    QCOMPARE(read({kThink, false}, {"<think>", "\n\n", "</think>", "\n\n", "yes"}), QStringLiteral("|yes|4"));
    QCOMPARE(read({{"", ""}, true}, {"yes"}), QStringLiteral("none"));
  }

  void onlyAPromptThatEndsWithTheMarkOpensIt() {
    QVERIFY(core::text::opensThought("<|user|>Hi<|assistant|>\n<think>\n", kThink));
    QVERIFY(!core::text::opensThought("<think>\n\n</think>\n\n", kThink));
    QVERIFY(!core::text::opensThought("What does <think> mean?<|assistant|>", kThink));
    QVERIFY(!core::text::opensThought("", kThink));
  }
};

QTEST_GUILESS_MAIN(TestThoughtFinder)
#include "tst_thought_finder.moc"
