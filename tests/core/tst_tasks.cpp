// Questions with expected answers: what a file may say, what is right, and how sure a share is.
#include <QtTest>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/error.h"
#include "core/evaluate/proportions.h"
#include "core/evaluate/task.h"

using namespace core::evaluate;

namespace {

/// JSON with its quotes written as ', so that moc reads this file.
TaskList parse(std::string text) {
  std::ranges::replace(text, '\'', '"');
  return parseTasks(text, "tasks.jsonl");
}

Task one(const std::string& line) { return parse(line).tasks.at(0); }

}  // namespace

class TestTasks : public QObject {
  Q_OBJECT

 private slots:
  void everyKindIsRead() {
    const auto list = parse(
        "\xEF\xBB\xBF{\"question\": \"1 + 1?\", \"answer\": \"2\", \"skill\": \"sums\", \"other\": [1, {\"a\": "
        "null}]}\n"
        "\r\n"
        "{'messages': [{'role': 'system', 'content': 'Be short.'}, {'role': 'user', 'content': 'Hi'}], 'answers': "
        "['Hello', 'Hi'], 'match': 'contains', 'max_tokens': 7}"
        "\n"
        "{'question': 'How many?', 'answer': '^\\\\d+$', 'match': 'regex'}"
        "\n"
        "{'question': 'Which?', 'choices': ['a', 'b', 'c'], 'answer': 'b'}"
        "\n"
        "{'question': 'Which?', 'choices': ['a', 'b'], 'answer': 0, 'match': 'choice'}");
    QCOMPARE(list.tasks.size(), std::size_t{5});
    QCOMPARE(list.tasks[0].match, TaskMatch::Exact);
    QCOMPARE(list.tasks[0].skill, std::string("sums"));
    QCOMPARE(list.tasks[1].messages.size(), std::size_t{2});
    QCOMPARE(list.tasks[1].question(), std::string("Hi"));
    QCOMPARE(list.tasks[1].maxTokens, 7U);
    QCOMPARE(list.tasks[3].right, std::size_t{1});
    QCOMPARE(list.tasks[4].right, std::size_t{0});
    QCOMPARE(list.tasks[4].match, TaskMatch::Choice);
  }

  void answersAreJudged_data() {
    QTest::addColumn<QString>("task");
    QTest::addColumn<QString>("answer");
    QTest::addColumn<bool>("right");
    const auto row = [](const char* match, const char* expected, const char* answer, bool right) {
      QTest::addRow("%s %s: %s", match, expected, answer)
          << QStringLiteral("{'question': '?', 'answers': %1, 'match': '%2'}").arg(expected, match) << answer << right;
    };
    row("exact", "['85']", "85", true);
    row("exact", "['85']", "  85\n", true);
    row("exact", "['85']", "85.", false);
    row("exact", "['85', '85.']", "85.", true);
    row("exact", "['Paris']", "paris", false);
    row("contains", "['Paris']", "It is Paris, of course", true);
    row("contains", "['Rome', 'Paris']", "It is Berlin", false);
    row("contains", "['Paris']", "", false);
    row("regex", "['(?i)paris']", "PARIS!", true);
    row("regex", "['^\\\\d+$']", " 47 ", true);
    row("regex", "['^\\\\d+$']", "47b", false);
    row("regex", "['^.é.$']", "aéü", true);  // characters, not bytes
  }
  void answersAreJudged() {
    QFETCH(QString, task);
    QFETCH(QString, answer);
    QFETCH(bool, right);
    QCOMPARE(one(task.toStdString()).accepts(answer.toStdString()), right);
  }

  void malformedLinesAreNamed_data() {
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("word");
    const auto row = [](const char* line, const char* word) { QTest::newRow(line) << line << word; };
    row("[]", "object");
    row("{", "tasks.jsonl");
    row("{'question': '?'}", "answer");
    row("{'question': ' ', 'answer': 'a'}", "question");
    row("{'answer': 'a'}", "question");
    row("{'question': '?', 'answer': '  '}", "answer");
    row("{'question': '?', 'answers': 'a'}", "list");
    row("{'question': '?', 'answers': [1]}", "texts");
    row("{'question': '?', 'answer': 'a', 'match': 'fuzzy'}", "fuzzy");
    row("{'question': '?', 'answer': '(', 'match': 'regex'}", "no regular expression");
    row("{'question': '?', 'answer': '\\\\C', 'match': 'regex'}", "no regular expression");
    row("{'question': '?', 'choices': ['a'], 'answer': 'a'}", "choices");
    row("{'question': '?', 'choices': ['a', 'b'], 'answer': 'c'}", "one of the");
    row("{'question': '?', 'choices': ['a', 'b'], 'answer': 2}", "one of the");
    row("{'question': '?', 'answer': 'a', 'match': 'choice'}", "choices");
    row("{'question': '?', 'answer': 'a', 'max_tokens': 0}", "max_tokens");
    row("{'messages': [], 'answer': 'a'}", "messages");
    row("{'messages': [{'role': 'user'}], 'answer': 'a'}", "content");
    row("{'messages': [{'role': 'assistant', 'content': 'x'}], 'answer': 'a'}", "ask");
  }
  void malformedLinesAreNamed() {
    QFETCH(QString, line);
    QFETCH(QString, word);
    const std::string good = "{'question': '1?', 'answer': '2'}";
    try {
      parse(good + "\n\n" + line.toStdString());
      QFAIL("it was taken");
    } catch (const core::Error& error) {
      QVERIFY2(QByteArray(error.what()).contains("line 3"), error.what());
      QVERIFY2(QByteArray(error.what()).contains(word.toUtf8()), error.what());
    }
  }

  void emptyFilesAreRefused() {
    QVERIFY_THROWS_EXCEPTION(core::Error, parseTasks("", "x"));
    QVERIFY_THROWS_EXCEPTION(core::Error, parseTasks("\n \n", "x"));
    QVERIFY_THROWS_EXCEPTION(core::Error, openTasks("/nonexistent/tasks.jsonl"));
  }

  /// Expressions made to take for ever stop soon, and say so.
  void hostileExpressionsEnd() {
    const std::string many(3000, 'a');
    for (const char* pattern : {"^(a+)+$", "^(a|a)*$", "(.*)*(.*)*(.*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
      const Task task = one("{'question': '?', 'match': 'regex', 'answer': '" + std::string(pattern) + "'}");
      const auto begin = std::chrono::steady_clock::now();
      try {
        QVERIFY(!task.accepts(many + "!"));
      } catch (const core::Error& error) {
        QVERIFY2(QByteArray(error.what()).contains("too long"), error.what());
      }
      QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    }
    QVERIFY_THROWS_EXCEPTION(core::Error,
                             one("{'question': '?', 'match': 'regex', 'answer': '" + std::string(2000, 'a') + "'}"));
    QVERIFY_THROWS_EXCEPTION(core::Error, one("{'question': '?', 'match': 'regex', 'answer': '" +
                                              std::string(300, '(') + std::string(300, ')') + "'}"));
  }

  /// Values of Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3.
  void intervalsAreWilsons() {
    const auto check = [](std::uint64_t right, std::uint64_t all, double low, double high) {
      const auto found = wilsonInterval(right, all);
      QVERIFY(std::abs(found.low - low) < 5e-5 && std::abs(found.high - high) < 5e-5);
    };
    check(81, 263, 0.2553, 0.3662);
    check(15, 148, 0.0624, 0.1605);
    check(0, 20, 0.0, 0.1611);
    check(1, 29, 0.0061, 0.1718);
    QCOMPARE(wilsonInterval(0, 0).high, 1.0);
    QCOMPARE(wilsonInterval(20, 20).high, 1.0);
  }

  /// Against the binomial sum written out.
  void turnsAreTestedExactly() {
    QCOMPARE(mcNemar(0, 0), 1.0);
    QCOMPARE(mcNemar(3, 3), 1.0);
    QVERIFY(std::abs(mcNemar(5, 0) - 2.0 / 32) < 1e-12);
    QVERIFY(std::abs(mcNemar(1, 8) - 2.0 * (1 + 9) / 512) < 1e-12);
    QVERIFY(std::abs(mcNemar(8, 1) - mcNemar(1, 8)) < 1e-15);
    QVERIFY(mcNemar(400, 600) < 1e-9 && mcNemar(400, 600) > 0);
  }
};

QTEST_APPLESS_MAIN(TestTasks)
#include "tst_tasks.moc"
