// Every lesson run: it loads strictly, every truth is computed by the program's own code and is of the kind its
// question needs, every wrong answer is told apart, every text is filled; the figures are those of the user's reference
// documents.
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "app/jobs/job_runner.h"
#include "app/lessons/facts/broken_bit.h"
#include "app/lessons/glossary.h"
#include "app/lessons/lesson_files.h"
#include "app/lessons/lesson_player.h"
#include "app/lessons/lesson_words.h"
#include "app/workspaces/workspace.h"
#include "core/base/error.h"
#include "core/numeric/number_format.h"

#include "small_course.h"

using namespace app;

namespace {

const Course& course() {
  static const Course course = loadCourse(source());
  return course;
}

const LessonStep& stepOf(const QString& lesson, const QString& step) {
  const Lesson* found = course().find(lesson);
  if (found == nullptr || found->indexOf(step) < 0) qFatal("no step %s/%s", qPrintable(lesson), qPrintable(step));
  return found->steps[static_cast<std::size_t>(found->indexOf(step))];
}

/// An answer that agrees with a value; nothing where a value cannot be given as one.
std::optional<Guess> guessOf(const LessonStep& step, const FactValue& value) {
  if (std::holds_alternative<ChoiceQuestion>(step.asks)) return Guess(choiceIdOf(value));
  if (const auto* number = std::get_if<double>(&value)) return Guess(*number);
  if (const auto* interval = std::get_if<Interval>(&value)) return Guess((interval->low + interval->high) / 2);
  if (const auto* pattern = std::get_if<Pattern>(&value)) return Guess(pattern->code);
  return std::nullopt;
}

QString shownTexts(const LessonStep& step, const StepResults& results, const Guess& guess) {
  QStringList texts{step.title, step.text, step.question, step.why};
  for (const WrongAnswer& wrong : step.wrong) texts << wrong.text;
  if (const auto* choice = std::get_if<ChoiceQuestion>(&step.asks))
    for (const auto& [id, text] : choice->choices) texts << text;
  for (QString& text : texts) text = filledText(text, step, &results, &guess);
  return texts.join(u'\n');
}

}  // namespace

class TestLessons : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    QCoreApplication::setOrganizationName(QStringLiteral("quantscope-test"));
    QLocale::setDefault(QLocale::c());
    QCOMPARE(SmallCourse().problem(), QString());  // what is spoilt below is whole
    try {
      QVERIFY(!course().lessons.empty());
    } catch (const core::Error& error) {
      QFAIL(error.what());
    }
  }

  void theCourseIsTaughtInOrder() {
    int last = 0;
    for (const Lesson& lesson : course().lessons) {
      QVERIFY2(lesson.number > last, qPrintable(lesson.id));
      QVERIFY2(lesson.steps.size() >= 5 && lesson.steps.size() <= 11, qPrintable(lesson.id));
      QVERIFY2(lesson.minutes >= 5 && lesson.minutes <= 20, qPrintable(lesson.id));
      last = lesson.number;
    }
    QVERIFY(course().lessons.size() >= 9);
    for (const int number : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
      QVERIFY2(std::ranges::count(course().lessons, number, &Lesson::number) == 1, qPrintable(QString::number(number)));
  }

  void everyStep_data() {
    QTest::addColumn<QString>("lesson");
    QTest::addColumn<QString>("step");
    for (const Lesson& lesson : course().lessons)
      for (const LessonStep& step : lesson.steps)
        QTest::newRow(qPrintable(lesson.id + u'/' + step.id)) << lesson.id << step.id;
  }
  void everyStep() {
    QFETCH(QString, lesson);
    QFETCH(QString, step);
    const LessonStep& at = stepOf(lesson, step);
    const StepResults results = computeStep(at, core::JobContext());
    QCOMPARE(kindOf(results.truth), at.truth.call.fact->kind);
    const auto truth = guessOf(at, results.truth);
    QVERIFY(truth);
    QVERIFY2(judge(at, results, *truth).isRight, "the truth is not taken for right");
    if (const auto* number = std::get_if<double>(&results.truth)) {
      // What is shown as the truth is right when it is typed.
      QString shown = factWords(*number, at.truth);
      shown.replace(QChar(0x2212), u'-').remove(u',');
      bool isNumber = false;
      const double typed = shown.toDouble(&isNumber);
      if (isNumber && !std::holds_alternative<ChoiceQuestion>(at.asks))
        QVERIFY2(judge(at, results, Guess(typed)).isRight, qPrintable(shown));
    }
    checkQuestion(at, results, *truth);
    checkWrongAnswers(at, results);
    const QString texts = shownTexts(at, results, *truth);
    QVERIFY2(!texts.contains(u'{') && !texts.contains(QStringLiteral("nan")), qPrintable(texts));
    QVERIFY2(at.text.size() <= 420 && at.question.size() <= 160 && at.why.size() <= 480, qPrintable(texts));
    if (qEnvironmentVariableIsSet("QS_PRINT_LESSONS"))
      qInfo().noquote() << "\n[" << truthWords(at, results) << "]\n" << texts;
  }

  void referenceFigures_data() {
    QTest::addColumn<QString>("lesson");
    QTest::addColumn<QString>("step");
    QTest::addColumn<double>("figure");
    QTest::addColumn<double>("tolerance");
    const auto row = [](const char* lesson, const char* step, double figure, double tolerance = 0) {
      QTest::newRow(step) << QString::fromLatin1(lesson) << QString::fromLatin1(step) << figure << tolerance;
    };
    row("anatomy", "three-fields", 23);
    row("range", "largest", 65504);
    row("int8", "scale", 1 / 127.0, 1e-8);
    row("int8", "code", 58);
    row("int8", "back", 0.457, 0.0005);
    row("int8", "edge", 0.9963, 5e-5);
    row("zero-point", "ideal", 127.5, 1e-4);
    row("zero-point", "signed", -0.5, 1e-4);
    row("zero-point", "cost", 1 - 1 / 255.0, 1e-6);
    row("memory", "fp32", 280, 1e-9);
    row("speed", "bytes", 1000 / 16.0, 1e-9);
    row("speed", "bits", 5, 1e-9);
    row("speed", "roof", 100, 1e-9);
    row("speed", "batch", 100, 1e-9);
    row("memory", "cards", 2);
    row("memory", "scales", 39.375, 1e-9);
    row("memory", "slide", 64, 1e-9);
    row("memory", "eight", 5.7, 0.05);
    row("memory", "times", 32 / 4.5, 1e-9);
    row("memory", "ollama", 8.5, 0.05);
    row("memory", "four-bit-file", 0.136, 0.001);
    row("memory", "context", 42.95, 0.01);
    row("activations", "channels", 21.6631716, 1e-4);
    row("activations", "token", 0.0200924129, 1e-7);
    row("activations", "static", 11.8262758, 1e-4);
    row("activations", "stranger", 6.884765625);
    row("activations", "sums", 2);
    row("activations", "factor", 22.009238, 1e-4);
    row("activations", "alpha", 0.6, 1e-9);
    row("activations", "threshold", 4.88588497, 1e-5);
  }
  void referenceFigures() {
    QFETCH(QString, lesson);
    QFETCH(QString, step);
    QFETCH(double, figure);
    QFETCH(double, tolerance);
    const StepResults results = computeStep(stepOf(lesson, step), core::JobContext());
    const double truth = std::get<double>(results.truth);
    QVERIFY2(std::fabs(truth - figure) <= tolerance, qPrintable(QString::number(truth, 'g', 12)));
  }

  void theReferencesOtherFiguresStandInTheTexts() {
    const auto why = [](const char* lesson, const char* step) {
      const LessonStep& at = stepOf(QString::fromLatin1(lesson), QString::fromLatin1(step));
      const StepResults results = computeStep(at, core::JobContext());
      return filledText(at.why, at, &results, nullptr);
    };
    const auto contains = [](const QString& text, const char* figure) {
      if (!text.contains(QLatin1String(figure))) qWarning().noquote() << text;
      return text.contains(QLatin1String(figure));
    };
    QVERIFY(contains(why("anatomy", "bias"), "0x3eeaf790"));
    QVERIFY(contains(why("int8", "which-maxima"), "from 0.9996 to 1.0018"));
    QVERIFY(contains(why("int8", "edge"), "from 0.9963 to 1.0136"));
    for (const char* size : {"140 GB", "70 in INT8", "35 in INT4", "17.5 in INT2"})
      QVERIFY(contains(why("memory", "fp32"), size));
    QVERIFY(contains(why("memory", "fits"), "18 GB of weights"));
    QVERIFY(contains(why("memory", "eight"), "4.1"));
    QVERIFY(contains(why("memory", "eight"), "BF16 takes 16.1"));
    for (const char* cards : {"FP32 needs 4", "INT8 just 1", "2 cards of 24 GB", "4 to 8", "2 to 4"})
      QVERIFY(contains(why("memory", "cards"), cards));
    QVERIFY(contains(why("memory", "slide"), "6 GB too high"));
    QVERIFY(contains(why("memory", "ollama"), "8.53"));
    QVERIFY(contains(why("memory", "four-bit-file"), "4.65"));
    QVERIFY(contains(why("memory", "small-card"), "13.5"));
    const LessonStep& times = stepOf(QStringLiteral("memory"), QStringLiteral("times"));
    const StepResults saved = computeStep(times, core::JobContext());
    QVERIFY(contains(filledText(times.text, times, &saved, nullptr),
                     "2 times in 16 bits, 4 times in INT8, 8 times in INT4, 16 times in INT2"));
    const auto truthOf = [](const char* lesson, const char* step) {
      return std::get<std::string>(
          computeStep(stepOf(QString::fromLatin1(lesson), QString::fromLatin1(step)), {}).truth);
    };
    QCOMPARE(truthOf("activations", "half"), std::string("floats"));
    QCOMPARE(truthOf("activations", "cut"), std::string("most"));
    QCOMPARE(truthOf("activations", "answers"), std::string("smooth"));
    QCOMPARE(std::get<std::string>(computeStep(stepOf(QStringLiteral("memory"), QStringLiteral("fits")), {}).truth),
             std::string("yes"));
    QCOMPARE(
        std::get<std::string>(computeStep(stepOf(QStringLiteral("memory"), QStringLiteral("small-card")), {}).truth),
        std::string("yes"));
  }

  // Lessons hold no results: where a link names the weight that a fact has found, it is that weight.
  void theWeightWhoseBitIsToggledIsTheLargest() {
    int checked = 0;
    for (const LessonStep& step : course().find(QStringLiteral("one-bit"))->steps) {
      if (!step.stage || !step.stage->has(QStringLiteral("weight"))) continue;
      const std::string tensor = step.stage->value(QStringLiteral("tensor")).toStdString();
      const BrokenWeight weight = brokenWeight({tensor}, core::JobContext());
      const auto model = OpenModel::open(std::string("demo"), core::JobContext());
      const std::uint64_t columns = model->tensor(*model->checkpoint().find(tensor))->rowValues();
      QCOMPARE(step.stage->value(QStringLiteral("weight")),
               QStringLiteral("%1,%2").arg(weight.element / columns).arg(weight.element % columns));
      ++checked;
    }
    QVERIFY(checked >= 5);
  }

  void fourBitsOfSixteenBreakTheModel() {
    int breaking = 0;
    for (std::uint32_t bit = 0; bit < 16; ++bit) {
      const auto score = brokenScore({"blk.5.ffn_down.weight", "stored", "code", bit}, core::JobContext());
      QVERIFY(score.has_value());
      if (score->exactShare == 1.0) continue;
      ++breaking;
      QVERIFY(bit >= 7 && bit < 15);  // of the exponent
    }
    QCOMPARE(breaking, 4);
  }

  void brokenLessonsAreSentences_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* file, const char* before, const char* after, const char* says) {
      QTest::newRow(name) << QString::fromLatin1(file) << QByteArray(before) << QByteArray(after)
                          << QString::fromLatin1(says);
    };
    row("no JSON", "one.json", "{\"number\"", "\"number\"", "no JSON");
    row("unknown key", "one.json", "\"minutes\": 5", "\"minutes\": 5, \"colour\": 1", "colour");
    row("key twice", "one.json", "\"minutes\": 5", "\"minutes\": 5, \"minutes\": 6", "twice");
    row("missing key", "one.json", "\"minutes\": 5,", "", "minutes");
    row("wrong type", "one.json", "\"minutes\": 5", "\"minutes\": \"5\"", "minutes");
    row("unknown fact", "one.json", "\"bias\", \"format\": \"fp32\"", "\"bia\", \"format\": \"fp32\"", "bia");
    row("missing argument", "one.json", "\"fact\": \"bias\", \"format\": \"fp32\"", "\"fact\": \"bias\"", "format");
    row("unknown argument", "one.json", "\"format\": \"fp16\"", "\"format\": \"fp16\", \"value\": 1", "value");
    row("kind of truth", "one.json", "\"fact\": \"bias\", \"format\": \"fp32\"",
        "\"fact\": \"code\", \"format\": \"fp32\", \"value\": 1", "number");
    row("no link", "one.json", "quantscope://bits/fp32?text=1", "bits/fp32", "no link");
    row("nothing to follow", "one.json", "text=1\"", "text=$answer\"", "slider");
    row("stage and board", "one.json", "\"wrong\": {\"other\": 15}", "\"board\": {\"bars\": []}", "only one");
    row("no workspace", "one.json", "quantscope://bits/", "quantscope://bytes/", "bytes");
    row("kind of question", "one.json", "\"kind\": \"number\"", "\"kind\": \"essay\"", "essay");
    row("tolerance", "one.json", "\"kind\": \"number\"", "\"kind\": \"number\", \"absolute\": -1", "tolerance");
    row("slider", "one.json", "\"kind\": \"number\"",
        "\"kind\": \"slider\", \"from\": 1, \"to\": 0, \"step\": 0.1, \"start\": 0", "slider");
    row("one choice", "one.json", "\"kind\": \"number\"", "\"kind\": \"choice\", \"choices\": [\"a\"]", "choices");
    row("no such format", "one.json", "\"kind\": \"number\"", "\"kind\": \"bits\", \"format\": \"fp33\"", "fp33");
    row("wrong answer", "one.json", "\"other\": 15", "\"other\": \"sideways\"", "sideways");
    row("missing text", "en/one.json", "\"question\": \"What?\",", "", "question");
    row("missing wrong text", "en/one.json", "\"other\": \"No.\"", "\"another\": \"No.\"", "other");
    row("text too many", "en/one.json", "\"title\": \"Step\"", "\"title\": \"Step\", \"footnote\": \"x\"", "footnote");
    row("placeholder", "en/one.json", "{half}", "{third}", "third");
    row("truth too early", "en/one.json", "\"text\": \"Look.\"", "\"text\": \"It is {truth}.\"", "truth");
    row("no minutes", "one.json", "\"minutes\": 5", "\"minutes\": 0", "minutes");
    row("half a minute", "one.json", "\"minutes\": 5", "\"minutes\": 0.5", "minutes");
    row("beyond numbers", "one.json", "\"minutes\": 5", "\"minutes\": 1e99", "minutes");
    row("digits", "one.json", "\"format\": \"fp32\"", "\"format\": \"fp32\", \"digits\": 40", "digits");
    row("no lesson", "course.json", "\"one\"", "\"two\"", "two");
    row("lesson twice", "course.json", "\"one\"", "\"one\", \"one\"", "twice");
  }
  void brokenLessonsAreSentences() {
    QFETCH(QString, file);
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    QFETCH(QString, says);
    SmallCourse small;
    small.replace(file, before, after);
    const QString problem = small.problem();
    QVERIFY2(problem.contains(says) && (problem.contains(QStringLiteral(".json"))), qPrintable(problem));
    QVERIFY2(problem.endsWith(u'.'), qPrintable(problem));
  }

  void digitsAreGroupedAsTheLanguageDoes() {
    QCOMPARE(
        groupedLocally(QStringLiteral("2²⁴ is 16 777 216; `1000 0000` is 128, 3 of 100")),
        QStringLiteral("2²⁴ is ") + QLocale().toString(16777216) + QStringLiteral("; `1000 0000` is 128, 3 of 100"));
    const LessonStep& step = stepOf(QStringLiteral("rounding"), QStringLiteral("plus-one"));
    QVERIFY2(step.question.contains(QLocale().toString(16777216)), qPrintable(step.question));
  }

  void aTranslationMayBeIncomplete() {
    SmallCourse small;
    QDir(small.path()).mkdir(QStringLiteral("de"));
    small.write(QStringLiteral("de/one.json"), SmallCourse::kGerman);
    const Course german = loadCourse(source(small.path(), QStringLiteral("de_AT")));
    const Lesson& lesson = german.lessons.front();
    QCOMPARE(lesson.title, QStringLiteral("Eins"));
    QCOMPARE(lesson.summary, QStringLiteral("Its summary."));
    QCOMPARE(lesson.steps.front().question, QStringLiteral("Wie viel?"));
    QCOMPARE(lesson.steps.front().text, QStringLiteral("Look."));
    QCOMPARE(loadCourse(source(small.path(), QStringLiteral("fr"))).lessons.front().title, QStringLiteral("One"));
  }

  void thePlayerTakesAnswersAndKeepsThem() {
    const QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
    {
      JobRunner jobs;
      LessonPlayer player(jobs, loadCourse(source()));
      QSignalSpy places(&player, &LessonPlayer::placeRequested);
      QVERIFY(!player.start(QStringLiteral("no-such-lesson")).isEmpty());
      QVERIFY(!player.start(QStringLiteral("int8"), QStringLiteral("no-such-step")).isEmpty());
      QCOMPARE(player.lesson(), nullptr);
      QCOMPARE(player.start(QStringLiteral("int8"), QStringLiteral("code")), QString());
      QCOMPARE(places.count(), 1);
      QCOMPARE(player.link().toString(), QStringLiteral("quantscope://learn/int8/code"));
      QVERIFY(player.results() == nullptr);
      QTRY_VERIFY(player.results() != nullptr);
      player.giveAnswer(Guess(59.0));
      QVERIFY(player.isRevealed() && !player.judgement().isRight);
      QCOMPARE(player.judgement().tempting->id, QStringLiteral("up"));
      QCOMPARE(places.count(), 2);  // the place that shows the truth
      player.next();
      QVERIFY(!player.isAnswered());
      QTRY_VERIFY(player.results() != nullptr);
      player.reveal();
      QCOMPARE(player.progress().answered(*player.lesson()), 2);
      player.saveState(settings);
    }
    JobRunner jobs;
    LessonPlayer player(jobs, loadCourse(source()));
    player.restoreState(settings);
    QCOMPARE(player.progress().answered(*player.course().find(QStringLiteral("int8"))), 2);
    QCOMPARE(player.start(QStringLiteral("int8")), QString());
    QCOMPARE(player.step()->id, QStringLiteral("scale"));  // the first without an answer
    player.next();
    QTRY_VERIFY(player.isRevealed());
    QCOMPARE(std::get<double>(*player.answer()), 59.0);
    player.askAgain();
    QVERIFY(!player.isAnswered());
    player.giveAnswer(Guess(58.0));
    QVERIFY(player.judgement().isRight);
    player.forgetProgress();
    QVERIFY(player.progress().isEmpty() && !player.isAnswered());
  }

  // Progress stands among the other settings: what cannot be read of it is left out, and nothing else is touched.
  void damagedProgressLosesNothingElse() {
    const QTemporaryDir folder;
    const QString name = folder.filePath(QStringLiteral("settings.ini"));
    const auto write = [&](const QByteArray& progress) {
      QFile file(name);
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write("[window]\nzoom=150\n[lessons]\nprogress=" + progress + "\nteacher=true\n[schemes]\nkept=nf4\n");
    };
    const auto restored = [&] {
      QSettings settings(name, QSettings::IniFormat);
      JobRunner jobs;
      LessonPlayer player(jobs, loadCourse(source()));
      player.restoreState(settings);
      player.saveState(settings);
      settings.sync();
      return player.teacherMode() ? player.progress().answered(*player.course().find(QStringLiteral("int8"))) : -1;
    };
    const auto kept = [&] {
      const QSettings settings(name, QSettings::IniFormat);
      return settings.value(QStringLiteral("window/zoom")).toInt() == 150 &&
             settings.value(QStringLiteral("schemes/kept")).toString() == QStringLiteral("nf4");
    };
    write("\"int8\\tcode\\tright\\tn:58\", garbage, \"int8\\tscale\\tperhaps\\t\", \"int8\\tback\\twrong\\tn:apples\"");
    QCOMPARE(restored(), 2);  // an answer that is no number is at least an answer
    QVERIFY(kept());
    for (const char* rubbish : {"@Variant(\\0\\0\\0\\x7f)", "5", "\"\\x80\\xff\t\t\t\"", "@Invalid()", ""}) {
      write(rubbish);
      QCOMPARE(restored(), 0);
      QVERIFY2(kept(), rubbish);
    }
  }

  void aTeacherDecidesWhenTheAnswerIsSeen() {
    JobRunner jobs;
    LessonPlayer player(jobs, loadCourse(source()));
    QCOMPARE(player.start(QStringLiteral("anatomy")), QString());
    QTRY_VERIFY(player.results() != nullptr);
    player.giveAnswer(Guess(23.0));
    player.setTeacherMode(true);
    QVERIFY(!player.isAnswered() && !player.isRevealed());  // hidden, though it was answered
    QTRY_VERIFY(player.results() != nullptr);
    player.giveAnswer(Guess(24.0));
    QVERIFY(player.isAnswered() && !player.isRevealed());
    player.reveal();
    QVERIFY(player.isRevealed() && !player.judgement().isRight);
    player.setTeacherMode(false);
    QTRY_VERIFY(player.isRevealed());
    QCOMPARE(std::get<double>(*player.answer()), 23.0);  // one's own progress is untouched
  }

  void theGlossaryExplainsTheTerms() {
    const Glossary glossary = Glossary::load(kFolder, {});
    for (const char* term :
         {"mantissa",    "exponent",    "ulp",     "subnormal", "zero-point",      "absmax",
          "group size",  "super-block", "SQNR",    "KL",        "perplexity",      "KV cache",
          "prefill",     "decoding",    "outlier", "NF4",       "bits per weight", "double quantization",
          "calibration", "Subnormals"})
      QVERIFY2(glossary.matches(QString::fromUtf8(term)).size() == 1, term);
    const auto matches = glossary.matches(QStringLiteral("Relative error and the ULP of a super-block's scales"));
    QStringList found;
    for (const auto& match : matches) found << match.term->id;
    QCOMPARE(found, (QStringList{QStringLiteral("relative-error"), QStringLiteral("ulp"), QStringLiteral("super-block"),
                                 QStringLiteral("scale")}));
    QVERIFY(glossary.matches(QStringLiteral("pulps, scaled, design")).empty());  // parts of words are none
    for (const Glossary::Term& term : glossary.terms())
      QVERIFY2(term.text.endsWith(u'.') && term.text.size() < 260, qPrintable(term.id));
  }

 private:
  static void checkQuestion(const LessonStep& step, const StepResults& results, const Guess& truth) {
    if (const auto* choice = std::get_if<ChoiceQuestion>(&step.asks))
      QVERIFY2(std::ranges::count(choice->choices, std::get<QString>(truth), &ChoiceQuestion::Choice::id) == 1,
               qPrintable(std::get<QString>(truth)));
    if (const auto* bits = std::get_if<BitsQuestion>(&step.asks)) {
      QCOMPARE(QString::fromStdString(std::get<Pattern>(results.truth).format), QString::fromStdString(bits->format));
      QVERIFY2(!judge(step, results, Guess(bits->start)).isRight, "nothing is to be done");
    }
    if (const auto* slider = std::get_if<SliderQuestion>(&step.asks)) {
      const double at = std::get<double>(truth);
      QVERIFY2(at > slider->from && at < slider->to, qPrintable(QString::number(at)));
      QVERIFY2(!judge(step, results, Guess(slider->start)).isRight, "the slider stands at the truth");
      const QString reading = filledReading(*slider, computeLive(slider->live, at, core::JobContext()), step, at);
      QVERIFY2(!reading.contains(u'{') && !reading.contains(QStringLiteral("…")), qPrintable(reading));
    }
    if (std::holds_alternative<PointQuestion>(step.asks)) {
      const double at = std::get<double>(truth);
      QVERIFY(results.curve && results.curve->x.size() == results.curve->y.size() && results.curve->x.size() > 5);
      QVERIFY(at >= results.curve->x.front() && at <= results.curve->x.back());
    }
    if (step.board) QCOMPARE(results.bars.size(), step.board->bars.size());
  }

  /// Each is wrong, and answered with its own sentence.
  static void checkWrongAnswers(const LessonStep& step, const StepResults& results) {
    for (std::size_t i = 0; i < step.wrong.size(); ++i) {
      const WrongAnswer& wrong = step.wrong[i];
      std::optional<Guess> guess;
      if (const auto* fixed = std::get_if<Guess>(&wrong.when)) guess = *fixed;
      if (results.wrong[i]) guess = guessOf(step, *results.wrong[i]);
      if (const auto* side = std::get_if<WrongAnswer::Side>(&wrong.when)) {
        const auto* interval = std::get_if<Interval>(&results.truth);
        const double low = interval ? interval->low : std::get<double>(results.truth);
        const double high = interval ? interval->high : low, far = 0.7 * std::max(std::fabs(low), 1.0) + 0.1;
        guess = Guess(*side == WrongAnswer::Side::Below ? low - far : high + far);
      }
      QVERIFY2(guess, qPrintable(wrong.id));
      const Judgement judgement = judge(step, results, *guess);
      QVERIFY2(!judgement.isRight, qPrintable(wrong.id + QStringLiteral(" is taken for right")));
      QVERIFY2(judgement.tempting != nullptr, qPrintable(wrong.id));
      QCOMPARE(judgement.tempting->id, wrong.id);
    }
  }
};

QTEST_MAIN(TestLessons)
#include "tst_lessons.moc"
