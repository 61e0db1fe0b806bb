// Contrast of both palettes, numbers for people, icons that exist.
#include <QDirIterator>
#include <QLocale>
#include <QSvgRenderer>
#include <QTest>
#include <algorithm>
#include <array>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/widgets/window_style.h"

using namespace app;

namespace {

using Eye = std::array<std::array<double, 3>, 3>;
// Linear RGB as seen with all cones, without L, M or S cones (Machado, Oliveira and Fernandes, 2009, severity 1).
constexpr Eye kEyes[] = {
    Eye{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
    Eye{{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
    Eye{{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
    Eye{{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}};

std::array<double, 3> labSeen(const QColor& color, const Eye& eye) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  const double rgb[] = {linear(color.redF()), linear(color.greenF()), linear(color.blueF())};
  double seen[3];
  for (std::size_t i = 0; i < 3; ++i)
    seen[i] = std::clamp(eye[i][0] * rgb[0] + eye[i][1] * rgb[1] + eye[i][2] * rgb[2], 0.0, 1.0);
  const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
  const double x = f((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.95047);
  const double y = f(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]);
  const double z = f((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

/// ΔE of 1976: about 2.3 is just noticeable side by side.
double distanceSeen(const QColor& a, const QColor& b, const Eye& eye) {
  const auto one = labSeen(a, eye), other = labSeen(b, eye);
  return std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

}  // namespace

class TestTheme : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    QLocale::setDefault(QLocale::c());
    Theme::instance().install();
  }

  void textIsReadable_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }
  void textIsReadable() {
    QFETCH(bool, dark);
    const ThemeColors& c = dark ? Theme::dark() : Theme::light();
    const std::pair<const char*, QColor> inks[] = {
        {"text", c.text},         {"muted", c.textMuted},   {"faint", c.textFaint}, {"accent", c.accent},
        {"error", c.error},       {"success", c.success},   {"warning", c.warning}, {"sign", c.sign},
        {"exponent", c.exponent}, {"mantissa", c.mantissa}, {"scale", c.scale},     {"zero", c.zeroPoint}};
    const std::pair<const char*, QColor> grounds[] = {
        {"window", c.window}, {"surface", c.surface}, {"raised", c.raised}};
    for (const auto& [inkName, ink] : inks)
      for (const auto& [groundName, ground] : grounds)
        QVERIFY2(contrastRatio(ink, ground) >= 4.5,
                 qPrintable(QStringLiteral("%1 on %2: %3")
                                .arg(QLatin1String(inkName), QLatin1String(groundName))
                                .arg(contrastRatio(ink, ground))));
    QVERIFY(contrastRatio(c.accentText, c.accent) >= 4.5);
    QVERIFY(contrastRatio(c.text, c.selection) >= 4.5);
    QVERIFY(contrastRatio(c.text, c.errorSoft) >= 4.5);
    QVERIFY(contrastRatio(c.accent, c.accentSoft) >= 4.5);
  }

  void contrastIsThatOfWcag() {
    QCOMPARE(contrastRatio(Qt::black, Qt::white), 21.0);
    QVERIFY(std::abs(contrastRatio(QColor(0x777777), Qt::white) - 4.48) < 0.01);
  }

  void seriesColorsDiffer() {
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
      Theme::instance().setMode(mode);
      for (int a = 0; a < kSeriesColors; ++a) {
        QVERIFY(contrastRatio(Theme::instance().seriesColor(a), Theme::instance().colors().surface) >= 2.4);
        for (int b = 0; b < a; ++b) {
          const QColor one = Theme::instance().seriesColor(a), other = Theme::instance().seriesColor(b);
          for (const auto& eye : kEyes)
            QVERIFY2(distanceSeen(one, other, eye) > 11, qPrintable(one.name() + u' ' + other.name()));
        }
      }
    }
  }

  void noTwoSlotsShareColourAndMark() {
    QSet<std::pair<int, int>> seen;
    for (int slot = 0; slot < kSeriesSlots; ++slot) {
      seen.insert({slot % kSeriesColors, static_cast<int>(Theme::seriesMark(slot))});
      QVERIFY(Theme::seriesMark(slot) != Theme::seriesMark(slot + 1));
    }
    QCOMPARE(seen.size(), qsizetype{kSeriesSlots});
  }

  void switchingChangesThePalette() {
    Theme::instance().setMode(ThemeMode::Dark);
    QVERIFY(Theme::instance().isDark());
    QCOMPARE(QGuiApplication::palette().color(QPalette::Window), Theme::dark().window);
    Theme::instance().setMode(ThemeMode::Light);
    QCOMPARE(QGuiApplication::palette().color(QPalette::Window), Theme::light().window);
  }

  void theStyleSheetFollowsTheme() {
    Theme::instance().setMode(ThemeMode::Light);
    QWidget window;
    dressWindow(window);
    const QString light = window.styleSheet();
    QVERIFY2(light.contains(Theme::light().surface.name()) && !light.contains(u'@'), "every role was filled in");
    Theme::instance().setMode(ThemeMode::Dark);
    QVERIFY(window.styleSheet().contains(Theme::dark().surface.name()));
    Theme::instance().setZoom(200);
    QVERIFY(window.styleSheet().contains(QStringLiteral("padding: 12px 28px;")));
    Theme::instance().setZoom(100);
    Theme::instance().setMode(ThemeMode::Light);
    QCOMPARE(window.styleSheet(), light);
  }

  void iconsRender() {
    QDirIterator icons(QStringLiteral(":/icons"), {QStringLiteral("*.svg")}, QDir::Files);
    int count = 0;
    while (icons.hasNext()) {
      ++count;
      const QString name = icons.next();
      QVERIFY2(QSvgRenderer(name).isValid(), qPrintable(name));
    }
    QVERIFY(count > 30);
  }

  void numbers_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<int>("digits");
    QTest::addColumn<QString>("expected");
    QTest::newRow("plain") << 0.071234 << 4 << "0.07123";
    QTest::newRow("rounds up a decade") << 9.9999 << 3 << "10.0";
    QTest::newRow("negative") << -1.5 << 3 << "−1.50";
    QTest::newRow("small") << 1.2344e-7 << 4 << "1.234×10⁻⁷";
    QTest::newRow("large") << 3.0e12 << 2 << "3.0×10¹²";
    QTest::newRow("zero") << 0.0 << 4 << "0";
    QTest::newRow("infinite") << -std::numeric_limits<double>::infinity() << 4 << "−∞";
    QTest::newRow("integer") << 1234567.0 << 4 << "1234567";
  }
  void numbers() {
    QFETCH(double, value);
    QFETCH(int, digits);
    QFETCH(QString, expected);
    QCOMPARE(text::number(value, digits), expected);
  }

  void units() {
    const QChar gap(0x202F);
    QCOMPARE(text::bytes(1023), QStringLiteral("1023") + gap + u'B');
    QCOMPARE(text::bytes(1024), QStringLiteral("1.00") + gap + QStringLiteral("KiB"));
    QCOMPARE(text::bytes(std::uint64_t{5} << 30), QStringLiteral("5.00") + gap + QStringLiteral("GiB"));
    QCOMPARE(text::bytes(1023 * 1024), QStringLiteral("1.00") + gap + QStringLiteral("MiB"));
    QCOMPARE(text::shortCount(1'100'000'000), QStringLiteral("1.10") + gap + u'B');
    QCOMPARE(text::percent(-0.0631, 1), QStringLiteral("−6.3") + gap + u'%');
    QCOMPARE(text::trimmed(0.1015625, 10), QStringLiteral("0.1015625"));
    QCOMPARE(text::trimmed(1.5e-20, 6), QStringLiteral("1.5×10⁻²⁰"));
    QCOMPARE(text::trimmed(2.0, 6), QStringLiteral("2"));
    QCOMPARE(text::superscript(-127), QStringLiteral("⁻¹²⁷"));
    QCOMPARE(text::duration(125), QStringLiteral("2 min 5 s"));
  }
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
