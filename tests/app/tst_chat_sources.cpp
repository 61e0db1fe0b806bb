// Every answer and every figure of the chat stays under the name of what it was computed from.
#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QToolButton>

#include "app/workspaces/chat/token_readout.h"
#include "app/workspaces/chat/token_strip.h"
#include "chat_hands.h"

using namespace app;
using core::quant::Scheme;

class TestChatSources : public QObject {
  Q_OBJECT
 private:
  static QString copied(WorkspaceWindow& shown) {
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("copy-transcript")), Qt::LeftButton);
    return QGuiApplication::clipboard()->text();
  }
  /// As one reads it, wherever its lines may break.
  static QString verdict(WorkspaceWindow& shown) {
    return shown.find<QLabel>(QStringLiteral("verdict"))->text().replace(QChar::Nbsp, u' ');
  }

 private Q_SLOTS:
  void anotherSchemeAnswersBesideTheOldAnswer() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    shown.selection().addOwn(Scheme::parse("int2"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.choose(1, QStringLiteral("nf4")));
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const QString old = hands.answer(1).text();
    const QString oldTitle = hands.titleOf(hands.pane(1).newest());
    QCOMPARE(hands.answer(1).source.recipe, std::optional<core::model::Recipe>(Scheme::parse("nf4")));
    const int reference = hands.answer(0).id;

    QVERIFY(hands.choose(1, QStringLiteral("int2")));
    QVERIFY(hands.isDone());
    QCOMPARE(hands.pane(1).answers().size(), std::size_t{2});
    QCOMPARE(hands.titleOf(hands.pane(1).answers()[0]), oldTitle);
    QCOMPARE(hands.pane(1).answers()[0]->text()->text(), old);
    QVERIFY(hands.titleOf(hands.pane(1).answers()[1]) != oldTitle);
    QCOMPARE(hands.answer(1).source.recipe, std::optional<core::model::Recipe>(Scheme::parse("int2")));
    QCOMPARE(hands.answer(0).id, reference);  // the reference had answered already
    QVERIFY(hands.answer(1).text() != old);
    // The strip is now about the new answer, all of it compared.
    const AnswerPair pair(&hands.answer(0), &hands.answer(1));
    auto* strip = shown.find<TokenStrip>();
    QCOMPARE(strip->count(), pair.length());
    for (std::size_t i = 0; i < strip->count(); ++i) QCOMPARE(std::optional(strip->value(i)), pair.kl(i));
    QVERIFY(*pair.meanKl() > 0.1);

    const QString text = copied(shown);
    const QString newTitle = hands.titleOf(hands.pane(1).newest());
    QVERIFY2(text.contains(QStringLiteral("### %1\n\n%2").arg(oldTitle, old)), qPrintable(text));
    QVERIFY2(text.contains(QStringLiteral("### %1\n\n%2").arg(newTitle, hands.answer(1).text())), qPrintable(text));
    // A click into the old answer brings its own figures back.
    QTest::qWait(50);
    QTest::mouseClick(hands.pane(1).answers()[0]->text(), Qt::LeftButton, {},
                      hands.pane(1).answers()[0]->text()->centerOf(0));
    QCOMPARE(shown.find<TokenReadout>()->reading()->compared.title, oldTitle);
  }

  void untickingASchemeLeavesItsAnswerAndAsksBeforeAnother() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    const auto scheme = *hands.answer(1).source.recipe;
    const QString title = hands.titleOf(hands.pane(1).newest());
    const int id = hands.answer(1).id;
    shown.selection().setChecked(scheme, false);
    QVERIFY(hands.isDone());
    QVERIFY(hands.pane(1).scheme() != std::optional(scheme));
    QCOMPARE(hands.answer(1).id, id);
    QCOMPARE(hands.titleOf(hands.pane(1).newest()), title);
    QVERIFY(hands.pane(1).isUnanswered());
    QVERIFY(copied(shown).contains(QStringLiteral("### ") + title));
    QVERIFY(!copied(shown).contains(QStringLiteral("### ") + hands.pane(1).schemeTitle()));
    for (auto* button : hands.pane(1).findChildren<QPushButton*>(QStringLiteral("answer-action")))
      if (button->isVisible()) QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(hands.isDone());
    QVERIFY(!hands.pane(1).isUnanswered());
    QCOMPARE(hands.answer(1).source.recipe, hands.pane(1).scheme());
    QCOMPARE(hands.pane(1).answers().size(), std::size_t{2});
  }

  void aSchemeChosenWhileAnsweringDoesNotRenameTheAnswer() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.choose(1, QStringLiteral("nf4")));
    QVERIFY(shown.waitUntilIdle());
    hands.type(QStringLiteral("Tell me a story about a fox."));
    QVERIFY(hands.choose(1, QStringLiteral("int8")));
    QVERIFY(hands.isDone());
    QCOMPARE(hands.answer(1).source.recipe, std::optional<core::model::Recipe>(Scheme::parse("nf4")));
    QVERIFY(hands.titleOf(hands.pane(1).newest()).startsWith(QStringLiteral("NF4")));
    QVERIFY(hands.pane(1).isUnanswered());
  }

  void allPanesReadTheReferencesHistoryUnlessToldOtherwise() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    shown.selection().addOwn(Scheme::parse("int2"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.choose(1, QStringLiteral("int2")));
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const QString first = hands.answer(0).text(), own = hands.answer(1).text();
    QVERIFY(first != own);
    QVERIFY(verdict(shown).contains(QStringLiteral("both read the question")));

    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    QVERIFY(hands.answer(0).prompt == hands.answer(1).prompt);
    QCOMPARE(QString::fromStdString(hands.answer(1).source.messages[1].content), first);
    QVERIFY2(verdict(shown).contains(QStringLiteral("both read the conversation as BF16 as stored wrote it")),
             qPrintable(verdict(shown)));
    const AnswerPair shared(&hands.answer(0), &hands.answer(1));
    for (std::size_t i = 0; i < shared.length(); ++i) QVERIFY(shared.kl(i).has_value());

    auto* history = shown.find<QComboBox>(QStringLiteral("history"));
    history->setFocus();
    QTest::keyClick(history, Qt::Key_Down);
    QVERIFY(hands.ask(QStringLiteral("What is 1 + 2?")));
    QVERIFY(hands.answer(0).prompt != hands.answer(1).prompt);
    QCOMPARE(QString::fromStdString(hands.answer(1).source.messages[1].content), own);
    QVERIFY2(verdict(shown).contains(QStringLiteral("answered behind another one")), qPrintable(verdict(shown)));
    // What is compared is the reference's conversation, and its figures say so; the other's own words have none.
    const AnswerPair apart(&hands.answer(0), &hands.answer(1));
    for (std::size_t i = 0; i < apart.length(); ++i) QVERIFY(apart.kl(i).has_value());
    QVERIFY(!apart.reading(1, 0)->kl);
    QVERIFY(copied(shown).contains(QStringLiteral("read the conversation as INT2")));
  }

  void aTokenOfAnEarlierQuestionBringsItsFiguresBack() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const int first = hands.answer(0).id;
    const std::size_t length = hands.answer(0).tokens.size();
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    auto* strip = shown.find<TokenStrip>();
    QCOMPARE(strip->count(), hands.answer(0).tokens.size());
    QVERIFY(length != strip->count());
    QTest::qWait(50);
    auto* view = hands.pane(0).view(first)->text();
    QTest::mouseClick(view, Qt::LeftButton, {}, view->centerOf(1));
    QCOMPARE(strip->count(), length);
    QCOMPARE(shown.find<TokenReadout>()->reading()->count, length);
  }

  void sizesAreOfTheModelThatIsOpen() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    const auto facts = [&](std::size_t pane) {
      return hands.pane(pane).findChild<QLabel*>(QStringLiteral("pane-facts"))->text();
    };
    QVERIFY(facts(0).contains(QStringLiteral("KV")));
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    bool stale = false;
    connect(&shown.selection(), &Selection::modelChanged, &shown.window(),
            [&] { stale = stale || !facts(0).isEmpty() || !facts(1).isEmpty() || !hands.conversation().isEmpty(); });
    QVERIFY(shown.replaceModel(QStringLiteral("demo-smooth")));
    QVERIFY(!stale);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(facts(0).contains(QStringLiteral("KV")));
    const QString before = facts(1);
    QVERIFY(hands.choose(1, QStringLiteral("int8")));
    QVERIFY(facts(1).isEmpty());  // until the new session says what it takes
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(facts(1) != before && !facts(1).isEmpty());
  }

  void aConversationSurvivesARestart() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QStringList texts;
    double kl = 0;
    {
      ChatHands hands(shown);
      QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
      for (const std::size_t pane : {0U, 1U}) texts << hands.answer(pane).text();
      kl = *AnswerPair(&hands.answer(0), &hands.answer(1)).meanKl();
      QTest::keyClicks(hands.prompt(), QStringLiteral("And what"));
    }
    shown.restart(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(QTest::qWaitFor([&] { return !hands.conversation().isEmpty(); }));
    for (const std::size_t pane : {0U, 1U}) {
      QCOMPARE(hands.answer(pane).text(), texts[static_cast<int>(pane)]);
      QCOMPARE(hands.text(pane)->text(), texts[static_cast<int>(pane)]);
    }
    QCOMPARE(*AnswerPair(&hands.answer(0), &hands.answer(1)).meanKl(), kl);
    QCOMPARE(hands.prompt()->toPlainText(), QStringLiteral("And what"));
    QVERIFY(hands.ask(QStringLiteral(" is 20 + 30?")));  // it goes on behind what was said
    QCOMPARE(hands.answer(0).source.messages.size(), std::size_t{3});
    // It is remembered for this model, not for another, and a new chat forgets it.
    shown.restart(QStringLiteral("chat"), QStringLiteral("demo-smooth"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(ChatHands(shown).conversation().isEmpty());
    shown.restart(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(ChatHands(shown).conversation().turns().size(), std::size_t{2});
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("new-chat")), Qt::LeftButton);
    shown.restart(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(ChatHands(shown).conversation().isEmpty());
  }

  void keysAndValuesInBytesAreChosenSaidAndKept() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    {
      ChatHands hands(shown);
      QVERIFY(shown.waitUntilIdle());
      QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
      auto* facts = hands.pane(0).findChild<QLabel*>(QStringLiteral("pane-facts"));
      const QString halves = facts->text();
      auto* type = shown.find<QComboBox>(QStringLiteral("kv-type"));
      type->setFocus();
      QTest::keyClick(type, Qt::Key_Down);
      QVERIFY(shown.waitUntilIdle());
      QVERIFY(!facts->text().isEmpty() && facts->text() != halves);
      QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
      QCOMPARE(hands.answer(1).source.kvType, core::model::KvType::Int8);
      QVERIFY(copied(shown).contains(QStringLiteral("keys and values in INT8")));
    }
    shown.restart(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(QTest::qWaitFor([&] { return !hands.conversation().isEmpty(); }));
    QCOMPARE(hands.answer(0).source.kvType, core::model::KvType::Int8);
  }

  /// Keys decide where attention looks: values may be kept in less, for all panes and for one.
  void valuesAreKeptApart() {
    using core::model::KvFormat;
    using core::model::KvType;
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    auto* facts = hands.pane(0).findChild<QLabel*>(QStringLiteral("pane-facts"));
    const QString halves = facts->text();
    auto* keys = shown.find<QComboBox>(QStringLiteral("kv-type"));
    auto* values = shown.find<QComboBox>(QStringLiteral("kv-type-values"));
    keys->setFocus();
    QTest::keyClick(keys, Qt::Key_Q);
    QCOMPARE(keys->currentText(), QStringLiteral("Q8_0"));
    values->setFocus();
    QTest::keyClick(values, Qt::Key_End);
    QTest::keyClick(values, Qt::Key_Up);
    QCOMPARE(values->currentText(), QStringLiteral("values Q4_0"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!facts->text().isEmpty() && facts->text() != halves);
    auto* menu = hands.pane(1).findChild<QMenu*>(QStringLiteral("pane-menu-items"));
    menu->popup(hands.pane(1).mapToGlobal(QPoint(0, 0)));
    auto* apart = menu->findChild<QMenu*>(QStringLiteral("pane-menu-values"));
    QVERIFY(apart != nullptr);
    const auto actions = apart->actions();
    const auto halfValues = std::ranges::find(actions, QStringLiteral("Q8_0/FP16"), &QAction::text);
    QVERIFY(halfValues != actions.end());
    apart->popup(hands.pane(1).mapToGlobal(QPoint(0, 0)));
    QTest::mouseClick(apart, Qt::LeftButton, {}, apart->actionGeometry(*halfValues).center());
    menu->hide();
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.pane(1).variant().kv == KvType(KvFormat::Q8_0, KvFormat::F16));
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    QCOMPARE(hands.answer(0).source.kvType, KvType(KvFormat::Q8_0, KvFormat::Q4_0));
    QCOMPARE(hands.answer(1).source.kvType, KvType(KvFormat::Q8_0, KvFormat::F16));
    QVERIFY(copied(shown).contains(QStringLiteral("keys and values in Q8_0/Q4_0")));
  }
};

QTEST_MAIN(TestChatSources)
#include "tst_chat_sources.moc"
