// Ranges, scales and zero-points of Bits, and the precision that follows.
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "app/workspaces/bits/precision_chart.h"

#include "app/widgets/theme.h"

#include "bits_page.h"

using namespace bits;
using core::numeric::Rounding;

class TestBitsScale : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void scaleFollowsTheBlock() {
    BitsState state;
    state.setWeight(0.05F, 0.2, QStringLiteral("t [0]"));
    QCOMPARE(rowAt(state, FormatId::Int4).scale.scale, 0.2 / 7);
    QVERIFY(std::abs(rowAt(state, FormatId::Nf4).value - 0.2 * 0.24611230194568634) < 1e-9);
    state.setBlockAbsmax(1.0);
    QCOMPARE(rowAt(state, FormatId::Int4).scale.scale, 1.0 / 7);
    state.undoStack().undo();
    QCOMPARE(state.input().range.absmax(), 0.2);
  }

  void theAbsmaxRefusesWhatItCannotBe() {
    Selection selection;
    JobRunner jobs(1);
    BitsWorkspace workspace(WorkspaceContext{&selection, &jobs, nullptr});
    workspace.resize(1000, 720);
    workspace.show();
    QTest::mouseClick(workspace.findChild<QPushButton*>(QStringLiteral("bits-range")), Qt::LeftButton);
    const auto field = [&](const char* name) {
      for (QLineEdit* candidate : workspace.findChildren<QLineEdit*>())
        if (candidate->accessibleName() == QLatin1String(name)) return candidate;
      return static_cast<QLineEdit*>(nullptr);
    };
    const auto type = [&](QLineEdit* into, const char* text) {
      into->selectAll();
      QTest::keyClicks(into, QString::fromUtf8(text));
      QTest::keyClick(into, Qt::Key_Return);
    };
    QLineEdit* absmax = field("Block absmax");
    QVERIFY(absmax && absmax->isVisible());
    type(absmax, "2,5");
    QCOMPARE(workspace.state().input().range.absmax(), 2.5);
    type(absmax, "-1");
    QVERIFY(absmax->property("invalid").toBool());
    QCOMPARE(workspace.state().input().range.absmax(), 2.5);
    type(absmax, "1");
    // A range with a zero-point: −1 … 1 to 0 … 255 has it at 127.5, which is rounded.
    static_cast<void>(workspace.state().addFormat(QStringLiteral("uint8")));
    QCOMPARE(rowAt(workspace.state(), FormatId::UInt8).scale.scale, 2.0 / 255);
    QCOMPARE(rowAt(workspace.state(), FormatId::UInt8).scale.zeroPoint, std::int64_t{128});
    QCOMPARE(rowAt(workspace.state(), FormatId::Int8).scale.zeroPoint, std::int64_t{0});
    type(field("Highest value"), "3");
    QCOMPARE(rowAt(workspace.state(), FormatId::UInt8).scale.scale, 4.0 / 255);
    QCOMPARE(rowAt(workspace.state(), FormatId::Int8).scale.zeroPoint, std::int64_t{-64});
    type(field("Lowest value"), "7");
    QVERIFY(field("Highest value")->property("invalid").toBool());
    QCOMPARE(workspace.state().input().range.low, -1.0);
  }

  void precisionHasLogarithmicAxes() {
    BitsState state;
    PrecisionChart chart(state);
    QCOMPARE(chart.xAxis->scaleType(), QCPAxis::stLogarithmic);
    QCOMPARE(chart.yAxis->scaleType(), QCPAxis::stLogarithmic);
    QCOMPARE(chart.table().columns.size(), qsizetype(state.rows().size()) + 1);  // FP64 included
    state.setText(QStringLiteral("1e-30"));
    QVERIFY(chart.xAxis->range().contains(1e-30));
    QCOMPARE(significantBits(rowAt(state, FormatId::Int2), 0), 1.0);
    QVERIFY(std::abs(significantBits(rowAt(state, FormatId::Int8), -1) - (std::log2(127) + 1)) < 1e-9);
  }

  void precisionOfFloatsIsAPlateau() {
    BitsState state;
    QCOMPARE(significantBits(rowAt(state, FormatId::Fp16), 0), 11.0);
    QCOMPARE(significantBits(rowAt(state, FormatId::Fp16), -14), 11.0);
    QCOMPARE(significantBits(rowAt(state, FormatId::Fp16), -15), 10.0);  // the first subnormals
    QVERIFY(std::isnan(significantBits(rowAt(state, FormatId::Fp16), 16)));
    QCOMPARE(significantBits(rowAt(state, FormatId::Bf16), 100), 8.0);
  }

  void whatIsTypedIsTheScaleExactly() {
    Page page;
    page.select(FormatId::Int8);
    QTest::mouseClick(&page.find<QPushButton>("bits-range"), Qt::LeftButton);
    auto& format = page.find<QComboBox>("scale-format");
    auto &scale = page.find<QLineEdit>("scale-typed"), &zero = page.find<QLineEdit>("zero-point-typed");
    const auto type = [](QLineEdit& into, const char* text) {
      into.setFocus();
      into.selectAll();
      QTest::keyClicks(&into, QString::fromUtf8(text));
      QTest::keyClick(&into, Qt::Key_Return);
    };
    QVERIFY(scale.isVisible() && zero.isVisible());
    QCOMPARE(format.currentText(), QStringLiteral("INT8"));
    type(scale, "0.1");
    page.type(QStringLiteral("0.3"));
    const BitsState& state = page.state();
    QVERIFY(state.selected().isExact());  // three tenths, which three times the double 0.1 are not
    QCOMPARE(QString::fromStdString(state.selected().explanation.valueText), QStringLiteral("0.3"));
    QCOMPARE(QString::fromStdString(state.selected().explanation.formula), QStringLiteral("0.1 × (3-0)"));
    type(zero, "-7");
    QCOMPARE(state.selected().explanation.integer.value(), -4);
    QVERIFY(state.selected().isExact());
    QCOMPARE(page.find<QPushButton>("bits-range").text(), QStringLiteral("INT8: S = 0.1, Z = −7"));
    // Others keep what the range gives them.
    QCOMPARE(page.row(FormatId::Int4).scale.scale, 1.0 / 7);
    const QString link = page.workspace().link().toString();
    QVERIFY2(link.contains(QStringLiteral("int8.scale=0.1&int8.zero_point=-7")), qPrintable(link));
    // What cannot be is one sentence, and nothing changes.
    for (const char* bad : {"0", "-1", "nan", "inf", "1/0", "zzz", "1e-4000"}) {
      type(scale, bad);
      QVERIFY2(scale.property("invalid").toBool(), bad);
      QVERIFY(page.find<QLabel>("scale-problem").text().endsWith(u'.'));
      QCOMPARE(state.setup().scales.value(QStringLiteral("int8")).scale, QStringLiteral("0.1"));
    }
    type(scale, "1/127");
    for (const char* bad : {"128", "-129", "0.5", "nan"}) {
      type(zero, bad);
      QVERIFY2(page.find<QLabel>("scale-problem").text().contains(QStringLiteral("-128 to 127")), bad);
    }
    type(zero, "0");
    page.type(QStringLiteral("1"));
    QCOMPARE(state.selected().explanation.integer.value(), 127);
    QVERIFY(state.selected().isExact());
    // A code book has an absmax and no zero-point.
    format.setCurrentIndex(format.findText(QStringLiteral("NF4")));
    QVERIFY(!zero.isVisible());
    type(scale, "0.3");
    page.type(QStringLiteral("0.3"));
    QVERIFY(page.row(FormatId::Nf4).isExact());
    // Undo goes back step by step; empty follows the range again.
    page.state().undoStack().undo();
    page.state().undoStack().undo();
    QVERIFY(!state.setup().scales.contains(QStringLiteral("nf4")));
    QVERIFY(scale.text().isEmpty());
    page.state().undoStack().redo();
    QCOMPARE(scale.text(), QStringLiteral("0.3"));
    scale.selectAll();
    QTest::keyClick(&scale, Qt::Key_Delete);
    QTest::keyClick(&scale, Qt::Key_Return);
    QVERIFY(!state.setup().scales.contains(QStringLiteral("nf4")));
    QCOMPARE(page.row(FormatId::Nf4).scale.scale, 1.0);
  }

  void typedScalesComeBackFromLinksAndSettings() {
    Page page;
    page.select(FormatId::Int8);
    page.type(QStringLiteral("0.45892"));
    const auto& int8 = core::numeric::numberFormat(FormatId::Int8);
    QCOMPARE(page.state().setScale(int8, TypedScale{QStringLiteral("1/127"), QStringLiteral("3")}), QString());
    QCOMPARE(page.state().setScale(core::numeric::numberFormat(FormatId::Nf4), TypedScale{QStringLiteral("0.3"), {}}),
             QString());
    const QString link = page.workspace().link().toString();
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    page.workspace().saveState(settings);
    for (const bool bySettings : {false, true}) {
      Page another;
      if (bySettings)
        another.workspace().restoreState(settings);
      else
        QCOMPARE(another.workspace().openLink(*Link::parse(link)), QString());
      QCOMPARE(another.state().setup().scales, page.state().setup().scales);
      QCOMPARE(another.row(FormatId::Int8).code, page.row(FormatId::Int8).code);
      QCOMPARE(another.workspace().link().toString(), link);
      // A link that says none shows what the range gives.
      QCOMPARE(another.workspace().openLink(*Link::parse(QStringLiteral("quantscope://bits/int8?text=1&absmax=1"))),
               QString());
      QVERIFY(another.state().setup().scales.isEmpty());
    }
    for (const char* bad :
         {"int8?text=1&int8.scale=0", "int8?text=1&int8.scale=1&int8.zero_point=300", "fp32?text=1&fp32.scale=2",
          "int8?text=1&int99.scale=2", "nf4?text=1&nf4.scale=1&nf4.zero_point=1", "int8?text=1&zero_point=3"}) {
      const QString said =
          page.workspace().openLink(*Link::parse(QStringLiteral("quantscope://bits/") + QLatin1String(bad)));
      QVERIFY2(said.size() > 20 && said.endsWith(u'.'), bad);
      QCOMPARE(page.workspace().link().toString(), link);
    }
  }
};

QTEST_MAIN(TestBitsScale)
#include "tst_bits_scale.moc"
