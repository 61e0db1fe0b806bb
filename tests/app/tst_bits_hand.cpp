// The bit explorer under the hand: painting, stepping, examples, formats of one's own, for assistive programs.
#include <QAccessible>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <cmath>
#include <ctime>

#include "app/workspaces/bits/bit_table.h"
#include "app/workspaces/bits/copied_text.h"
#include "app/workspaces/bits/format_editor.h"
#include "app/workspaces/bits/presets.h"

#include "app/widgets/theme.h"

#include "bits_page.h"

using namespace bits;
using core::numeric::Rounding;

namespace {

QPoint middle(const BitTable& table, int row, int bit) { return table.cellRect(row, bit).center().toPoint(); }

}  // namespace

class TestBitsHand : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void draggingPaintsBits() {
    BitsState state;
    state.setText(QStringLiteral("1"));
    BitTable table(state);
    table.resize(1100, 480);
    table.show();
    const int fp32 = state.rowOf(core::numeric::numberFormat(FormatId::Fp32));
    const std::uint64_t before = state.selected().code;
    QTest::mousePress(&table, Qt::LeftButton, {}, middle(table, fp32, 22));
    QCOMPARE(state.rows()[static_cast<std::size_t>(fp32)].code, before | (1U << 22));  // the press sets it
    QTest::mouseMove(&table, middle(table, fp32, 15));  // a quick hand: nothing between was reported
    QTest::mouseRelease(&table, Qt::LeftButton, {}, middle(table, fp32, 15));
    QCOMPARE(state.rows()[static_cast<std::size_t>(fp32)].code, before | 0x7f8000U);
    // Pressing a set bit clears, and clears all it is dragged over, even above the row.
    QTest::mousePress(&table, Qt::LeftButton, {}, middle(table, fp32, 20));
    QTest::mouseMove(&table, middle(table, fp32, 10) - QPoint(0, 60));
    QTest::mouseRelease(&table, Qt::LeftButton, {}, middle(table, fp32, 10));
    QCOMPARE(state.rows()[static_cast<std::size_t>(fp32)].code, before | 0x600000U);
    // A stroke is one step.
    state.undoStack().undo();
    QCOMPARE(state.rows()[static_cast<std::size_t>(fp32)].code, before | 0x7f8000U);
    state.undoStack().undo();
    QCOMPARE(state.selected().code, before);
    state.undoStack().redo();
    QCOMPARE(state.rows()[static_cast<std::size_t>(fp32)].code, before | 0x7f8000U);
  }

  // Cards and tabs change their places; none of them is ever a window of its own.
  void nothingOpensAWindow() {
    int windows = 0;
    class Watch final : public QObject {
     public:
      explicit Watch(int& count) : m_count(count) {}
      bool eventFilter(QObject* watched, QEvent* event) override {
        const auto* widget = qobject_cast<QWidget*>(watched);
        if (event->type() == QEvent::Show && widget != nullptr && widget->isWindow()) ++m_count;
        return false;
      }

     private:
      int& m_count;
    } watch(windows);
    qApp->installEventFilter(&watch);
    Page page;
    for (const int width : {1500, 1000, 1500, 900}) {
      page.workspace().resize(width, 900);
      QCoreApplication::processEvents();
      for (const QString& tab :
           {QStringLiteral("Rounding"), QStringLiteral("Conversions"), QStringLiteral("This tensor")})
        page.showTab(tab);
      page.type(QStringLiteral("0.1+0.2"));
      page.type(QStringLiteral("1"));
    }
    qApp->removeEventFilter(&watch);
    QCOMPARE(windows, 1);  // the page itself
  }

  void arrowsStepInTheField() {
    Page page;
    page.type(QStringLiteral("1"));
    auto& field = page.find<QLineEdit>("bits-field");
    QTest::keyClick(&field, Qt::Key_Up);
    QCOMPARE(page.state().number().nearest, 1 + std::ldexp(1.0, -23));
    QTest::keyClick(&field, Qt::Key_Down);
    QTest::keyClick(&field, Qt::Key_Down);
    QCOMPARE(page.state().number().nearest, 1 - std::ldexp(1.0, -24));
    QTest::keyClick(&field, Qt::Key_Up, Qt::ShiftModifier);
    QCOMPARE(page.state().number().nearest, 2 - std::ldexp(1.0, -23));
    // What was typed and not taken yet is stepped from.
    field.selectAll();
    QTest::keyClicks(&field, QStringLiteral("8"));
    QTest::keyClick(&field, Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(page.state().number().nearest, 4.0);
    field.selectAll();
    QTest::keyClicks(&field, QStringLiteral("8 apples"));
    QTest::keyClick(&field, Qt::Key_Up);
    QCOMPARE(page.state().number().nearest, 4.0);
    QVERIFY(field.property("invalid").toBool());
  }

  void exponentsStopAtTheEnds() {
    BitsState state;
    for (const FormatId id : {FormatId::Fp8E4M3, FormatId::Fp16, FormatId::Int8, FormatId::Nf4}) {
      const int row = state.rowOf(core::numeric::numberFormat(id));
      state.setText(QStringLiteral("0.75"));
      for (int i = 0; i < 60; ++i) state.stepExponent(row, 1);
      QVERIFY(std::isfinite(state.rows()[static_cast<std::size_t>(row)].value));
      for (int i = 0; i < 80; ++i) state.stepExponent(row, -1);
      QVERIFY(std::isfinite(state.rows()[static_cast<std::size_t>(row)].value));
    }
    const int fp8 = state.rowOf(core::numeric::numberFormat(FormatId::Fp8E4M3));
    state.setText(QStringLiteral("1.75"));
    state.selectRow(fp8);
    for (int i = 0; i < 20; ++i) state.stepExponent(fp8, 1);
    QCOMPARE(state.selected().value, 448.0);  // and not NaN, which is one mantissa further
  }

  void examplesAreNumbersAndSayWhatIsTrue() {
    Page page;
    auto* button = page.workspace().findChild<QPushButton*>(QStringLiteral("bits-examples"));
    QVERIFY(button);
    int examples = 0;
    for (const BitsPreset& preset : bitsPresets()) {
      if (preset.text.isEmpty()) continue;
      ++examples;
      if (!preset.format.isEmpty()) QCOMPARE(page.state().addFormat(preset.format), QString());
      QCOMPARE(page.state().setText(preset.text), QString());
    }
    QVERIFY(examples >= 12);
    QVERIFY(button->menu()->actions().size() >= examples);
    trigger(*button->menu(), QStringLiteral("65520"));
    QCOMPARE(page.state().selected().format->id, FormatId::Fp16);
    QVERIFY(page.state().selected().decision.overflow);
    trigger(*button->menu(), QStringLiteral("0x1p-149"));
    QCOMPARE(page.state().selected().code, std::uint64_t{1});
    trigger(*button->menu(), QStringLiteral("0x1p-24"));
    QCOMPARE(page.state().selected().code, std::uint64_t{1});
    trigger(*button->menu(), QStringLiteral("2049"));
    QVERIFY(page.state().selected().decision.tie);
    trigger(*button->menu(), QStringLiteral("448"));
    QVERIFY(page.state().selected().isExact());
    QVERIFY(!core::numeric::next(*page.state().selected().format, page.state().selected().code));
    trigger(*button->menu(), QStringLiteral("240"));
    QVERIFY(!core::numeric::next(*page.state().selected().format, page.state().selected().code));
  }

  void formatsAreChosenAndMade() {
    Page page;
    page.type(QStringLiteral("0.3"));
    const auto before = page.state().rows().size();
    QMenu* menu = page.find<QPushButton>("bits-formats").menu();
    Q_EMIT menu->aboutToShow();
    trigger(*menu, QStringLiteral("FP8 E4M3FNUZ"));
    QCOMPARE(page.state().rows().size(), before + 1);
    QCOMPARE(page.state().selected().format->id, FormatId::Fp8E4M3Fnuz);
    QCOMPARE(page.state().selected().format->bias, 8);
    // The editor: its controls write the text, its text fills the controls.
    Q_EMIT menu->aboutToShow();
    trigger(*menu, QStringLiteral("A format of your own…"));
    auto& editor = page.find<FormatEditor>("format-editor");
    QVERIFY(editor.isVisible());
    const auto spin = [&](const char* name) {
      for (QSpinBox* box : editor.findChildren<QSpinBox*>())
        if (box->accessibleName() == QLatin1String(name)) return box;
      return static_cast<QSpinBox*>(nullptr);
    };
    QLineEdit* text = nullptr;
    for (QLineEdit* field : editor.findChildren<QLineEdit*>())
      if (field->accessibleName() == QStringLiteral("As text")) text = field;
    QVERIFY(spin("Exponent bits") && spin("Mantissa bits") && spin("Bias") && text);
    spin("Exponent bits")->setValue(3);
    spin("Mantissa bits")->setValue(4);
    QVERIFY2(text->text().startsWith(QStringLiteral("e3m4")), qPrintable(text->text()));
    text->setFocus();
    text->selectAll();
    QTest::keyClicks(text, QStringLiteral("e9m99"));
    QTest::keyClick(text, Qt::Key_Return);
    QVERIFY(editor.isVisible());  // refused, with a sentence
    text->selectAll();
    QTest::keyClicks(text, QStringLiteral("e2m5:bias=3,specials=none,subnormals=off"));
    QCOMPARE(spin("Bias")->value(), 3);
    QTest::keyClick(text, Qt::Key_Return);
    QVERIFY(!editor.isVisible());
    const FormatRow& own = page.state().selected();
    QCOMPARE(own.format->bits, 8U);
    QVERIFY(!own.format->hasSubnormals);
    QVERIFY(std::fabs(own.value - 0.3) < 0.01);
    // Its bits flip like any other's, it can be removed, and undo brings it back.
    const int row = page.state().selectedRow();
    page.state().toggleBit(row, 7);
    QVERIFY(page.state().rows()[static_cast<std::size_t>(row)].value < 0);
    const QString name = QString::fromStdString(own.format->name);
    page.state().removeFormat(name);
    QCOMPARE(page.state().rows().size(), before + 1);
    page.state().undoStack().undo();
    QCOMPARE(page.state().rows().size(), before + 2);
  }

  void everyFormatCanHaveARow() {
    Page page;
    QMenu* menu = page.find<QPushButton>("bits-formats").menu();
    Q_EMIT menu->aboutToShow();
    trigger(*menu, QStringLiteral("All formats"));
    QCOMPARE(page.state().rows().size(), core::numeric::numberFormats().size());
    page.type(QStringLiteral("0.3"));
    for (int row = 0; row < static_cast<int>(page.state().rows().size()); ++row) {
      page.state().selectRow(row);
      for (int bit = 0; bit < static_cast<int>(page.state().selected().format->bits); ++bit) {
        page.state().setText(QStringLiteral("0.3"));
        const std::uint64_t before = page.state().selected().code;
        page.state().toggleBit(row, bit);
        QCOMPARE(page.state().selected().code, before ^ (std::uint64_t{1} << bit));
      }
      page.state().setText(QStringLiteral("0.3"));
      for (const QString& tab : {QStringLiteral("Value"), QStringLiteral("Rounding"), QStringLiteral("Number line"),
                                 QStringLiteral("Conversions"), QStringLiteral("Range and precision")}) {
        page.showTab(tab);
        QVERIFY(!page.workspace().grab().isNull());
      }
      for (const CopiedText& copied : copiedTexts(page.state().selected()))
        QVERIFY2(!copied.text.isEmpty(), qPrintable(copied.name));
    }
    trigger(*menu, QStringLiteral("The usual ones"));
    QCOMPARE(page.state().rows().size(), std::size_t{14});
  }

  // From the press to the last pixel of the page, whatever tab is open, in processor time.
  void aFlipIsDrawnWithinAFrame() {
    Page page;
    page.type(QStringLiteral("0.1"));
    auto& table = page.find<BitTable>();
    for (const QString& tab : {QStringLiteral("Value"), QStringLiteral("Rounding"), QStringLiteral("Number line"),
                               QStringLiteral("Conversions"), QStringLiteral("Range and precision")}) {
      page.showTab(tab);
      page.workspace().grab();
      const std::clock_t begin = std::clock();
      constexpr int kFlips = 20;
      for (int i = 0; i < kFlips; ++i) {
        QTest::mouseClick(&table, Qt::LeftButton, {}, middle(table, 1, i));
        page.workspace().grab();
      }
      const double each = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / kFlips;
      qInfo("%s: %.2f ms", qPrintable(tab), each);
      QVERIFY(each < 100);  // a bound no loaded test machine breaks; the figure is printed
    }
  }

  // Every bit is a child of its own to a screen reader, with a name, a state and an action.
  void assistiveProgramsFindEveryBit() {
    BitsState state;
    state.setText(QStringLiteral("1"));
    BitTable table(state);
    table.resize(1000, 480);
    table.show();
    QAccessibleInterface* whole = QAccessible::queryAccessibleInterface(&table);
    QVERIFY(whole);
    int bits = 0, lines = 0;
    for (const FormatRow& row : state.rows()) bits += static_cast<int>(row.format->bits), ++lines;
    QCOMPARE(whole->childCount(), bits + lines);
    const int row = state.rowOf(core::numeric::numberFormat(FormatId::Fp32));
    QAccessibleInterface* sign = nullptr;
    for (int i = 0; i < whole->childCount(); ++i)
      if (whole->child(i)->text(QAccessible::Name) == QStringLiteral("FP32 · bit 31 · sign")) sign = whole->child(i);
    QVERIFY(sign);
    QCOMPARE(sign->role(), QAccessible::CheckBox);
    QVERIFY(!sign->state().checked);
    QCOMPARE(whole->indexOfChild(sign), whole->indexOfChild(sign->parent()->child(whole->indexOfChild(sign))));
    QVERIFY(table.rect().contains(QRect(table.mapFromGlobal(sign->rect().topLeft()), sign->rect().size())));
    QVERIFY(sign->actionInterface());
    sign->actionInterface()->doAction(QAccessibleActionInterface::toggleAction());
    QVERIFY(sign->state().checked);
    QCOMPARE(state.rows()[static_cast<std::size_t>(row)].value, -1.0);
    QAccessibleInterface* under = whole->childAt(sign->rect().center().x(), sign->rect().center().y());
    QVERIFY(under);
  }
};

QTEST_MAIN(TestBitsHand)
#include "tst_bits_hand.moc"
