// The built-in model is asked questions.
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>

#include "app/session/evaluate_tasks.h"
#include "core/base/error.h"

using namespace app;
using core::evaluate::parseTasks;

class TestEvaluateTasks : public QObject {
  Q_OBJECT

 private:
  std::shared_ptr<OpenModel> m_model = OpenModel::open("demo");
  Engine m_engine;

  static TaskRequest request(const std::string& tasks, std::vector<const char*> variants) {
    TaskRequest result{Variant::parse("stored@cpu"), {}, {}, {}};
    for (const char* const text : variants) result.compared.push_back(Variant::parse(text));
    result.tasks = tasks == "demo" ? openTaskList("demo") : parseTasks(tasks, "tasks");
    return result;
  }
  TaskEvaluation run(const TaskRequest& what) { return evaluateTasks(*m_model, m_engine, what); }

 private slots:
  void theBuiltInTasksAreKnown() {
    const auto found = run(request("demo", {"int8@cpu", "int3@cpu"}));
    QVERIFY(found.tasks.tasks.size() >= 100);
    QVERIFY2(found.reference.accuracy.value >= 0.97, qPrintable(QString::number(found.reference.accuracy.value)));
    QVERIFY(found.reference.accuracy.low < found.reference.accuracy.value);
    QCOMPARE(found.reference.turnedWrong.size() + found.reference.turnedRight.size(), std::size_t{0});
    const TaskRow& eight = found.rows[0];
    const TaskRow& three = found.rows[1];
    QVERIFY(eight.accuracy.value >= 0.95 && eight.pValue > 0.05);
    QVERIFY(three.accuracy.value < 0.7 && three.pValue < 1e-6);
    QVERIFY(three.turnedWrong.size() > 30);
    const auto flipped = found.flipped();
    QVERIFY(std::ranges::is_sorted(flipped));
    for (const std::size_t task : three.turnedWrong) {
      QVERIFY(std::ranges::binary_search(flipped, task));
      QVERIFY(found.reference.answers[task].right && !three.answers[task].right);
    }
    qInfo("accuracy: stored %.3f, int8 %.3f, int3 %.3f", found.reference.accuracy.value, eight.accuracy.value,
          three.accuracy.value);
  }

  void everyKindIsAsked() {
    const auto found = run(
        request(R"({"question": "What is 47 + 38?", "answer": "47 + 38 = 85."})"
                "\n"
                R"({"question": "What is 47 + 38?", "answer": "= 85", "match": "contains"})"
                "\n"
                R"({"question": "What is 47 + 38?", "answer": "\\b8[0-9]\\.$", "match": "regex"})"
                "\n"
                R"({"question": "What is 47 + 38?", "choices": ["47 + 38 = 84.", "47 + 38 = 85.", "85"], "answer": 1})"
                "\n"
                R"({"question": "What is 47 + 38?", "answer": "47 + 38 = 84."})"
                "\n"
                R"({"question": "What is 47 + 38?", "answer": "47 + 38 = 85.", "max_tokens": 3})",
                {"int2@cpu"}));
    const auto& answers = found.reference.answers;
    for (std::size_t i = 0; i < 4; ++i) QVERIFY2(answers[i].right, qPrintable(QString::number(i)));
    QVERIFY(!answers[4].right && !answers[4].isCut);
    QCOMPARE(answers[0].text, std::string("47 + 38 = 85."));
    QCOMPARE(answers[3].text, std::string("47 + 38 = 85."));
    QVERIFY(!answers[5].right && answers[5].isCut);
    QCOMPARE(found.rows[0].accuracy.value, 0.0);
    QCOMPARE(found.rows[0].turnedWrong.size(), std::size_t{4});
  }

  /// The probability of a choice is that of its tokens and of the end, one after the other.
  void choicesAreJudgedByProbability() {
    const auto found = run(request(
        R"({"question": "What is 47 + 38?", "choices": ["47 + 38 = 8", "47 + 38 = 85.", "47"], "answer": 1})"
        "\n"
        R"({"question": "What is the capital of France?", "choices": ["The capital of France is Rome.", "The capital of France is Paris."], "answer": 1})",
        {}));
    QVERIFY(found.reference.answers[0].right);  // although the others begin like it, and are shorter
    QVERIFY(found.reference.answers[0].rightPerByte);
    QVERIFY(found.reference.answers[1].right);
  }

  void whatCannotBeAnsweredIsWrongAndSaysWhy() {
    const std::string endless(20000, 'x');
    const auto found =
        run(request(R"({"question": ")" + endless + R"(", "answer": "y"})" + "\n" + R"({"question": ")" + endless +
                        R"(", "choices": ["y", "z"], "answer": "y"})" + "\n" +
                        R"({"question": "Say a.", "answer": "^(.*)*(.*)*(.*)*(.*)*~$", "match": "regex"})",
                    {}));
    QVERIFY(!found.reference.answers[0].failure.empty());
    QVERIFY(!found.reference.answers[1].failure.empty());
    QVERIFY(!found.reference.answers[2].right && !found.reference.answers[2].text.empty());
    QCOMPARE(found.reference.accuracy.value, 0.0);
  }

  void aStoppedRunGoesOn() {
    auto what = request("demo", {"int3@cpu"});
    what.tasks.tasks.resize(12);
    const auto whole = run(what);
    const QTemporaryDir folder;
    what.cacheFolder = folder.path().toStdString();
    for (const std::size_t stopAfter : {3, 15}) {
      std::stop_source stop;
      QVERIFY_THROWS_EXCEPTION(core::Cancelled, evaluateTasks(
                                                    *m_model, m_engine, what,
                                                    [&](const TaskEvaluation& now) {
                                                      const std::size_t done =
                                                          now.reference.answers.size() + now.rows[0].answers.size();
                                                      if (done >= stopAfter) stop.request_stop();
                                                    },
                                                    core::JobContext(stop.get_token())));
    }
    std::size_t asked = 0;
    const auto resumed = evaluateTasks(*m_model, m_engine, what, [&](const TaskEvaluation&) { ++asked; });
    QCOMPARE(asked, std::size_t{24 - 15});
    for (std::size_t i = 0; i < 12; ++i) {
      QCOMPARE(resumed.reference.answers[i].text, whole.reference.answers[i].text);
      QCOMPARE(resumed.rows[0].answers[i].text, whole.rows[0].answers[i].text);
      QCOMPARE(resumed.rows[0].answers[i].right, whole.rows[0].answers[i].right);
    }
    QCOMPARE(resumed.rows[0].pValue, whole.rows[0].pValue);
    QVERIFY(!resumed.reference.device.empty());
  }

  void aVariantThatCannotRunSaysSo() {
    auto what = request("demo", {"int4@vulkan:999"});
    what.tasks.tasks.resize(2);
    QVERIFY(!run(what).rows[0].failure.empty());
  }
};

QTEST_APPLESS_MAIN(TestEvaluateTasks)
#include "tst_evaluate_tasks.moc"
