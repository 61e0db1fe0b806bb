// The bit explorer: state (codes, undo), table and pictures, driven with mouse and keyboard.
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <bit>
#include <cmath>

#include "app/workspaces/bits/bit_table.h"
#include "app/workspaces/bits/format_details.h"
#include "app/workspaces/bits/number_line.h"
#include "app/workspaces/bits/precision_chart.h"
#include "app/workspaces/bits/rounding_text.h"

#include "app/widgets/theme.h"

#include "bits_page.h"
#include "workspace_window.h"

using namespace bits;
using core::numeric::Rounding;

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

  void aWeightOpensInItsOwnFormat() {
    BitsState state;
    state.setWeight(0.5F, 1, QStringLiteral("t [0]"), FormatId::Bf16);
    QCOMPARE(state.selected().format->id, FormatId::Bf16);
    state.setWeight(0.25F, 1, QStringLiteral("t [1]"));
    QCOMPARE(state.selected().format->id, FormatId::Bf16);  // a block type has no row: what was chosen stays
  }

  // A picture says on its own what it shows: title, number and weight, block, rounding, and what the colours are.
  void exportedPicturesSayWhatTheyShow() {
    WorkspaceWindow shown(QStringLiteral("bits"));
    shown.window().resize(1920, 1080);
    shown.selection().setWeight(3);
    QVERIFY(shown.waitUntilIdle());
    auto& state = shown.find<BitsWorkspace>()->state();
    const QString format = QString::fromUtf8(state.selected().format->title.data());
    const QStringList common{state.input().display, QStringLiteral("weight ") + state.input().origin,
                             QStringLiteral("block absmax"), QStringLiteral("rounded: nearest, ties to even")};
    QVERIFY(state.input().origin.endsWith(QString::fromStdString(shown.selection().model()->checkpoint().name())));
    const QTemporaryDir folder;
    const auto svgOf = [&](Chart& chart) {
      const QString path = folder.filePath(QStringLiteral("chart.svg"));
      if (!chart.exportTo(path).isEmpty()) return QString();
      QFile file(path);
      return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    };
    const QString line = svgOf(*shown.find<NumberLine>());
    for (const QString& part :
         QStringList{QStringLiteral("Values of %1 around").arg(format), QStringLiteral("■ what %1 stores").arg(format),
                     QStringLiteral("■ other values of %1").arg(format)} +
             common)
      QVERIFY2(line.contains(part.toHtmlEscaped()), qPrintable(part));
    const QString chart = svgOf(*shown.find<PrecisionChart>());
    for (const QString& part : QStringList{QStringLiteral("Precision over the range"), QStringLiteral("■ ") + format,
                                           QStringLiteral("■ other formats"), QStringLiteral("■ the number (dashed)")} +
                                   common)
      QVERIFY2(chart.contains(part.toHtmlEscaped()), qPrintable(part));
    // The table, by its menu.
    auto* table = shown.find<BitTable>();
    QContextMenuEvent event(QContextMenuEvent::Keyboard, QPoint(), QPoint());
    QCoreApplication::sendEvent(table, &event);
    for (QAction* action : table->findChild<QMenu*>()->actions())
      if (action->text() == QStringLiteral("Export as SVG…")) action->trigger();
    auto* dialog = table->findChild<QFileDialog*>();
    QVERIFY(dialog);
    const QString path = folder.filePath(QStringLiteral("table.svg"));
    Q_EMIT dialog->fileSelected(path);
    dialog->reject();
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString svg = QString::fromUtf8(file.readAll());
    for (const QString& part : QStringList{QStringLiteral("in every format")} + common)
      QVERIFY2(svg.contains(part.toHtmlEscaped()), qPrintable(part));
  }

  void aFailedExportIsSaidOnce() {
    WorkspaceWindow shown(QStringLiteral("bits"));
    shown.window().resize(1920, 1080);
    QVERIFY(shown.waitUntilIdle());
    const QTemporaryDir folder;
    for (Chart* chart :
         {static_cast<Chart*>(shown.find<NumberLine>()), static_cast<Chart*>(shown.find<PrecisionChart>())}) {
      const QString target = folder.filePath(chart->metaObject()->className()) + QStringLiteral("/none/x.png");
      QMenu menu;
      chart->fillMenu(&menu);
      for (QAction* action : menu.actions())
        if (action->text() == QStringLiteral("Export as PNG…")) action->trigger();
      auto* dialog = chart->findChild<QFileDialog*>();
      QVERIFY(dialog);
      Q_EMIT dialog->fileSelected(target);
      dialog->reject();
      QTRY_VERIFY(!chart->findChild<QFileDialog*>());
      int said = 0;
      for (const QLabel* label : shown.window().findChildren<QLabel*>())
        said += label->isVisible() && label->text().contains(QStringLiteral("/none/")) ? 1 : 0;
      QCOMPARE(said, 1);
      QVERIFY(shown.window().errorText().contains(QString::fromLatin1(chart->metaObject()->className())));
    }
  }

  // On a large screen the details stand beside the table; in a small one they are the first tab below it.
  void everyCardHasItsPlace() {
    WorkspaceWindow shown(QStringLiteral("bits"));
    const auto in = [&](const QWidget* widget) {
      return QRect(widget->mapTo(&shown.window(), QPoint()), widget->size());
    };
    for (const QSize size : {QSize(1920, 1080), QSize(1024, 640), QSize(1280, 800), QSize(1920, 1080)}) {
      shown.window().resize(size);
      QVERIFY(shown.waitUntilIdle());
      QTest::qWait(50);
      auto* lens = shown.find<QTabWidget>(QStringLiteral("bits-lens"));
      QVERIFY(lens);
      const QRect table = in(shown.find<BitTable>()->parentWidget()), details = in(shown.find<FormatDetails>());
      QVERIFY(shown.find<FormatDetails>()->isVisible() || size.width() < 1900);
      if (size.width() == 1920) {
        QVERIFY(details.left() > table.right());
        QVERIFY(lens->tabText(0) != QStringLiteral("Value"));
      } else {
        QCOMPARE(lens->tabText(0), QStringLiteral("Value"));
        lens->setCurrentIndex(0);
        QVERIFY(in(shown.find<FormatDetails>()).top() > table.bottom());
      }
      QVERIFY2(in(lens).bottom() < shown.window().height() && table.height() > 120,
               qPrintable(QStringLiteral("table %1 high").arg(table.height())));
    }
  }

  void namesOfTheFormatsDoNotTouch() {
    BitsState state;
    PrecisionChart chart(state);
    for (const QSize size : {QSize(1500, 300), QSize(1000, 250), QSize(700, 220)}) {
      chart.resize(size);
      for (const double absmax : {1.0, 0.0625, 30.0}) {
        state.setBlockAbsmax(absmax);
        for (int row = 0; row < static_cast<int>(state.rows().size()); ++row) {
          state.selectRow(row);
          chart.replot();
          QList<QRectF> boxes;
          for (int i = 0; i < chart.itemCount(); ++i) {
            const auto* label = qobject_cast<QCPItemText*>(chart.item(i));
            if (label == nullptr || !label->visible()) continue;
            const QRectF box(label->topLeft->pixelPosition(), label->bottomRight->pixelPosition());
            for (const QRectF& other : boxes) QVERIFY2(!box.intersects(other), qPrintable(label->text()));
            boxes << box;
          }
          const QString selected = QString::fromUtf8(state.selected().format->title.data());
          QVERIFY2(chart.namesInSight().contains(selected), qPrintable(selected));
          QVERIFY2(size.width() < 1000 || boxes.size() >= qsizetype(state.rows().size()) - 2,
                   qPrintable(chart.namesInSight().join(u' ')));
        }
      }
    }
  }

  void theTableIsCopiedAndExported() {
    BitsState state;
    state.setText(QStringLiteral("0,1"));
    BitTable table(state);
    table.resize(1000, 480);
    const QStringList lines = table.tableText(u',').split(u'\n');
    QCOMPARE(lines.size(), qsizetype(state.rows().size()) + 2);
    const QString start = QStringLiteral(
        "FP32,0x3dcccccd,0 01111011 10011001100110011001101,0.100000001490116119384765625,1.49011611938476");
    QVERIFY2(lines[2].startsWith(start), qPrintable(lines[2]));
    table.show();
    table.setFocus();
    QContextMenuEvent event(QContextMenuEvent::Keyboard, QPoint(), QPoint());
    QCoreApplication::sendEvent(&table, &event);
    auto* menu = table.findChild<QMenu*>();
    QVERIFY(menu);
    for (QAction* action : menu->actions())
      if (action->text() == QStringLiteral("Copy value")) action->trigger();
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("0.100000001490116119384765625"));
    menu->close();
    // What was copied can be typed again and is the same code.
    QVERIFY(state.setText(QGuiApplication::clipboard()->text()).isEmpty());
    QCOMPARE(rowAt(state, FormatId::Fp32).code, std::uint64_t{0x3dcccccd});
    QCOMPARE(rowAt(state, FormatId::Fp32).error, 0.0);
  }

  void whatTablesShowCanBePasted() {
    BitsState state;
    for (const auto& [text, value] :
         {std::pair{"−0.0123", -0.0123}, std::pair{"1.5×10⁻⁷", 1.5e-7}, std::pair{"1/3", 1.0 / 3},
          std::pair{"0,1", 0.1}, std::pair{"0x1.8p3", 12.0}, std::pair{"−∞", -HUGE_VAL}}) {
      const QString problem = state.setText(QString::fromUtf8(text));
      QVERIFY2(problem.isEmpty(), qPrintable(problem));
      QCOMPARE(state.number().nearest, value);
      QCOMPARE(state.input().display, QString::fromUtf8(text));
    }
  }

  void theNoteBelongsToItsWeight() {
    WorkspaceWindow window(QStringLiteral("bits"));
    auto& selection = window.selection();
    QVERIFY(selection.model());
    selection.setTensor(selection.model()->checkpoint().tensors().size() - 2);
    selection.setWeight(5);
    QVERIFY(window.waitUntilIdle());
    auto* note = window.find<QLabel>(QStringLiteral("scheme-note"));
    auto* field = window.find<QLineEdit>(QStringLiteral("bits-field"));
    QVERIFY(note && field);
    QTRY_VERIFY(note->isVisible());
    QVERIFY(note->text().contains(QStringLiteral("of this weight")));
    const QString own = field->text();
    field->selectAll();
    QTest::keyClicks(field, QStringLiteral("0.7"));
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(!note->isVisible());
    auto* workspace = window.find<BitsWorkspace>();
    QCOMPARE(workspace->state().selected().format->id, FormatId::Bf16);  // the demo model's own type
    workspace->state().undoStack().undo();
    QCOMPARE(field->text(), own);
    QVERIFY(note->isVisible());
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
    QTest::keyClick(&table, Qt::Key_PageDown);
    QCOMPARE(state.selected().format->id, FormatId::Tf32);
    QCOMPARE(table.focusedBit(), 18);
    QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
    QVERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("TF32\t0x")));
    QTest::keyClick(&table, Qt::Key_Up);
    QCOMPARE(state.number().nearest, -1.0 + std::ldexp(1.0, -11));
    QTest::keyClick(&table, Qt::Key_Down);
    QTest::keyClick(&table, Qt::Key_Up, Qt::ShiftModifier);
    QCOMPARE(state.number().nearest, -2.0);
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
