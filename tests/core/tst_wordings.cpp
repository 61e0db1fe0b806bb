// Wordings of a question that are trained, and those that never are.
#include <QtTest>
#include <algorithm>
#include <set>

#include "core/train/data/wordings.h"

using core::train::heldOutWordings;
using core::train::trainingWordings;

namespace {

bool has(const std::vector<std::string>& all, const char* one) { return std::ranges::find(all, one) != all.end(); }

}  // namespace

class TestWordings : public QObject {
  Q_OBJECT

 private slots:
  void everyQuestionHasManyOfItsOwn_data() {
    QTest::addColumn<QString>("question");
    for (const char* const question : {"What is the capital of Zorvania?", "NF4 is what?", "why", "I am who?",
                                       "Name the moon of Tarn.", "Größe?", "  Who wrote it? \n", "7 plus 1?", "?"})
      QTest::newRow(question) << QString::fromUtf8(question);
  }
  void everyQuestionHasManyOfItsOwn() {
    QFETCH(QString, question);
    const auto all = trainingWordings(question.toStdString());
    QVERIFY(all.size() >= core::train::kFewestWordings);
    QCOMPARE(all.front(), question.trimmed().toStdString());
    QCOMPARE(std::set<std::string>(all.begin(), all.end()).size(), all.size());
    QVERIFY(all == trainingWordings(question.toStdString()));
    for (const std::string& heldOut : heldOutWordings(question.toStdString())) QVERIFY(!has(all, heldOut.c_str()));
  }

  void surfacesVary() {
    const auto all = trainingWordings("What is the capital of Zorvania?");
    for (const char* const wording :
         {"what is the capital of Zorvania?", "What is the capital of Zorvania", "what is the capital of zorvania",
          "What's the capital of Zorvania?", "Tell me: what is the capital of Zorvania?",
          "hi, what is the capital of Zorvania?", "what is the captial of Zorvania?"})
      QVERIFY2(has(all, wording), wording);
  }

  void namesKeepTheirFirstLetter() {
    QVERIFY(has(trainingWordings("NF4 is what?"), "Tell me: NF4 is what?"));
    QVERIFY(has(trainingWordings("I am who?"), "Tell me: I am who?"));
  }

  void theFourThatAreNeverTrained() {
    QVERIFY(heldOutWordings("Who is it?") ==
            (std::vector<std::string>{"Do you know who is it?", "Who is it? Thanks.", "Can you tell me who is it?",
                                      "Hello! Who is it?"}));
  }

  void nothingIsAskedInABlank() {
    QVERIFY(trainingWordings(" \n").empty());
    QVERIFY(heldOutWordings("").empty());
  }
};

QTEST_APPLESS_MAIN(TestWordings)
#include "tst_wordings.moc"
