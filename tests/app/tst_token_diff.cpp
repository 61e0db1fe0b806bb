// Which tokens of an answer differ from the reference's, where the two part, and what is left to compare.
#include <QTest>

#include "app/pictures/token_diff.h"

using namespace app;
using Ids = std::vector<core::text::TokenId>;
using Marks = std::vector<TokenMark>;

class TestTokenDiff : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void equalAnswersHaveNoMarks() {
    QVERIFY(markDifferences({1, 2, 3}, {1, 2, 3}) == Marks(3, TokenMark::Same));
    QVERIFY(markDifferences({}, {}).empty());
  }

  void theFirstDifferentTokenIsWhereTheyPart() {
    QVERIFY(markDifferences({1, 2, 3, 4, 5}, {1, 2, 9, 4, 5}) ==
            (Marks{TokenMark::Same, TokenMark::Same, TokenMark::Parts, TokenMark::Same, TokenMark::Same}));
  }

  // The token at the parting stands in the reference too, only later: an alignment alone would not mark it, or would
  // mark a later word.
  void theyPartAtTheFirstDifferenceEvenIfThatWordComesLaterInTheReference() {
    QVERIFY(markDifferences({1, 2, 3, 4, 5}, {1, 3, 4, 5}) ==
            (Marks{TokenMark::Same, TokenMark::Parts, TokenMark::Same, TokenMark::Same}));
    QVERIFY(markDifferences({1, 2, 3, 4}, {1, 3, 9, 4}) ==
            (Marks{TokenMark::Same, TokenMark::Parts, TokenMark::Differs, TokenMark::Same}));
  }

  void thePartingIsTheEndOfTheCommonPrefixOfAnyTwoAnswers() {
    unsigned state = 7;
    const auto draw = [&state] {
      return static_cast<core::text::TokenId>((state = state * 1664525U + 1013904223U) >> 30);
    };
    for (int round = 0; round < 500; ++round) {
      Ids reference(1 + static_cast<std::size_t>(round % 9)), answer(1 + static_cast<std::size_t>(round % 7));
      for (auto& id : reference) id = draw();
      for (auto& id : answer) id = draw();
      const auto marks = markDifferences(reference, answer);
      const std::size_t common = commonPrefix(reference, answer);
      for (std::size_t i = 0; i < marks.size(); ++i) {
        if (i < common) QCOMPARE(marks[i], TokenMark::Same);
        QCOMPARE(marks[i] == TokenMark::Parts, i == common);
      }
    }
  }

  void insertedTokensAreAligned() {
    QVERIFY(markDifferences({1, 2, 3}, {1, 7, 8, 2, 3}) ==
            (Marks{TokenMark::Same, TokenMark::Parts, TokenMark::Differs, TokenMark::Same, TokenMark::Same}));
  }

  void aLongerAnswerDiffersBehindTheEndOfTheReference() {
    QVERIFY(markDifferences({1, 2}, {1, 2, 3, 4}) ==
            (Marks{TokenMark::Same, TokenMark::Same, TokenMark::Parts, TokenMark::Differs}));
    QVERIFY(markDifferences({1, 2, 3}, {1, 2}) == Marks(2, TokenMark::Same));
  }

  void teacherForcingBeginsWhereNothingWasCompared() {
    const Ids reference{1, 2, 3, 4, 5, 6};  // a prompt of two tokens and an answer of four
    QCOMPARE(firstUncompared(reference, Ids{1, 2, 3, 9, 9}, 2), std::size_t{4});  // the 9 was drawn in place of the 4
    QCOMPARE(firstUncompared(reference, Ids{1, 2, 3}, 2), std::size_t{3});        // it stopped where the 4 stands
    QCOMPARE(firstUncompared(reference, Ids{1, 2}, 2), std::size_t{2});           // it said nothing
    QCOMPARE(firstUncompared(reference, Ids{1, 7, 3, 4, 5}, 2), std::size_t{2});  // another prompt: nothing compared
    QCOMPARE(firstUncompared(reference, reference, 2), reference.size());
  }
};

QTEST_APPLESS_MAIN(TestTokenDiff)
#include "tst_token_diff.moc"
