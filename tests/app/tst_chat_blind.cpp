// Blind votes: nothing gives away who answered before it is revealed; the score and what is kept of it.
#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QToolButton>

#include "app/workspaces/chat/blind_score.h"
#include "app/workspaces/chat/evidence.h"
#include "chat_hands.h"

using namespace app;

class TestChatBlind : public QObject {
  Q_OBJECT
 private:
  static void chooseTest(WorkspaceWindow& shown, int entry) {
    auto* menu = shown.find<QToolButton>(QStringLiteral("tests"))->menu();
    menu->popup(QPoint(0, 0));
    QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(menu->actions()[entry]).center());
    menu->hide();
  }
  static QPushButton* button(WorkspaceWindow& shown, const char* name) {
    return shown.find<QPushButton>(QLatin1String(name));
  }
  /// Every text a person could read in the panes.
  static QString readable(ChatHands& hands, std::size_t panes) {
    QStringList texts;
    for (std::size_t place = 0; place < panes; ++place) {
      for (const QLabel* label : hands.pane(place).findChildren<QLabel*>())
        if (label->isVisible()) texts << label->text() << label->toolTip();
      for (const QComboBox* box : hands.pane(place).findChildren<QComboBox*>())
        if (box->isVisible()) texts << box->currentText();
    }
    return texts.join(u'\n');
  }
  /// A turn of two panes that was voted on. @param best 0 tie, 1 the reference, 2 the compared one
  static Turn voted(int first, int best) {
    Turn turn{QStringLiteral("q"), PromptMode::Chat, std::vector<std::vector<Answer>>(4), {}};
    for (int pane = 0; pane < 2; ++pane) {
      Answer& answer = turn.answers[static_cast<std::size_t>(pane)].emplace_back();
      answer.id = first + pane;
      answer.finished = true;
      answer.source.title = pane == 0 ? QStringLiteral("stored") : QStringLiteral("nf4");
    }
    turn.blind = BlindTurn{{1, 0}, {first, first + 1}, best == 0 ? 0 : first + best - 1, true};
    return turn;
  }

 private Q_SLOTS:
  void nothingIsGivenAwayUntilItIsRevealed() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    const QStringList names{hands.pane(0).schemeTitle(), hands.pane(1).schemeTitle()};
    chooseTest(shown, 0);
    for (const QString& name : names) QVERIFY(!readable(hands, 2).contains(name));
    bool moved = false, stayed = false;
    int asked = 0;
    // The order is drawn anew for every question: within 24 of them both are seen, but once in 2^23.
    for (; asked < 24 && !(moved && stayed); ++asked) {
      QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
      const Turn& turn = hands.conversation().turns().back();
      QVERIFY(turn.isHidden());
      (turn.paneAt(0) == 0 ? stayed : moved) = true;
      const QString all = readable(hands, 2);
      for (const QString& name : names) QVERIFY2(!all.contains(name), qPrintable(all));
      QVERIFY2(!all.contains(QStringLiteral("tokens/s")) && !all.contains(QStringLiteral("KV")), qPrintable(all));
      QVERIFY(!shown.find<Evidence>()->isVisible());
      for (const std::size_t place : {0U, 1U}) {
        const Answer& own = turn.answers[turn.paneAt(place)].back();
        QCOMPARE(hands.titleOf(hands.pane(place).newest()), aliasOf(place));
        QCOMPARE(hands.text(place)->text(), own.text());
        for (int i = 0; i < hands.text(place)->count(); ++i)
          QCOMPARE(hands.text(place)->token(i).mark, TokenMark::Same);
      }
      QTest::qWait(20);
      QTest::mouseClick(hands.text(0), Qt::LeftButton, {}, hands.text(0)->centerOf(0));
      QVERIFY(!shown.selection().chatToken());
      QTest::mouseClick(button(shown, "vote-0"), Qt::LeftButton);
      QVERIFY(button(shown, "vote-0")->isChecked());
      QVERIFY(turn.blind->isVoted());
      QCOMPARE(turn.blind->best, turn.answers[turn.paneAt(0)].back().id);
    }
    QVERIFY(moved && stayed);
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("copy-transcript")), Qt::LeftButton);
    QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("### A\n")));

    QTest::mouseClick(button(shown, "blind-reveal"), Qt::LeftButton);
    const QString all = readable(hands, 2);
    for (const QString& name : names) QVERIFY(all.contains(name));
    for (const std::size_t pane : {0U, 1U})
      QCOMPARE(hands.titleOf(hands.pane(pane).newest()), hands.answer(pane).source.title);
    const BlindScore score = scoreOf(hands.conversation());
    QCOMPARE(score.votes, static_cast<std::size_t>(asked));
    QCOMPARE(score.pairs.size(), std::size_t{1});
    QCOMPARE(score.pairs[0].wins + score.pairs[0].losses, static_cast<std::size_t>(asked));
    QVERIFY(score.pairs[0].wins > 0 && score.pairs[0].losses > 0);  // A was either of them
    auto* said = shown.find<QLabel>(QStringLiteral("blind-score"));
    QVERIFY(said->isVisible());
    QVERIFY2(said->text().contains(QStringLiteral("sign test p = ")), qPrintable(said->text()));
    QVERIFY(shown.find<Evidence>()->isVisible());
  }

  void aVoteIsKeptHiddenOverARestart() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    {
      ChatHands hands(shown);
      QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("add-pane")), Qt::LeftButton);
      QVERIFY(shown.waitUntilIdle());
      chooseTest(shown, 0);
      QVERIFY(!shown.find<QToolButton>(QStringLiteral("add-pane"))->isEnabled());
      QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
      auto* tie = button(shown, "vote-tie");
      tie->setFocus();
      QTest::keyClick(tie, Qt::Key_Space);
      QVERIFY(tie->isChecked());
      auto* third = button(shown, "vote-2");
      QVERIFY(third->isVisible() && !button(shown, "vote-3")->isVisible());
      third->setFocus();
      QTest::keyClick(third, Qt::Key_Space);  // one may think again
      QVERIFY(!tie->isChecked() && third->isChecked());
      QVERIFY(shown.waitUntilIdle());
    }
    shown.restart(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(QTest::qWaitFor([&] { return !hands.conversation().isEmpty(); }));
    const Turn& turn = hands.conversation().turns().back();
    QVERIFY(turn.isHidden() && turn.blind->isVoted());
    QTRY_VERIFY(button(shown, "vote-2")->isChecked());  // the page follows what was read
    QCOMPARE(hands.titleOf(hands.pane(2).newest()), QStringLiteral("C"));
    QCOMPARE(scoreOf(hands.conversation()).votes, std::size_t{0});  // not before it is revealed
    QCOMPARE(votesIn(hands.conversation()), std::size_t{1});
    const QString best = turn.answers[turn.paneAt(2)].back().source.title;
    QTest::mouseClick(button(shown, "blind-reveal"), Qt::LeftButton);
    const BlindScore score = scoreOf(hands.conversation());
    QCOMPARE(score.best.size(), std::size_t{3});
    for (const BlindBest& entry : score.best) {
      QCOMPARE(entry.of, std::size_t{1});
      QCOMPARE(entry.best, std::size_t{entry.title == best ? 1U : 0U});
    }
    // The one that was not chosen says nothing of those two.
    std::size_t decided = 0;
    for (const BlindPair& pair : score.pairs) decided += pair.wins + pair.losses;
    QCOMPARE(decided, std::size_t{best == hands.answer(0).source.title ? 2U : 1U});
  }

  void theScoreIsCountedAndItsIntervalIsWilsons() {
    Conversation conversation(2);
    int id = 1;
    for (const int best : {2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 0}) {
      conversation.restore(voted(id, best));
      id += 2;
    }
    const BlindScore score = scoreOf(conversation);
    QCOMPARE(score.votes, std::size_t{11});
    QCOMPARE(score.ties, std::size_t{1});
    QCOMPARE(score.pairs[0].wins, std::size_t{8});
    QCOMPARE(score.pairs[0].losses, std::size_t{2});
    QVERIFY(std::abs(score.pairs[0].p - 0.109375) < 1e-9);
    QVERIFY(std::abs(score.pairs[0].interval.low - 0.49016) < 1e-4);
    QVERIFY(std::abs(score.pairs[0].interval.high - 0.94331) < 1e-4);
    conversation.removeAnswer(1);  // a vote about an answer that is gone counts no more
    QCOMPARE(scoreOf(conversation).votes, std::size_t{10});
  }
};

QTEST_MAIN(TestChatBlind)
#include "tst_chat_blind.moc"
