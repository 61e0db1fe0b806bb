// The bit explorer: state (codes, undo, scale), and the widgets driven with mouse and keyboard.
#include <QClipboard>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <bit>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/bit_table.h"
#include "app/workspaces/bits/bits_workspace.h"
#include "app/workspaces/bits/precision_chart.h"
#include "app/workspaces/bits/rounding_text.h"

using namespace app;
using core::numeric::FormatId;

namespace {
int rowOf(const BitsState& state, FormatId id) {
  for (int row = 0; row < static_cast<int>(state.rows().size()); ++row)
    if (state.rows()[static_cast<std::size_t>(row)].format->id == id) return row;
  return -1;
}
const FormatRow& rowAt(const BitsState& state, FormatId id) {
  return state.rows()[static_cast<std::size_t>(rowOf(state, id))];
}
}  // namespace

class TestBits : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void everyFormatRoundsTheTypedNumberOnce() {
    BitsState state;
    QVERIFY(state.setText(QStringLiteral("0.1")).isEmpty());
    QCOMPARE(rowAt(state, FormatId::Fp64).code, std::bit_cast<std::uint64_t>(0.1));
    QCOMPARE(rowAt(state, FormatId::Fp32).code, std::uint64_t{0x3dcccccd});
    QCOMPARE(rowAt(state, FormatId::Fp16).code, std::uint64_t{0x2e66});
    QCOMPARE(rowAt(state, FormatId::Bf16).code, std::uint64_t{0x3dcd});
    QCOMPARE(rowAt(state, FormatId::Int8).value, 13.0 / 127.0);
    QVERIFY(std::abs(rowAt(state, FormatId::Fp64).error - 5.551115123125783e-18) <
            1e-30);  // needs more than a double's digits
  }

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

  void flippingABitChangesTheNumberAndUndoBringsItBack() {
    BitsState state;
    state.setText(QStringLiteral("1"));
    const int fp32 = rowOf(state, FormatId::Fp32);
    state.toggleBit(fp32, 31);
    QCOMPARE(state.number().nearest, -1.0);
    QCOMPARE(rowAt(state, FormatId::Fp16).code, std::uint64_t{0xbc00});
    state.toggleBit(fp32, 0);
    QCOMPARE(rowAt(state, FormatId::Fp32).code, std::uint64_t{0xbf800001});
    state.undoStack().undo();
    state.undoStack().undo();
    QCOMPARE(state.number().nearest, 1.0);
    QCOMPARE(state.input().display, QStringLiteral("1"));
    state.undoStack().redo();
    QCOMPARE(state.number().nearest, -1.0);
  }

  void everyBitOfEveryFormatCanBeFlippedTwice() {
    BitsState state;
    for (int row = 0; row < static_cast<int>(state.rows().size()); ++row) {
      for (int bit = 0; bit < static_cast<int>(state.rows()[static_cast<std::size_t>(row)].format->bits); ++bit) {
        state.setText(QStringLiteral("0.3"));
        const std::uint64_t before = state.rows()[static_cast<std::size_t>(row)].code;
        state.toggleBit(row, bit);
        const std::uint64_t after = state.rows()[static_cast<std::size_t>(row)].code;
        QVERIFY2(
            after == (before ^ (std::uint64_t{1} << bit)),
            qPrintable(QStringLiteral("%1 bit %2")
                           .arg(QString::fromUtf8(state.rows()[static_cast<std::size_t>(row)].format->title.data()))
                           .arg(bit)));
      }
    }
  }

  void scaleFollowsTheBlock() {
    BitsState state;
    state.setWeight(0.05F, 0.2, QStringLiteral("t [0]"));
    QCOMPARE(rowAt(state, FormatId::Int4).scale.scale, 0.2 / 7);
    QVERIFY(std::abs(rowAt(state, FormatId::Nf4).value - 0.2 * 0.24611230194568634) < 1e-9);
    state.setBlockAbsmax(1.0);
    QCOMPARE(rowAt(state, FormatId::Int4).scale.scale, 1.0 / 7);
    state.undoStack().undo();
    QCOMPARE(state.input().blockAbsmax, 0.2);
  }

  void specialValues() {
    BitsState state;
    state.setText(QStringLiteral("inf"));
    QVERIFY(std::isinf(rowAt(state, FormatId::Fp16).value));
    QVERIFY(std::isnan(rowAt(state, FormatId::Fp32).error));
    state.setText(QStringLiteral("nan"));
    QVERIFY(std::isnan(rowAt(state, FormatId::Bf16).value));
    state.setText(QStringLiteral("1e-400"));
    QCOMPARE(rowAt(state, FormatId::Fp64).value, 0.0);
    QVERIFY(rowAt(state, FormatId::Fp64).decision.underflow);
    state.setText(QStringLiteral("1e10"));
    QVERIFY(rowAt(state, FormatId::Fp16).decision.overflow);
  }

  void tiesAreExplained() {
    BitsState state;
    state.setText(QStringLiteral("2049"));  // half way between 2048 and 2050 in FP16
    const FormatRow& row = rowAt(state, FormatId::Fp16);
    QVERIFY(row.decision.tie);
    QCOMPARE(row.value, 2048.0);
    QVERIFY(roundingSentence(row, state.rounding()).contains(QStringLiteral("half way")));
    state.setRounding(core::numeric::Rounding::TowardZero);
    QCOMPARE(rowAt(state, FormatId::Bf16).value, 2048.0);
  }

  void precisionOfFloatsIsAPlateau() {
    BitsState state;
    QCOMPARE(significantBits(rowAt(state, FormatId::Fp16), 0), 11.0);
    QCOMPARE(significantBits(rowAt(state, FormatId::Fp16), -14), 11.0);
    QCOMPARE(significantBits(rowAt(state, FormatId::Fp16), -15), 10.0);  // the first subnormals
    QVERIFY(std::isnan(significantBits(rowAt(state, FormatId::Fp16), 16)));
    QCOMPARE(significantBits(rowAt(state, FormatId::Bf16), 100), 8.0);
  }

  void aClickFlipsTheBitUnderIt() {
    BitsState state;
    state.setText(QStringLiteral("1"));
    BitTable table(state);
    table.resize(1000, 480);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    const int bf16 = rowOf(state, FormatId::Bf16);
    QTest::mouseClick(&table, Qt::LeftButton, {}, table.cellRect(bf16, 15).center().toPoint());
    QCOMPARE(state.number().nearest, -1.0);
    QCOMPARE(state.selectedRow(), bf16);
    QTest::mouseClick(&table, Qt::LeftButton, {},
                      QPoint(20, static_cast<int>(table.cellRect(rowOf(state, FormatId::Nf4), 0).center().y())));
    QCOMPARE(state.selectedRow(), rowOf(state, FormatId::Nf4));  // on the name: select only
    QCOMPARE(state.number().nearest, -1.0);
  }

  void theKeyboardReachesEveryBit() {
    BitsState state;
    state.setText(QStringLiteral("1"));
    BitTable table(state);
    table.resize(1000, 480);
    table.show();
    table.setFocus();
    QTest::keyClick(&table, Qt::Key_Home);
    QCOMPARE(table.focusedBit(), 31);  // FP32 is selected at first
    QTest::keyClick(&table, Qt::Key_Space);
    QCOMPARE(state.number().nearest, -1.0);
    QTest::keyClick(&table, Qt::Key_Right);
    QCOMPARE(table.focusedBit(), 30);
    QVERIFY(table.accessibleDescription().contains(QStringLiteral("exponent")));
    QTest::keyClick(&table, Qt::Key_Down);
    QCOMPARE(state.selected().format->id, FormatId::Tf32);
    QCOMPARE(table.focusedBit(), 18);
    QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
    QVERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("TF32\t0x")));
    QTest::keyClick(&table, Qt::Key_Plus);
    QCOMPARE(state.number().nearest, -1.0 + std::ldexp(1.0, -11));
    QTest::keyClick(&table, Qt::Key_0);
    QCOMPARE(std::signbit(state.number().nearest), false);
  }

  void cellsLieInsideTheTableAndNeverOverlap() {
    BitsState state;
    for (const QSize size : {QSize(780, 380), QSize(900, 420), QSize(1600, 900)}) {
      BitTable table(state);
      table.resize(size);
      table.show();
      for (int row = 0; row < static_cast<int>(state.rows().size()); ++row) {
        const int bits = static_cast<int>(state.rows()[static_cast<std::size_t>(row)].format->bits);
        for (int bit = 0; bit < bits; ++bit) {
          QVERIFY(QRectF(table.rect()).contains(table.cellRect(row, bit)));
          for (int other = 0; other < bit; ++other)
            QVERIFY(!table.cellRect(row, bit).intersects(table.cellRect(row, other)));
        }
      }
    }
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

  void aChangeIsFastEnoughForTheHand() {
    BitsState state;
    BitTable table(state);
    table.resize(1200, 500);
    table.show();
    QElapsedTimer clock;
    clock.start();
    for (int i = 0; i < 50; ++i) {
      state.toggleBit(1, i % 23);
      table.grab();
    }
    const double each = static_cast<double>(clock.elapsed()) / 50;
    qInfo("one flipped bit, recomputed and painted: %.2f ms", each);
    QVERIFY(each < 100);  // a bound no loaded test machine breaks; the figure is printed
  }
};

QTEST_MAIN(TestBits)
#include "tst_bits.moc"
