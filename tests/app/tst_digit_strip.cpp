// The digits on the board of a lesson: images as the project draws them, and wrong names told from right ones.
#include <QImage>
#include <QPainter>
#include <QTest>

#include "app/lesson_view/digit_strip.h"
#include "app/lessons/course.h"
#include "app/lessons/facts/facts.h"
#include "app/lessons/step_results.h"
#include "app/widgets/theme.h"
#include "core/classic/digit_images.h"
#include "small_course.h"

using namespace app;

namespace {

constexpr double kWidth = 700;

const LessonStep& guessStep() {
  static const Course course = loadCourse({QStringLiteral(QS_SOURCE_DIR "/resources/lessons"), {}, {}});
  const Lesson* lesson = course.find(QStringLiteral("models"));
  if (lesson == nullptr || lesson->indexOf(QStringLiteral("guess")) < 0) qFatal("no lesson about calibration");
  return lesson->steps[static_cast<std::size_t>(lesson->indexOf(QStringLiteral("guess")))];
}

QImage painted(const DigitStrip& strip) {
  QImage image(static_cast<int>(kWidth), static_cast<int>(strip.height(kWidth)), QImage::Format_RGB32);
  image.fill(Theme::instance().colors().surface);
  QPainter painter(&image);
  strip.paint(painter, QRectF(image.rect()));
  return image;
}

/// Pixels that are nearly the colour of errors.
int errorPixels(const QImage& image) {
  const QColor error = Theme::instance().colors().error;
  int count = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const QColor found = image.pixelColor(x, y);
      count += std::abs(found.red() - error.red()) + std::abs(found.green() - error.green()) +
                           std::abs(found.blue() - error.blue()) <
                       60
                   ? 1
                   : 0;
    }
  return count;
}

}  // namespace

class TestDigitStrip : public QObject {
  Q_OBJECT
 private slots:
  void namesStandUnderTheirImages() {
    const LessonStep& step = guessStep();
    QVERIFY(step.board && step.board->digits);
    const StepResults results = computeStep(step, core::JobContext());
    QCOMPARE(results.digits.size(), step.board->digits->rows.size());
    for (const std::string& names : results.digits) QCOMPARE(names.size(), step.board->digits->count);

    const DigitStrip hidden(*step.board->digits, nullptr), shown(*step.board->digits, &results.digits);
    QCOMPARE(errorPixels(painted(hidden)), 0);
    QVERIFY2(errorPixels(painted(shown)) > 20, "without calibration some digits are misread");
    QVERIFY(hidden.lines().join(QString()).contains(u'?'));
    QVERIFY(!shown.lines().join(QString()).contains(u'?'));
  }

  void linesCountWhatIsRight() {
    Board::Digits digits;
    digits.first = 3, digits.count = 4;
    digits.rows.push_back({QStringLiteral("a"), QStringLiteral("Row"), {}});
    std::string names;
    for (std::uint64_t i = 3; i < 7; ++i)
      names += static_cast<char>('0' + core::classic::drawDigit(core::classic::kHeldOutSeed, i).label);
    std::vector<std::string> said{names};
    QCOMPARE(DigitStrip(digits, &said).lines(), QStringList{QStringLiteral("Row: 4 of 4 right")});
    QCOMPARE(errorPixels(painted(DigitStrip(digits, &said))), 0);
    said[0][2] = said[0][2] == '1' ? '7' : '1';
    QCOMPARE(DigitStrip(digits, &said).lines(), QStringList{QStringLiteral("Row: 3 of 4 right")});
    QVERIFY(errorPixels(painted(DigitStrip(digits, &said))) > 5);
  }

  void aBoardsDigitsAreReadStrictly_data() {
    QTest::addColumn<QByteArray>("digits");
    QTest::addColumn<bool>("good");
    const auto row = [](const char* digits, bool good) { QTest::newRow(digits) << QByteArray(digits) << good; };
    row(R"({"first": 2, "count": 3, "rows": [{"row": "a", "ranges": "guess"}]})", true);
    row(R"({"first": 2, "count": 41, "rows": [{"row": "a"}]})", false);
    row(R"({"first": -1, "count": 3, "rows": [{"row": "a"}]})", false);
    row(R"({"first": 2, "count": 3, "rows": [{"row": "b"}]})", false);
    row(R"({"first": 2, "count": 3, "rows": [{"row": "a", "luck": 1}]})", false);
    row(R"({"first": 2, "rows": [{"row": "a"}]})", false);
  }

  void aBoardsDigitsAreReadStrictly() {
    QFETCH(QByteArray, digits);
    QFETCH(bool, good);
    SmallCourse small;
    small.replace(QStringLiteral("one.json"), "\"stage\": \"quantscope://bits/fp32?text=1\", ", "");
    small.replace(
        QStringLiteral("one.json"), R"("wrong": {"other": 15})",
        R"("wrong": {"other": 15}, "board": {"bars": [{"bar": "x", "fact": "bias", "format": "fp32"}], "digits": )" +
            digits + '}');
    small.replace(QStringLiteral("en/one.json"), R"("wrong": {"other")",
                  R"("board": {"title": "Digits", "unit": "%", "a": "Row", "x": "Bar"}, "wrong": {"other")");
    QVERIFY2(small.problem().isEmpty() == good, qPrintable(small.problem()));
    if (!good) return;
    const Course course = loadCourse(source(small.path()));
    const StepResults results = computeStep(course.lessons.front().steps.front(), core::JobContext());
    QCOMPARE(results.digits.size(), std::size_t{1});
    QCOMPARE(results.digits.front().size(), std::size_t{3});
  }

  /// The ink of the first image stands where the project drew it.
  void imagesAreThoseThatAreDrawn() {
    Board::Digits digits;
    digits.count = 1;
    digits.rows.push_back({QStringLiteral("a"), QStringLiteral("Row"), {}});
    const DigitStrip strip(digits, nullptr);
    const QImage image = painted(strip);
    const auto digit = core::classic::drawDigit(core::classic::kHeldOutSeed, 0);
    const auto darkest = std::ranges::max_element(digit.pixels) - digit.pixels.begin();
    int dark = 0;
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < image.width(); ++x)
        if (qGray(image.pixel(x, y)) == 255 - digit.pixels[static_cast<std::size_t>(darkest)]) ++dark;
    QVERIFY(dark > 4);
  }
};

QTEST_MAIN(TestDigitStrip)
#include "tst_digit_strip.moc"
