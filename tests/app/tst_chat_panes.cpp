// Two to four panes: what runs in them, what the evidence is about, and how they are arranged.
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QTabBar>
#include <QToolButton>
#include <nlohmann/json.hpp>

#include "app/workspaces/chat/conversation_json.h"
#include "app/workspaces/chat/pane_grid.h"
#include "app/workspaces/chat/pane_header.h"
#include "app/workspaces/chat/token_readout.h"
#include "app/workspaces/chat/token_strip.h"
#include "chat_hands.h"

using namespace app;
using core::model::KvType;
using core::quant::Scheme;

class TestChatPanes : public QObject {
  Q_OBJECT
 private:
  static QToolButton* plus(WorkspaceWindow& shown) { return shown.find<QToolButton>(QStringLiteral("add-pane")); }
  static QToolButton* cross(ChatHands& hands, std::size_t pane) {
    return hands.pane(pane).findChild<QToolButton*>(QStringLiteral("pane-remove"));
  }
  /// Chooses an entry of a pane's menu with the mouse.
  static bool chooseInMenu(ChatHands& hands, std::size_t pane, const QString& text) {
    auto* menu = hands.pane(pane).findChild<QMenu*>(QStringLiteral("pane-menu-items"));
    menu->popup(hands.pane(pane).mapToGlobal(QPoint(0, 0)));
    for (QAction* action : menu->actions()) {
      if (action->text() != text) continue;
      QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
      return !menu->isVisible();
    }
    menu->hide();
    return false;
  }

 private Q_SLOTS:
  void addedPanesAnswerTheQuestionAndAreComparedWithTheReference() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const int reference = hands.answer(0).id, first = hands.answer(1).id;
    shown.window().resize(1920, 1080);
    QTest::mouseClick(plus(shown), Qt::LeftButton);
    QVERIFY(hands.isDone());
    plus(shown)->setFocus();
    QTest::keyClick(plus(shown), Qt::Key_Space);
    QVERIFY(hands.isDone());
    QCOMPARE(hands.conversation().panes(), std::size_t{4});
    QVERIFY(!plus(shown)->isEnabled());
    // What had been said stays, the new ones run checked schemes that no other pane runs.
    QCOMPARE(hands.answer(0).id, reference);
    QCOMPARE(hands.answer(1).id, first);
    std::vector<std::string> running;
    for (const std::size_t pane : {1U, 2U, 3U}) {
      QVERIFY(hands.pane(pane).isVisible());
      QVERIFY(shown.selection().isChecked(*hands.pane(pane).scheme()));
      running.push_back(hands.pane(pane).scheme()->toString());
      QVERIFY(hands.answer(pane).prompt == hands.answer(0).prompt);
      const AnswerPair pair(&hands.answer(0), &hands.answer(pane));
      QVERIFY(pair.isCompared());
      for (std::size_t i = 0; i < pair.length(); ++i) QVERIFY(pair.kl(i).has_value());
    }
    std::sort(running.begin(), running.end());
    QVERIFY(std::unique(running.begin(), running.end()) == running.end());
    // The evidence is about the pane whose word is clicked.
    auto* strip = shown.find<TokenStrip>();
    const auto* verdict = shown.find<QLabel>(QStringLiteral("verdict"));
    for (const std::size_t pane : {1U, 3U, 2U}) {
      QTest::qWait(50);
      QTest::mouseClick(hands.text(pane), Qt::LeftButton, {}, hands.text(pane)->centerOf(0));
      const AnswerPair pair(&hands.answer(0), &hands.answer(pane));
      for (std::size_t i = 0; i < strip->count(); ++i) QCOMPARE(std::optional(strip->value(i)), pair.kl(i));
      QVERIFY(verdict->text().startsWith(hands.answer(pane).source.title));
      QCOMPARE(shown.find<TokenReadout>()->reading()->compared.title, hands.answer(pane).source.title);
      QCOMPARE(hands.text(0)->selected(), std::optional<int>(0));
    }
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    for (const std::size_t pane : {0U, 1U, 2U, 3U}) {
      QVERIFY(!hands.answer(pane).tokens.empty());
      QCOMPARE(hands.answer(pane).source.messages.size(), std::size_t{3});
    }
  }

  void aPaneThatWasTakenAwayComesBackWithItsAnswers() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!cross(hands, 1)->isVisible());  // two are the fewest
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    QTest::mouseClick(plus(shown), Qt::LeftButton);
    QVERIFY(hands.isDone());
    const int second = hands.answer(1).id, third = hands.answer(2).id;
    const auto secondScheme = hands.pane(1).scheme(), thirdScheme = hands.pane(2).scheme();
    QVERIFY(!hands.pane(0).findChild<QToolButton*>(QStringLiteral("pane-remove"))->isVisible());
    QTest::mouseClick(cross(hands, 1), Qt::LeftButton);
    QVERIFY(hands.isDone());
    QCOMPARE(hands.conversation().panes(), std::size_t{2});
    QVERIFY(!hands.pane(2).isVisible());
    QCOMPARE(hands.answer(1).id, third);
    QCOMPARE(hands.pane(1).scheme(), thirdScheme);
    QCOMPARE(hands.titleOf(hands.pane(1).newest()), hands.answer(1).source.title);
    QTest::mouseClick(plus(shown), Qt::LeftButton);
    QVERIFY(hands.isDone());
    QCOMPARE(hands.answer(1).id, third);
    QCOMPARE(hands.answer(2).id, second);
    QCOMPARE(hands.pane(2).scheme(), secondScheme);
  }

  // The same weights with other keys and values, on another device: no scheme at all, and still another variant.
  void aPaneHasADeviceAndATypeOfKeysAndValuesOfItsOwn() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const int old = hands.answer(1).id;
    QVERIFY(hands.choose(1, QString()));
    QVERIFY(hands.isDone());
    QVERIFY(chooseInMenu(hands, 1, QStringLiteral("INT8")));
    QVERIFY(hands.isDone());
    QVERIFY(chooseInMenu(hands, 1, QStringLiteral("CPU")));
    QVERIFY(hands.isDone());
    const Answer& answer = hands.answer(1);
    QVERIFY(answer.id != old && !answer.tokens.empty());
    QVERIFY(!answer.source.recipe);
    QCOMPARE(answer.source.kvType, KvType::Int8);
    QCOMPARE(answer.source.device, QStringLiteral("cpu"));
    QCOMPARE(hands.answer(0).source.kvType, KvType::F16);
    QVERIFY2(answer.source.title.endsWith(QStringLiteral(" · CPU · KV INT8")), qPrintable(answer.source.title));
    const AnswerPair pair(&hands.answer(0), &answer);
    QVERIFY(pair.meanKl() && *pair.meanKl() > 0 && *pair.meanKl() < 0.05);  // rounded keys and values alone
    const QString facts = hands.pane(1).findChild<QLabel*>(QStringLiteral("pane-facts"))->text();
    QVERIFY(facts != hands.pane(0).findChild<QLabel*>(QStringLiteral("pane-facts"))->text());
    // A change of the list of schemes is no reason to run something else here.
    shown.selection().addOwn(Scheme::parse("int2"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!hands.pane(1).scheme());
    // As the settings say again: another answer.
    QVERIFY(chooseInMenu(hands, 1, QStringLiteral("As the settings say (FP16)")));
    QVERIFY(hands.isDone());
    QCOMPARE(hands.answer(1).source.kvType, KvType::F16);
    QCOMPARE(hands.answer(1).source.deviations, QStringLiteral("@cpu"));
  }

  void aSchemeThatIsNotCheckedCanBeChosenAndIsCheckedThen() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QString other;
    for (const SchemeEntry& entry : shown.selection().schemes())
      if (!entry.checked && entry.recipe.asScheme() != nullptr && other.isEmpty())
        other = QString::fromStdString(entry.recipe.toString());
    auto* list = hands.pane(1).findChild<QComboBox*>(QStringLiteral("pane-scheme"));
    const int at = list->findData(other);
    QVERIFY(at > 0);
    list->setFocus();
    while (list->currentIndex() < at) {
      const int before = list->currentIndex();
      QTest::keyClick(list, Qt::Key_Down);
      QVERIFY(list->currentIndex() != before);
      QVERIFY(shown.waitUntilIdle());
      if (list->currentData().toString() == other) break;
    }
    QCOMPARE(QString::fromStdString(hands.pane(1).scheme()->toString()), other);
    QVERIFY(shown.selection().isChecked(*hands.pane(1).scheme()));
  }

  void panesSurviveARestartAndOldConversationsAreRead() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QStringList texts;
    {
      ChatHands hands(shown);
      QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
      QTest::mouseClick(plus(shown), Qt::LeftButton);
      QVERIFY(hands.isDone());
      QVERIFY(chooseInMenu(hands, 2, QStringLiteral("INT8")));
      QVERIFY(hands.isDone());
      for (const std::size_t pane : {0U, 1U, 2U}) texts << hands.answer(pane).text();
    }
    shown.restart(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(QTest::qWaitFor([&] { return !hands.conversation().isEmpty(); }));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(hands.conversation().panes(), std::size_t{3});
    QVERIFY(hands.pane(2).isVisible());
    for (const std::size_t pane : {0U, 1U, 2U}) {
      QCOMPARE(hands.answer(pane).text(), texts[static_cast<int>(pane)]);
      QVERIFY(hands.answer(pane).isOf(hands.pane(pane).variant()));
      QVERIFY(!hands.pane(pane).isUnanswered());
    }
    QCOMPARE(hands.answer(2).source.kvType, KvType::Int8);
    QVERIFY(!std::isnan(hands.answer(2).tokens[0].entropy));

    // As files of the versions before had it: two panes, no entropies, nothing of devices of their own.
    auto json = nlohmann::json::parse(toJson(hands.conversation()).toStdString());
    json.erase("panes");
    for (auto& turn : json["turns"]) {
      while (turn["panes"].size() > 2) turn["panes"].erase(2);
      for (auto& answers : turn["panes"])
        for (auto& answer : answers) {
          answer["source"].erase("deviations");
          answer["source"]["options"].erase("beginning");
          for (auto& token : answer["tokens"]) token.erase(4);
          for (auto& token : answer["compared"])
            while (token.size() > 2) token.erase(2);
        }
    }
    const auto old = conversationFromJson(QByteArray::fromStdString(json.dump()));
    QVERIFY(old.has_value());
    QCOMPARE(old->panes(), std::size_t{2});
    QCOMPARE(old->newest(0, 1)->text(), texts[1]);
    const AnswerPair pair(old->newest(0, 0), old->newest(0, 1));
    QCOMPARE(*pair.meanKl(), *AnswerPair(&hands.answer(0), &hands.answer(1)).meanKl());
    QVERIFY(!pair.figure(TokenFigure::Entropy, 0).reference && !pair.figure(TokenFigure::Entropy, 0).compared);
    QVERIFY(pair.figure(TokenFigure::Surprise, 0).reference.has_value());
  }

  void aLinkSaysWhatRunsInEveryPane() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    const auto link = Link::parse(QStringLiteral("quantscope://chat?panes=stored%7Cint3%7Cnf4@kv=int8"));
    QVERIFY(link.has_value());
    QCOMPARE(hands.workspace().openLink(*link), QString());
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(hands.conversation().panes(), std::size_t{3});
    QVERIFY(!hands.pane(0).scheme());
    QCOMPARE(hands.pane(1).scheme(), std::optional<core::model::Recipe>(Scheme::parse("int3")));
    QCOMPARE(hands.pane(2).variant().kv, std::optional(KvType::Int8));
    QCOMPARE(hands.workspace().link().value(QStringLiteral("panes")), QStringLiteral("stored|int3|nf4@kv=int8"));
    for (const char* wrong : {"quantscope://chat?panes=stored", "quantscope://chat?panes=stored%7Cint99",
                              "quantscope://chat?panes=a%7Cb%7Cc%7Cd%7Ce"})
      QVERIFY2(!hands.workspace().openLink(*Link::parse(QLatin1String(wrong))).isEmpty(), wrong);
    QCOMPARE(hands.conversation().panes(), std::size_t{3});
  }

  // Where four have no room, the reference stays and tabs choose the one beside it; nothing is pushed out of the
  // window.
  void fourPanesFitEveryWindow() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    for (int i = 0; i < 2; ++i) {
      QTest::mouseClick(plus(shown), Qt::LeftButton);
      QVERIFY(hands.isDone());
    }
    auto* grid = shown.find<PaneGrid>();
    shown.window().resize(1024, 640);
    QTRY_COMPARE(grid->form(), PaneGrid::Form::Tabs);
    QCOMPARE(shown.window().size(), QSize(1024, 640));
    auto* tabs = shown.find<QTabBar>(QStringLiteral("pane-tabs"));
    QVERIFY(tabs->isVisible());
    QCOMPARE(tabs->count(), 3);
    tabs->setFocus();
    tabs->setCurrentIndex(0);
    for (std::size_t pane = 1; pane < 4; ++pane) {
      if (pane > 1) QTest::keyClick(tabs, Qt::Key_Right);
      QVERIFY(hands.pane(0).isVisible());
      for (std::size_t other = 1; other < 4; ++other) QCOMPARE(hands.pane(other).isVisible(), other == pane);
      QCOMPARE(tabs->tabText(static_cast<int>(pane) - 1), hands.pane(pane).schemeTitle());
      QVERIFY(shown.find<QLabel>(QStringLiteral("verdict"))->text().startsWith(hands.pane(pane).schemeTitle()));
      QVERIFY(hands.pane(pane).height() > 120);
    }
    // Nothing is pushed out of it, with the settings open, too.
    const auto isCut = [&] {
      for (const QScrollArea* area : shown.window().findChildren<QScrollArea*>())
        if (area->isAncestorOf(shown.window().currentWorkspace()) && area->horizontalScrollBar()->maximum() > 0)
          return true;
      return false;
    };
    QTRY_VERIFY(!isCut());
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    QTest::qWait(200);  // the settings have come, and everything beside them has moved
    QVERIFY(!isCut());
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    shown.window().resize(1920, 1080);
    QTRY_VERIFY(grid->form() != PaneGrid::Form::Tabs);
    for (std::size_t pane = 0; pane < 4; ++pane) QVERIFY(hands.pane(pane).isVisible());
    QVERIFY(!tabs->isVisible());
  }
};

QTEST_MAIN(TestChatPanes)
#include "tst_chat_panes.moc"
