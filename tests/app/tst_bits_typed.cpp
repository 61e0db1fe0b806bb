// What is typed into Bits: numbers, patterns, arithmetic, and what is refused.
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableWidget>
#include <QTest>
#include <bit>

#include "app/widgets/text_table.h"
#include "app/workspaces/bits/rounding_text.h"

#include "app/widgets/theme.h"

#include "bits_page.h"

using namespace bits;
using core::numeric::Rounding;

class TestBitsTyped : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void rubbishIsRefusedWithASentence() {
    BitsState state;
    const QSignalSpy changed(&state, &BitsState::changed);
    const QString sentence = state.setText(QStringLiteral("12 apples"));
    QVERIFY2(sentence.size() > 10 && sentence.endsWith(u'.'), qPrintable(sentence));
    QCOMPARE(changed.count(), 0);
    QVERIFY(!state.undoStack().canUndo());
  }

  void patternsFillTheSelectedRow() {
    BitsState state;
    state.selectRow(rowOf(state, FormatId::Bf16));
    QVERIFY(state.setText(QStringLiteral("0x4049")).isEmpty());
    QCOMPARE(state.number().nearest, 3.140625);
    QCOMPARE(rowAt(state, FormatId::Bf16).code, std::uint64_t{0x4049});
    QVERIFY(!state.setText(QStringLiteral("0x14049")).isEmpty());  // 17 bits
  }

  void typingIntoTheWorkspace() {
    Selection selection;
    JobRunner jobs(1);
    const WorkspaceContext context{&selection, &jobs, nullptr};
    BitsWorkspace workspace(context);
    workspace.resize(1000, 720);
    workspace.show();
    auto* field = workspace.findChild<QLineEdit*>(QStringLiteral("bits-field"));
    QVERIFY(field);
    field->selectAll();
    QTest::keyClicks(field, QStringLiteral("-0.75"));
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(workspace.state().number().nearest, -0.75);
    field->selectAll();
    QTest::keyClicks(field, QStringLiteral("zzz"));
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(workspace.state().number().nearest, -0.75);
    QVERIFY(field->property("invalid").toBool());
    QTest::keyClick(&workspace, Qt::Key_Z, Qt::ControlModifier);
  }

  void arithmeticIsComputedStepByStep() {
    Page page;
    page.select(FormatId::Fp64);
    page.type(QStringLiteral("0.1+0.2"));
    auto& tabs = page.find<QTabWidget>("bits-lens");
    QCOMPARE(tabs.tabText(tabs.currentIndex()), QStringLiteral("Steps"));
    const QString answer = page.find<QLabel>("arithmetic-answer").text();
    QVERIFY2(answer.contains(QStringLiteral("0.30000000000000004")) && answer.contains(QStringLiteral("0.3")),
             qPrintable(answer));
    auto& steps = page.find<TextTable>("arithmetic-steps");
    QCOMPARE(steps.rowCount(), 3);
    QCOMPARE(steps.item(2, 0)->text(), QStringLiteral("0.1 + 0.2"));
    QCOMPARE(steps.item(2, 4)->text(), QStringLiteral("0x3fd3333333333334"));
    // The number itself is exact: 0.3, rounded once.
    QCOMPARE(page.row(FormatId::Fp64).code, std::bit_cast<std::uint64_t>(0.3));
    QTest::mouseClick(&page.find<QPushButton>("arithmetic-take"), Qt::LeftButton);
    QCOMPARE(page.row(FormatId::Fp64).code, std::bit_cast<std::uint64_t>(0.1 + 0.2));
    QVERIFY(!page.find<QLabel>("arithmetic-answer").isVisible());
    QVERIFY(tabs.tabText(0) != QStringLiteral("Steps"));
    QTest::keyClick(&page.find<QLineEdit>("bits-field"), Qt::Key_Z, Qt::ControlModifier);
    QTRY_COMPARE(page.find<QLineEdit>("bits-field").text(), QStringLiteral("0.1+0.2"));
  }

  // What was typed is rounded, however long it is: half way between two values and the least bit more.
  void everyDigitCounts() {
    Page page;
    page.select(FormatId::Fp16);
    const QString tie = QStringLiteral("2049.") + QString(40000, u'0');
    auto& field = page.find<QLineEdit>("bits-field");
    field.setText(tie);
    QTest::keyClick(&field, Qt::Key_Return);
    QCOMPARE(page.state().selected().value, 2048.0);
    field.setText(tie + u'1');
    QTest::keyClick(&field, Qt::Key_Return);
    QCOMPARE(page.state().selected().value, 2050.0);
    field.setText(QString(70000, u'1'));
    QTest::keyClick(&field, Qt::Key_Return);
    QVERIFY(field.property("invalid").toBool());
    QCOMPARE(page.state().selected().value, 2050.0);
  }

  void whatHasNoValueIsAnsweredInTheFormat() {
    Page page;
    const auto answer = [&](const char* text, const char* format) {
      static_cast<void>(page.state().addFormat(QString::fromLatin1(format)));
      page.type(QString::fromUtf8(text));
      return page.find<QLabel>("arithmetic-answer").text();
    };
    QCOMPARE(
        answer("1/-0", "fp32"),
        QStringLiteral("Exactly it has no value: nothing can be divided by zero. FP32 answers 1 ÷ −0, a division by "
                       "zero, with −∞, as IEEE 754 says."));
    QCOMPARE(page.state().selected().code, std::uint64_t{0xff800000});
    QVERIFY(answer("1/0", "fp8_e4m3").endsWith(QStringLiteral("it has no infinity and answers NaN.")));
    QVERIFY(answer("1/0", "fp4_e2m1").endsWith(QStringLiteral("it has no infinity and stops at its last value, 6.")));
    QVERIFY(answer("0/0", "int8").endsWith(QStringLiteral("it has no NaN and stores 0.")));
    QVERIFY(answer("0/0", "fp16").contains(QStringLiteral("an invalid operation, with NaN")));
    QVERIFY(answer("1/(0.1+0.2-0.3)", "fp64").contains(QStringLiteral("FP64 computes 18014398509481984:")));
    const QString overflow = answer("1e300*1e300", "fp64");
    QVERIFY(overflow.contains(QStringLiteral("(overflow): it becomes ∞. Exactly it is 1×10⁶⁰⁰.")));
    const auto& steps = page.find<QTableWidget>("arithmetic-steps");
    QCOMPARE(steps.item(2, 1)->text(), QStringLiteral("1.0000000000000001×10⁶⁰⁰"));  // of the doubles
    page.type(QStringLiteral("1/0"));
    QCOMPARE(steps.item(2, 1)->text(), QStringLiteral("no value"));
  }

  void whatNoDoubleHoldsIsExplained() {
    Page page;
    static_cast<void>(page.state().addFormat(QStringLiteral("fp64")));
    page.type(QStringLiteral("-1e400"));  // finite, though no double is near
    const BitsState& state = page.state();
    QVERIFY(roundingSentence(state.selected(), state.rule()).contains(QStringLiteral("Outside the range")));
    page.state().setRounding(core::numeric::Rounding::Down);
    page.type(QStringLiteral("-1e-400"));
    QVERIFY(roundingSentence(state.selected(), state.rule()).contains(QStringLiteral("away from zero")));
    QCOMPARE(exactShown(state.number().exact, 9), QStringLiteral("−1×10⁻⁴⁰⁰"));
  }

  void badInputSaysWhatIsWrong() {
    Page page;
    page.type(QStringLiteral("0.5"));
    for (const char* bad : {"zzz", "1+", "(1", "0x1ffffffff", "0b2", "1e99999", "", "..", "0.1.2", "1 2"}) {
      page.type(QString::fromLatin1(bad));
      QVERIFY2(page.find<QLineEdit>("bits-field").property("invalid").toBool(), bad);
      QString said;
      for (const QLabel* label : page.workspace().findChildren<QLabel*>())
        if (label->isVisible() && label->text().size() > 15 && label->text().endsWith(u'.') &&
            label->parentWidget() == page.find<QLineEdit>("bits-field").parentWidget() && label->objectName().isEmpty())
          said = label->text();
      QVERIFY2(said.size() > 15, bad);
      QCOMPARE(page.state().number().nearest, 0.5);
    }
  }
};

QTEST_MAIN(TestBitsTyped)
#include "tst_bits_typed.moc"
