// The number line of Bits, linear and value by value: under wheel, mouse and keyboard, exported.
#include <QComboBox>
#include <QFileInfo>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "app/workspaces/bits/line_spacing.h"
#include "app/workspaces/bits/number_line.h"

#include "app/widgets/theme.h"

#include "bits_page.h"

using namespace bits;
using core::numeric::Rounding;

class TestBitsLine : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void ticksCanBeToldApart() {
    BitsState state;
    NumberLine line(state);
    line.resize(900, 130);
    line.show();
    for (const char* number : {"0.1", "1", "-3.4e38", "1e-40", "0", "5e-324", "0.3333333333", "1e10"}) {
      state.setText(QLatin1String(number));
      for (int row = 0; row < static_cast<int>(state.rows().size()); ++row) {
        state.selectRow(row);
        line.showUlps();
        const QStringList labels = line.labels();
        const QSet<QString> different(labels.begin(), labels.end());
        QVERIFY2(different.size() == labels.size(), qPrintable(labels.join(u'|')));
        QCOMPARE(line.ticks().empty(), !std::isfinite(state.selected().value));
      }
    }
    state.setText(QStringLiteral("0.1"));
    state.selectRow(rowOf(state, FormatId::Fp32));
    line.showUlps();
    QVERIFY2(line.labels().contains(QStringLiteral("0.1")) || line.labels().contains(QStringLiteral("0.10000000149")) ||
                 line.labels().contains(QStringLiteral("0.100000001")),
             qPrintable(line.labels().join(u'|')));
  }

  void theNumberLineStepsAndIsExported() {
    BitsState state;
    state.setText(QStringLiteral("1"));
    NumberLine line(state);
    line.resize(900, 130);
    line.show();
    line.setFocus();
    QTest::keyClick(&line, Qt::Key_Right);
    QCOMPARE(state.number().nearest, 1.0 + std::ldexp(1.0, -23));
    QTest::keyClick(&line, Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(state.number().nearest, 2.0 + std::ldexp(1.0, -22));
    QTest::keyClick(&line, Qt::Key_Left, Qt::ShiftModifier);
    QTest::keyClick(&line, Qt::Key_End);
    const std::size_t before = line.ticks().size();
    QVERIFY(before >= 5);
    QTest::keyClick(&line, Qt::Key_Minus);
    QVERIFY(line.inSight() > before);
    QTest::keyClick(&line, Qt::Key_End);
    QTemporaryDir folder;
    for (const char* ending : {"png", "svg", "csv"}) {
      const QString path = folder.filePath(QStringLiteral("line.") + QLatin1String(ending));
      QCOMPARE(line.exportTo(path), QString());
      QVERIFY(QFileInfo(path).size() > 200);
    }
    QVERIFY(line.csv().contains("0x3f800001,1.0000001192092896"));
  }

  void theLineGoesFromTheWholeRangeToOneUnit() {
    BitsState state;
    NumberLine line(state);
    line.resize(900, 130);
    line.show();
    for (const FormatId id : {FormatId::Fp64, FormatId::Fp32, FormatId::Fp16, FormatId::Fp8E4M3, FormatId::Fp4E2M1,
                              FormatId::Nf4, FormatId::Int8}) {
      state.selectRow(state.rowOf(core::numeric::numberFormat(id)));
      state.setText(QStringLiteral("0.3"));
      line.showWholeRange();
      const double chosen = state.selected().value;
      int notches = 0;
      const auto wheel = [&](int direction) {
        const QPointF at(line.xAxis->coordToPixel(line.toAxis(chosen)), 70);
        QWheelEvent event(at, line.mapToGlobal(at), {}, QPoint(0, 120 * direction), Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&line, &event);
        ++notches;
      };
      while (line.ticks().size() != 3 && notches < 60) {
        const auto before = line.view().half();
        wheel(1);
        if (line.view().half() == before) break;
      }
      QVERIFY2(
          line.ticks().size() >= 1 && line.ticks().size() <= 3,
          qPrintable(QStringLiteral("%1: %2 ticks").arg(titleOf(*state.selected().format)).arg(line.ticks().size())));
      QVERIFY(std::any_of(line.ticks().begin(), line.ticks().end(), [](const auto& tick) { return tick.chosen; }));
      for (int i = 0; i < 60; ++i) wheel(-1);
      const auto& format = *state.selected().format;
      if (format.kind == core::numeric::FormatKind::Float && format.bits <= 16)
        QCOMPARE(line.inSight(), 2 * (format.maxFiniteCode() - format.minPositiveCode() + 1) + 1);
      if (format.isInteger()) QCOMPARE(line.inSight(), format.codeMask() + 1);
    }
  }

  void aClickOnTheLineTakesAValue() {
    BitsState state;
    state.setText(QStringLiteral("0.3"));
    state.selectRow(state.rowOf(core::numeric::numberFormat(FormatId::Fp16)));
    NumberLine line(state);
    line.resize(900, 130);
    line.show();
    line.showUlps();
    const auto next = core::numeric::next(*state.selected().format, state.selected().code);
    const double value = core::numeric::decode(*state.selected().format, *next);
    const int x = static_cast<int>(line.xAxis->coordToPixel(line.toAxis(value)));
    QTest::mouseClick(&line, Qt::LeftButton, {}, QPoint(x, 72));
    QCOMPARE(state.selected().code, *next);
  }

  void everyValueHasTheSameRoomWhereItIsAskedFor() {
    BitsState state;
    NumberLine line(state);
    line.resize(900, 130);
    line.show();
    line.setFocus();
    QTest::keyClick(&line, Qt::Key_S);
    QCOMPARE(line.spacing(), Spacing::EvenValues);
    for (const FormatId id : {FormatId::Fp64, FormatId::Fp32, FormatId::Fp16, FormatId::Fp8E4M3, FormatId::Fp4E2M1,
                              FormatId::Nf4, FormatId::Int8}) {
      state.selectRow(rowOf(state, id));
      for (const char* number : {"0.3", "-1", "0"}) {
        state.setText(QLatin1String(number));
        const auto& format = *state.selected().format;
        line.showWholeRange();
        const double chosen = line.toAxis(state.selected().value);
        // A binade of the middle has as much room as one at the end.
        if (format.kind == core::numeric::FormatKind::Float && format.bits >= 16) {
          const double step = line.toAxis(4) - line.toAxis(2), last = std::ldexp(1.0, 15);
          QVERIFY(std::fabs(line.toAxis(last) - line.toAxis(last / 2) - step) < 1e-9);
          QVERIFY(step > 0 && std::fabs(chosen) < 0.8);
          QCOMPARE(line.inSight(), 2 * (format.maxFiniteCode() - format.minPositiveCode() + 1) + 1);
        }
        int notches = 0;
        while (line.ticks().size() != 3 && ++notches < 60) {
          const QPointF at(line.xAxis->coordToPixel(line.toAxis(state.selected().value)), 70);
          QWheelEvent event(at, line.mapToGlobal(at), {}, QPoint(0, 120), Qt::NoButton, Qt::NoModifier,
                            Qt::NoScrollPhase, false);
          QCoreApplication::sendEvent(&line, &event);
        }
        // What one unit looks like: the value, and neighbours at one distance.
        QVERIFY(line.ticks().size() >= 2 && line.ticks().size() <= 3);
        QVERIFY(std::any_of(line.ticks().begin(), line.ticks().end(), [](const auto& tick) { return tick.chosen; }));
        const auto at = [&](std::size_t tick) { return line.toAxis(line.ticks()[tick].value); };
        const double room = static_cast<double>(1 / line.view().half());
        QVERIFY(std::fabs(at(1) - at(0) - room) < 1e-6);
        QVERIFY(line.ticks().size() == 2 || std::fabs(at(2) - at(1) - room) < 1e-6);
        const QStringList labels = line.labels();
        QCOMPARE(QSet<QString>(labels.begin(), labels.end()).size(), labels.size());
      }
    }
    state.selectRow(rowOf(state, FormatId::Fp64));
    state.setText(QStringLiteral("1"));
    line.showWholeRange();
    const QStringList labels = line.labels();
    QVERIFY2(labels.contains(QStringLiteral("−1×10²⁰⁰")) && labels.contains(QStringLiteral("0")) &&
                 labels.contains(QStringLiteral("1×10⁻²⁰⁰")),
             qPrintable(labels.join(u'|')));
    const std::vector<double> marks = line.marks();
    QVERIFY(std::is_sorted(marks.begin(), marks.end()) && marks.size() <= 13);
    // Dragging moves; the end of the range is reached and not passed.
    for (int i = 0; i < 40; ++i) {
      QTest::mousePress(&line, Qt::LeftButton, {}, QPoint(700, 72));
      QMouseEvent move(QEvent::MouseMove, QPointF(100, 72), line.mapToGlobal(QPointF(100, 72)), Qt::NoButton,
                       Qt::LeftButton, Qt::NoModifier);
      if (i == 0) QTest::keyClick(&line, Qt::Key_Plus);
      QCoreApplication::sendEvent(&line, &move);
      QTest::mouseRelease(&line, Qt::LeftButton, {}, QPoint(100, 72));
    }
    QVERIFY(line.toAxis(std::numeric_limits<double>::max()) <= 1);
    QVERIFY(line.toAxis(std::numeric_limits<double>::max()) > 0.8);
  }

  void theNumberStandsBetweenItsNeighbours() {
    BitsState state;
    state.setText(QStringLiteral("0.1"));
    const core::numeric::NumberFormat& fp64 = core::numeric::numberFormat(FormatId::Fp64);
    const double value = 0.1, next = std::nextafter(0.1, 1.0);
    for (const Spacing kind : {Spacing::Linear, Spacing::EvenValues}) {
      const LineSpacing places(kind, CodeOrder(fp64, {}), value);
      // A quarter of a unit above: no double holds the sum.
      QCOMPARE(static_cast<double>(places.distanceOfDifference((next - value) / 4) / places.distanceOf(next)), 0.25);
      QCOMPARE(places.valueAt(places.distanceOf(next)), next);
      QCOMPARE(places.valueAt(places.distanceOf(-1e300)), -1e300);
      const std::uint64_t place = places.order().firstAtLeast(12345.678);
      QCOMPARE(places.firstFrom(places.distanceOfPlace(place)), place);
    }
  }

  void theSpacingIsAVisibleSwitchAndPartOfTheLink() {
    Page page;
    page.type(QStringLiteral("0.3"));
    page.showTab(QStringLiteral("Number line"));
    auto& box = page.find<QComboBox>("line-spacing");
    QVERIFY(box.isVisible() && box.focusPolicy() & Qt::TabFocus);
    const QString linear = page.workspace().link().toString();
    box.setFocus();
    QTest::keyClick(&box, Qt::Key_Down);
    QCOMPARE(page.find<NumberLine>().spacing(), Spacing::EvenValues);
    const QString link = page.workspace().link().toString();
    QVERIFY2(link.contains(QStringLiteral("spacing=values")), qPrintable(link));
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    page.workspace().saveState(settings);
    QCOMPARE(page.workspace().openLink(*Link::parse(linear)), QString());
    QCOMPARE(page.find<NumberLine>().spacing(), Spacing::Linear);
    QCOMPARE(box.currentIndex(), 0);
    QCOMPARE(page.workspace().openLink(*Link::parse(link)), QString());
    QCOMPARE(page.find<NumberLine>().spacing(), Spacing::EvenValues);
    Page another;
    another.workspace().restoreState(settings);
    QCOMPARE(another.find<NumberLine>().spacing(), Spacing::EvenValues);
    const QString said = page.workspace().openLink(
        *Link::parse(QStringLiteral("quantscope://bits/fp32?text=1&view=line&spacing=crooked")));
    QVERIFY(said.contains(QStringLiteral("linear or values")));
  }
};

QTEST_MAIN(TestBitsLine)
#include "tst_bits_line.moc"
