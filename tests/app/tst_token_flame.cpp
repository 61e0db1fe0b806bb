// What the time of a token goes to, in the panes of Chat: driven with mouse and keyboard.
#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QSignalSpy>
#include <QTableWidget>
#include <QToolButton>

#include "app/pictures/token_flame.h"
#include "app/workspaces/chat/time_dialog.h"
#include "chat_hands.h"

using namespace app;
using core::model::ModelPart;
using core::model::OpKind;
using Level = FlameCell::Level;

namespace {

TokenProfile profileOf(double seconds) {
  TokenProfile profile;
  profile.device = "a device";
  profile.positions = 8;
  profile.seconds = seconds;
  profile.steps = {{{OpKind::RmsNorm, "attn_norm", 0.001, 2}, ModelPart::Attention, {10, 0, 0}},
                   {{OpKind::MatMul, "attn_q", 0.002, 2}, ModelPart::Attention, {100, 0, 400}},
                   {{OpKind::MatMul, "ffn_up", 0.004, 2}, ModelPart::FeedForward, {1000, 0, 4000}},
                   {{OpKind::StoreKv, "", 0.001, 2}, ModelPart::Attention, {}}};
  profile.work = {1110, 0, 4400};
  profile.limits = {1e6, 1e7};
  return profile;
}

/// With spaces of one kind.
QString plain(QString text) { return text.replace(QChar(0x202F), u' '); }

/// The dialog once it has measured.
TimeDialog* measured(ChatHands& hands) {
  auto* dialog = hands.workspace().findChild<TimeDialog*>();
  const auto isDone = [&] { return dialog->findChild<QPushButton*>(QStringLiteral("time-measure"))->isEnabled(); };
  return dialog != nullptr && QTest::qWaitFor(isDone, 60000) ? dialog : nullptr;
}

void close(TimeDialog* dialog) {
  QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("time-close")), Qt::LeftButton);
}

}  // namespace

class TestTokenFlame : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void stepsStandUnderWhatTheyArePartOf() {
    const auto cells = flameCells(profileOf(0.010));
    QStringList names;
    for (const FlameCell& cell : cells) names << QString(static_cast<int>(cell.level), u'>') + cell.name;
    QCOMPARE(names, (QStringList{"one token", ">attention", ">>attn_norm", ">>attn_q", ">>KV cache", ">feed-forward",
                                 ">>ffn_up", ">outside the steps"}));
    QCOMPARE(cells[1].seconds, 0.004);
    QCOMPARE(cells[1].count, 6U);
    QCOMPARE(cells[1].work.bytes(), std::uint64_t{110});
    QCOMPARE(cells[5].begin, 0.004);
    QCOMPARE(cells[6].parent, 5);
    QCOMPARE(cells[6].share, 0.4);
    QVERIFY(qAbs(cells[7].seconds - 0.002) < 1e-12);
    // Steps that are timed one by one may take longer than the token without a clock.
    const auto longer = flameCells(profileOf(0.005));
    QCOMPARE(longer.front().seconds, 0.008);
    QVERIFY(longer.back().name != nameOf(FlameKind::Outside));
    TokenProfile silent = profileOf(0.010);
    silent.steps.clear();
    QCOMPARE(flameCells(silent).size(), std::size_t{1});
  }

  void figuresAreExact() {
    const auto cells = flameCells(profileOf(0.010));
    const QString said = plain(describe(cells[6]));
    for (const char* part :
         {"ffn_up (products)", "4.00 ms, 40.0 % of the token", "2 of them, 2.00 ms each", "reads 1,000 B"})
      QVERIFY2(said.contains(QLatin1String(part)), qPrintable(said));
    const TokenProfile profile = profileOf(0.010);
    QCOMPARE(profile.bandwidthShare(), 1110 / 0.010 / 1e6);
    QCOMPARE(profile.arithmeticShare(), 4400 / 0.010 / 1e7);
    TokenProfile unknown = profile;
    unknown.limits = {};
    QCOMPARE(unknown.bandwidthShare(), 0.0);
  }

  void theVerdictNamesWhatChanged() {
    const TokenFlame::Model reference{QStringLiteral("A"), {}, {}, profileOf(0.008)};
    TokenFlame::Model faster{QStringLiteral("B"), {}, {}, profileOf(0.005)};
    faster.profile.steps[2].time.seconds = 0.001;
    QCOMPARE(plain(timeVerdict(reference, faster)),
             QStringLiteral(
                 "B takes 3.00 ms less for a token than A; most of it in “feed-forward”: 1.00 ms instead of 4.00 ms."));
    QVERIFY(plain(timeVerdict(faster, reference)).startsWith(QStringLiteral("A takes 3.00 ms longer")));
    // What no step takes may be most of it, too; and what is spread over many parts is most of none.
    TokenFlame::Model slower{QStringLiteral("C"), {}, {}, profileOf(0.030)};
    QVERIFY(
        plain(timeVerdict(reference, slower)).contains(QStringLiteral("most of it in “outside the steps”: 22.0 ms")));
    TokenFlame::Model spread{QStringLiteral("D"), {}, {}, profileOf(0.011)};
    spread.profile.steps[1].time.seconds += 0.001, spread.profile.steps[2].time.seconds += 0.001;
    QCOMPARE(plain(timeVerdict(reference, spread)), QStringLiteral("D takes 3.00 ms longer for a token than A."));
    QCOMPARE(timeVerdict(reference, reference), QStringLiteral("A takes as long as A."));
  }

  void barsAreDrawnOnOneScaleAndWalkedByKeys() {
    Theme::instance().install();
    TokenFlame flame;
    flame.resize(700, 260);
    flame.setModels(
        {{QStringLiteral("A"), Qt::red, {}, profileOf(0.010)}, {QStringLiteral("B"), Qt::blue, {}, profileOf(0.020)}});
    flame.show();
    QVERIFY(QTest::qWaitForWindowExposed(&flame));
    flame.replot(QCustomPlot::rpImmediateRefresh);
    const double a = flame.rectOf({0, 0}).width(), b = flame.rectOf({1, 0}).width();
    QVERIFY2(qAbs(b / a - 2) < 0.05, qPrintable(QStringLiteral("%1 %2").arg(a).arg(b)));
    QSignalSpy described(&flame, &TokenFlame::described);
    QTest::keyClick(&flame, Qt::Key_Down);
    QVERIFY(flame.chosen() == TokenFlame::Place({0, 0}));
    QTest::keyClick(&flame, Qt::Key_Down);
    QTest::keyClick(&flame, Qt::Key_Right);
    QVERIFY(flame.chosen() == TokenFlame::Place({0, 5}));
    QTest::keyClick(&flame, Qt::Key_Down);
    QVERIFY(flame.chosen() == TokenFlame::Place({0, 6}));
    QCOMPARE(flame.accessibleDescription(), described.back().front().toString());
    QVERIFY(flame.accessibleDescription().startsWith(QStringLiteral("A · ffn_up")));
    const double before = flame.rectOf({0, 6}).width();
    QTest::keyClick(&flame, Qt::Key_Return);  // as wide as the picture
    QVERIFY(flame.rectOf({0, 6}).width() > 4 * before);
    QVERIFY(flame.rectOf({0, 2}).isEmpty());
    QTest::keyClick(&flame, Qt::Key_0);
    QVERIFY(qAbs(flame.rectOf({0, 6}).width() - before) < 1);
    QTest::keyClick(&flame, Qt::Key_Down);  // it has no parts: the next model
    QVERIFY(flame.chosen() == TokenFlame::Place({1, 0}));
    QTest::mouseClick(&flame, Qt::LeftButton, {}, flame.rectOf({1, 3}).center().toPoint());
    QVERIFY(flame.chosen() == TokenFlame::Place({1, 3}));
    QTest::mouseDClick(&flame, Qt::LeftButton, {}, flame.rectOf({1, 3}).center().toPoint());
    QVERIFY(flame.rectOf({1, 3}).width() > 500);
  }

  void numbersLeaveThePicture() {
    Theme::instance().install();
    TokenFlame flame;
    flame.setModels({{QStringLiteral("A"), Qt::red, {}, profileOf(0.010)}});
    const QString csv = QString::fromUtf8(flame.csv());
    QCOMPARE(csv.count(u'\n'), 9);  // head and eight bars
    QVERIFY2(csv.contains(QStringLiteral("A · feed-forward · ffn_up")), qPrintable(csv));
    QTemporaryDir folder;
    for (const char* ending : {"png", "svg", "pdf", "csv"}) {
      const QString file = folder.filePath(QStringLiteral("flame.") + QLatin1String(ending));
      QCOMPARE(flame.exportTo(file), QString());
      QVERIFY(QFileInfo(file).size() > 100);
    }
    QCOMPARE(flame.legend().size(), std::size_t{3});  // products, KV cache, norms
  }

  // The whole way: ask, press the clock beside the speed, read, measure behind more tokens, close.
  void aPersonAsksWhereTheTimeGoes() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const auto before = hands.answer(1).result.tokens;
    auto* clock = hands.pane(1).newest()->findChild<QToolButton*>(QStringLiteral("answer-time"));
    QVERIFY(clock->isVisible());
    QTest::mouseClick(clock, Qt::LeftButton);
    TimeDialog* dialog = measured(hands);
    QVERIFY(dialog != nullptr);
    auto* flame = dialog->findChild<TokenFlame*>();
    QCOMPARE(flame->models().size(), std::size_t{2});
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& model = flame->models()[i];
      QCOMPARE(model.title.section(QStringLiteral(" · Vulkan"), 0, 0), hands.pane(i).schemeTitle());
      QVERIFY(model.profile.seconds > 0 && model.profile.work.bytes() > 0);
      QVERIFY(model.profile.limits.bytesPerSecond > 0 && model.profile.limits.operationsPerSecond > 0);
    }
    QVERIFY(flame->models()[1].profile.work.bytes() < flame->models()[0].profile.work.bytes());
    QCOMPARE(flame->models()[1].profile.work.operations, flame->models()[0].profile.work.operations);
    auto* table = dialog->findChild<QTableWidget*>(QStringLiteral("time-table"));
    QCOMPARE(table->rowCount(), 2);
    QVERIFY(!dialog->findChild<QLabel*>(QStringLiteral("time-verdict"))->text().isEmpty());
    QVERIFY(!dialog->findChild<QLabel*>(QStringLiteral("time-notice"))->text().contains(QStringLiteral("no clock")));
    const auto place = TokenFlame::Place{1, 0};
    QTest::mouseClick(flame, Qt::LeftButton, {}, flame->rectOf(place).center().toPoint());
    QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("time-details"))->text().contains(QStringLiteral("one token")));
    // Behind other tokens, by the keyboard.
    const auto positions = flame->models()[0].profile.positions;
    auto* list = dialog->findChild<QComboBox*>(QStringLiteral("time-positions"));
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Up);
    QVERIFY(flame->models().empty());  // what it was no longer is shown
    QVERIFY(measured(hands) != nullptr);
    QVERIFY(flame->models()[0].profile.positions < positions);
    close(dialog);
    // The conversation knows nothing of it.
    QVERIFY(hands.ask(QStringLiteral("And FP4?")));
    QVERIFY(hands.conversation().turns().front().answers[1].back().result.tokens == before);
  }

  void theMenuOfAPaneLeadsThere() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    shown.window().openLink(QStringLiteral("quantscope://chat?panes=stored@cpu|q4_0@cpu"));
    QVERIFY(shown.waitUntilIdle());
    auto* menu = hands.pane(0).findChild<QMenu*>(QStringLiteral("pane-menu-items"));
    menu->popup(hands.pane(0).mapToGlobal(QPoint(0, 0)));
    QAction* found = nullptr;
    for (QAction* action : menu->actions())
      if (action->objectName() == QStringLiteral("pane-time")) found = action;
    QVERIFY(found != nullptr);
    QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(found).center());
    auto* dialog = hands.workspace().findChild<TimeDialog*>();
    QVERIFY(dialog != nullptr && dialog->isVisible());
    close(dialog);  // while it measures
    QVERIFY(hands.isDone());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    QVERIFY(!hands.answer(0).tokens.empty());
  }

  void aStoppedMeasurementSaysSo() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    shown.window().openLink(QStringLiteral("quantscope://chat?panes=stored@cpu|q4_0@cpu"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    auto* clock = hands.pane(0).newest()->findChild<QToolButton*>(QStringLiteral("answer-time"));
    clock->setFocus();
    QTest::keyClick(clock, Qt::Key_Space);
    shown.window().jobs().cancelAll();
    TimeDialog* dialog = measured(hands);
    QVERIFY(dialog != nullptr);
    QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("time-notice"))->text().startsWith(QStringLiteral("Stopped")));
    close(dialog);
  }
};

QTEST_MAIN(TestTokenFlame)
#include "tst_token_flame.moc"
