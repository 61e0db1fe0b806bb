// Rounding in Bits: modes, rolls, sentences, chains of conversions.
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QTest>
#include <QToolButton>

#include "app/workspaces/bits/bit_rows.h"
#include "app/workspaces/bits/rounding_text.h"

#include "app/widgets/theme.h"

#include "bits_page.h"

using namespace bits;
using core::numeric::Rounding;

class TestBitsRounding : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void tiesAreExplained() {
    BitsState state;
    state.setText(QStringLiteral("2049"));  // half way between 2048 and 2050 in FP16
    const FormatRow& row = rowAt(state, FormatId::Fp16);
    QVERIFY(row.decision.tie);
    QCOMPARE(row.value, 2048.0);
    QVERIFY(roundingSentence(row, state.rule()).contains(QStringLiteral("half way")));
    state.setRounding(core::numeric::Rounding::TowardZero);
    QCOMPARE(rowAt(state, FormatId::Bf16).value, 2048.0);
  }

  void everySentenceIsTrueOfItsFormat() {
    BitsState state;
    const auto sentence = [&](FormatId id) { return roundingSentence(rowAt(state, id), state.rule()); };
    state.setText(QStringLiteral("0.1"));
    QVERIFY(sentence(FormatId::Fp64).contains(QStringLiteral("cut off")));
    state.toggleBit(rowOf(state, FormatId::Fp32), 3);
    QVERIFY2(sentence(FormatId::Fp32).contains(QStringLiteral("fits exactly")), qPrintable(sentence(FormatId::Fp32)));
    for (const FormatRow& row : state.rows())
      if (row.format->kind != core::numeric::FormatKind::CodeBook)
        QVERIFY(!roundingSentence(row, state.rule()).contains(QStringLiteral("code book")));
    state.setText(QStringLiteral("nan"));
    for (const FormatRow& row : state.rows())
      QCOMPARE(roundingSentence(row, state.rule()).contains(QStringLiteral("has no NaN: it becomes 0")),
               !row.format->hasNan());
    state.setText(QStringLiteral("-inf"));
    QVERIFY(sentence(FormatId::Fp4E2M1).contains(QStringLiteral("has no infinity: it becomes −6")));
    QVERIFY(sentence(FormatId::Fp8E4M3).contains(QStringLiteral("it becomes NaN")));
    QVERIFY(sentence(FormatId::Fp16).contains(QStringLiteral("code of its own")));
    state.setText(QStringLiteral("1e10"));
    QVERIFY(sentence(FormatId::Fp16).contains(QStringLiteral("it becomes infinity")));
    QVERIFY(sentence(FormatId::Fp6E3M2).contains(QStringLiteral("it becomes 28")));
    state.setText(QStringLiteral("0x1p-25"));  // half of FP16's smallest value
    QVERIFY(sentence(FormatId::Fp16).contains(QStringLiteral("half the smallest value: ties go to even")));
    for (const char* zero : {"0", "-0"}) {
      state.setText(QLatin1String(zero));
      for (const FormatRow& row : state.rows()) {
        const QString text = roundingSentence(row, state.rule());
        QVERIFY2(text.contains(QStringLiteral("fits exactly")) || text.contains(QStringLiteral("is a level")),
                 qPrintable(text));
        QCOMPARE(row.error, 0.0);
        QVERIFY(!row.decision.guard && !row.decision.round && !row.decision.sticky);
      }
    }
  }

  void exponentsSayWhyTheyAreWhatTheyAre() {
    BitsState state;
    state.setText(QStringLiteral("1e-40"));
    QCOMPARE(exponentText(rowAt(state, FormatId::Fp32)), QStringLiteral("1 − 127 → 2⁻¹²⁶"));
    QVERIFY(fieldSentence(rowAt(state, FormatId::Fp32)).contains(QStringLiteral("counts as 1")));
    QCOMPARE(exponentText(rowAt(state, FormatId::Fp16)), QStringLiteral("0: zero"));
    state.setText(QStringLiteral("1"));
    QCOMPARE(exponentText(rowAt(state, FormatId::Fp32)), QStringLiteral("127 − 127 → 2⁰"));
    state.setText(QStringLiteral("inf"));
    QCOMPARE(exponentText(rowAt(state, FormatId::Fp16)), QStringLiteral("31: all ones → infinity"));
    QVERIFY(exponentText(rowAt(state, FormatId::Int8)).isEmpty());
  }

  void everyRoundingModeIsOneClick() {
    Page page;
    page.type(QStringLiteral("0.1"));
    page.select(FormatId::Bf16);
    page.showTab(QStringLiteral("Rounding"));
    const auto choose = [&](const QString& name) {
      for (QRadioButton* button : page.workspace().findChildren<QRadioButton*>())
        if (button->text() == name) QTest::mouseClick(button, Qt::LeftButton, {}, QPoint(8, button->height() / 2));
      return page.state().selected().code;
    };
    QCOMPARE(choose(roundingName(Rounding::TowardZero)), std::uint64_t{0x3dcc});
    QCOMPARE(page.state().rounding(), Rounding::TowardZero);
    QCOMPARE(choose(roundingName(Rounding::Up)), std::uint64_t{0x3dcd});
    QCOMPARE(choose(roundingName(Rounding::Down)), std::uint64_t{0x3dcc});
    QCOMPARE(choose(roundingName(Rounding::NearestAway)), std::uint64_t{0x3dcd});
    QCOMPARE(choose(roundingName(Rounding::NearestEven)), std::uint64_t{0x3dcd});
    page.state().undoStack().undo();
    QCOMPARE(page.state().rounding(), Rounding::NearestAway);
    auto& box = page.find<QComboBox>("bits-rounding");
    QCOMPARE(box.currentText(), roundingName(Rounding::NearestAway));
    // FP32's bits cut off and rounded: 0x3dcccccd loses its lower half.
    const auto& rows = page.find<BitRows>("rounding-bits").rows();
    QCOMPARE(rows.size(), std::size_t{3});
    QCOMPARE(rows[0].code, std::uint64_t{0x3dcccccd});
    QCOMPARE(rows[0].cut, std::uint64_t{0xffff});
    QCOMPARE(rows[1].code, std::uint64_t{0x3dcc});
    QCOMPARE(rows[2].code, std::uint64_t{0x3dcd});
    QCOMPARE(rows[2].changed, std::uint64_t{1});
    // The interval of 0x3dcd, with its middle points.
    page.state().setRounding(Rounding::NearestEven);
    QVERIFY(page.state().interval());
    QVERIFY(!page.state().interval()->lowClosed);  // odd code: ties go to its neighbours
    const QString shown = intervalText(*page.state().interval());
    QVERIFY2(shown.startsWith(u'(') && shown.endsWith(u')'), qPrintable(shown));
    page.state().step(page.state().selectedRow(), 1);
    QVERIFY(page.state().interval()->lowClosed && page.state().interval()->highClosed);
  }

  void rollsAgreeWithTheirProbability() {
    Page page;
    page.type(QStringLiteral("1.25"));
    QCOMPARE(page.state().addFormat(QStringLiteral("e5m0")), QString());  // 1 or 2
    QCOMPARE(page.state().selected().value, 1.0);
    page.showTab(QStringLiteral("Rounding"));
    auto& words = page.find<QLabel>("rolls");
    QVERIFY2(words.text().contains(QStringLiteral("25")), qPrintable(words.text()));
    QTest::mouseClick(&page.find<QPushButton>("roll-many"), Qt::LeftButton);
    QCOMPARE(page.state().rounding(), Rounding::Stochastic);
    static const QRegularExpression away(QStringLiteral("^(\\d+) of 1,?000"));
    const auto match = away.match(words.text());
    QVERIFY2(match.hasMatch(), qPrintable(words.text()));
    const int count = match.captured(1).toInt();
    QVERIFY2(count > 170 && count < 330, qPrintable(words.text()));  // six standard deviations
    QTest::mouseClick(&page.find<QPushButton>("roll"), Qt::LeftButton);
    QVERIFY(words.text().contains(QStringLiteral("1,001")) || words.text().contains(QStringLiteral("1001")));
    // The button beside the mode rolls, too; both outcomes come, and nothing else.
    auto& button = page.find<QToolButton>("bits-roll");
    QVERIFY(button.isVisible());
    QSet<double> seen;
    for (int i = 0; i < 60; ++i) {
      QTest::mouseClick(&button, Qt::LeftButton);
      seen.insert(page.state().selected().value);
    }
    QCOMPARE(seen, (QSet<double>{1.0, 2.0}));
    page.type(QStringLiteral("2"));
    QVERIFY(!page.find<QPushButton>("roll").isEnabled());
  }

  void aChainCatchesDoubleRounding() {
    Page page;
    page.type(QStringLiteral("1.00390626"));  // FP32 makes it a tie of BF16
    page.showTab(QStringLiteral("Conversions"));
    auto& verdict = page.find<QLabel>("chain-verdict");
    page.state().setChain({{QStringLiteral("fp32")}, {QStringLiteral("bf16")}});
    QVERIFY2(verdict.text().contains(QStringLiteral("Double rounding")), qPrintable(verdict.text()));
    QVERIFY2(verdict.text().contains(QStringLiteral("half way")), qPrintable(verdict.text()));
    auto& rows = page.find<BitRows>("chain-bits");
    QCOMPARE(rows.rows().size(), std::size_t{3});  // and where one rounding would have ended
    QCOMPARE(rows.rows()[1].value, QStringLiteral("1"));
    QCOMPARE(rows.rows()[2].value, QStringLiteral("1.0078125"));
    QVERIFY(rows.rows()[1].isBad);
    page.type(QStringLiteral("1.5"));
    QVERIFY2(verdict.text().startsWith(QStringLiteral("No double rounding")), qPrintable(verdict.text()));
    // Add by the menu, move with the keyboard, remove with Delete, and undo it all.
    auto* add = page.workspace().findChild<QToolButton*>(QStringLiteral("chain-add"));
    Q_EMIT add->menu()->aboutToShow();
    trigger(*add->menu(), QStringLiteral("FP8 E4M3"));
    QCOMPARE(page.state().setup().chain.size(), std::size_t{3});
    QTRY_VERIFY(page.workspace().findChild<QPushButton*>(QStringLiteral("chain-stop-2")));
    QTest::keyClick(&page.find<QPushButton>("chain-stop-2"), Qt::Key_Left, Qt::ControlModifier);
    QCOMPARE(page.state().setup().chain[1].format, QStringLiteral("fp8_e4m3"));
    QTest::keyClick(&page.find<QPushButton>("chain-stop-0"), Qt::Key_Delete);
    QCOMPARE(page.state().setup().chain.size(), std::size_t{2});
    // What was removed is not seen for another moment.
    QVERIFY(!page.workspace().findChild<QPushButton*>(QStringLiteral("chain-stop-2")));
    QCOMPARE(page.state().setup().chain[0].format, QStringLiteral("fp8_e4m3"));
    page.state().undoStack().undo();
    page.state().undoStack().undo();
    page.state().undoStack().undo();
    QCOMPARE(page.state().setup().chain.size(), std::size_t{2});
    QCOMPARE(page.state().setup().chain[1].format, QStringLiteral("bf16"));
  }

  void everyCauseOfAnotherEndHasItsSentence() {
    Page page;
    auto& verdict = page.find<QLabel>("chain-verdict");
    const auto said = [&](const char* number, std::vector<ChainStop> chain) {
      page.type(QString::fromLatin1(number));
      page.state().setChain(std::move(chain));
      return verdict.text();
    };
    QVERIFY(said("70000", {{QStringLiteral("fp16")}, {QStringLiteral("bf16")}}).contains(QStringLiteral("overflowed")));
    QVERIFY(said("1e-9", {{QStringLiteral("fp16")}, {QStringLiteral("bf16")}}).contains(QStringLiteral("into zero")));
    QVERIFY(said("0.1", {{QStringLiteral("fp8_e4m3")}, {QStringLiteral("fp32")}}).contains(QStringLiteral("coarser")));
    QVERIFY(said("nan", {{QStringLiteral("int8")}, {QStringLiteral("fp32")}}).contains(QStringLiteral("has no NaN")));
  }

  void whatATargetHasNoCodeForIsSaid() {
    Page page;
    auto& verdict = page.find<QLabel>("chain-verdict");
    auto& rows = page.find<BitRows>("chain-bits");
    const auto said = [&](const char* number, const char* target) {
      page.type(QString::fromLatin1(number));
      page.state().setChain({{QStringLiteral("fp32")}, {QString::fromLatin1(target)}});
      return verdict.text();
    };
    struct Case {
      const char *number, *target, *sentence;
    };
    for (const Case& one : {Case{"nan", "fp4_e2m1", "FP4 E2M1 has no NaN: it becomes 0."},
                            {"nan", "fp6_e3m2", "FP6 E3M2 has no NaN: it becomes 0."},
                            {"-inf", "fp4_e2m1", "FP4 E2M1 has no infinity: it becomes −6."},
                            {"inf", "fp6_e2m3", "FP6 E2M3 has no infinity: it becomes 7.5."},
                            {"inf", "e8m0", "E8M0 has no infinity: it becomes NaN."},
                            {"-1", "e8m0", "E8M0 has neither zero nor negative values: it becomes NaN."},
                            {"nan", "int8", "INT8 has no NaN: it becomes 0."},
                            {"-inf", "int4", "INT4 has no infinity: it becomes −1.1428571"},
                            {"inf", "fp8_e4m3", "FP8 E4M3 has no infinity: it becomes NaN."},
                            {"nan", "nf4", "NF4 has no NaN: it becomes 0."}}) {
      const QString text = said(one.number, one.target);
      QVERIFY2(text.startsWith(QString::fromUtf8(one.sentence)), qPrintable(text));
      QVERIFY(text.contains(QStringLiteral("gives the same.")));
      QVERIFY(rows.rows().back().note.startsWith(QStringLiteral("has n")));
    }
    for (const char* target : {"bf16", "fp8_e5m2", "fp16"})
      QVERIFY(said("nan", target).startsWith(QStringLiteral("No double rounding")));
    page.type(QStringLiteral("nan"));
    page.state().setChain({{QStringLiteral("int8")}, {QStringLiteral("fp32")}});
    QCOMPARE(verdict.text(),
             QStringLiteral("INT8 has no NaN: it becomes 0. A single rounding from the number to FP32 gives NaN."));
  }
};

QTEST_MAIN(TestBitsRounding)
#include "tst_bits_rounding.moc"
