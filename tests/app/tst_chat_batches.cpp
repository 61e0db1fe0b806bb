// Agreement under seeds and sets of questions: what is counted, what is shown, and what is written.
#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QMenu>
#include <QSpinBox>
#include <QTableWidget>
#include <QToolButton>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/widgets/old_veil.h"
#include "app/workspaces/chat/prompt_page.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/seed_page.h"
#include "app/workspaces/chat/seed_study.h"
#include "chat_hands.h"
#include "core/base/error.h"

using namespace app;

class TestChatBatches : public QObject {
  Q_OBJECT
 private:
  static void chooseTest(WorkspaceWindow& shown, int entry) {
    auto* menu = shown.find<QToolButton>(QStringLiteral("tests"))->menu();
    menu->popup(QPoint(0, 0));
    QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(menu->actions()[entry]).center());
    menu->hide();
  }
  static QPushButton* run(QWidget* page) { return page->findChild<QPushButton*>(QStringLiteral("page-run")); }
  static bool isDone(WorkspaceWindow& shown, QWidget* page) {
    return QTest::qWaitFor([&] { return run(page)->text() == QStringLiteral("Run") && shown.window().jobs().isIdle(); },
                           120000);
  }
  static QStringList column(const QTableWidget* table, int at) {
    QStringList texts;
    for (int line = 0; line < table->rowCount(); ++line) texts << table->item(line, at)->text();
    return texts;
  }

 private Q_SLOTS:
  void meaningIsInNumbersAndWords_data() {
    QTest::addColumn<QString>("a");
    QTest::addColumn<QString>("b");
    QTest::addColumn<int>("likeness");
    const auto row = [](const char* name, const char* a, const char* b, Likeness likeness) {
      QTest::newRow(name) << QString::fromUtf8(a) << QString::fromUtf8(b) << static_cast<int>(likeness);
    };
    row("letters", "It is 50.", "It is 50.", Likeness::Same);
    row("wording", "The answer is 50.", "Answer: 50", Likeness::OtherWording);
    row("one number", "20 + 30 = 50.", "20 + 30 = 51.", Likeness::OtherNumbers);
    row("spelling of numbers", "It costs 1,000.50 euros", "Costs 1000.5 euros!", Likeness::OtherWording);
    row("leading zeros", "007 agents", "7 agents", Likeness::OtherWording);
    row("a sign", "The sum is -5", "The sum is 5", Likeness::OtherNumbers);
    row("a hyphen", "4-bit weights", "weights of 4 bit", Likeness::OtherWording);
    row("a difference", "47-38", "47 - 38", Likeness::OtherWording);
    row("other words", "A fox lived in a forest", "Scales divide weights", Likeness::OtherWords);
    row("order and case", "Large weights clip", "clip LARGE weights", Likeness::OtherWording);
    row("half of the words", "red green blue", "red green yellow", Likeness::OtherWording);
    row("less than half", "red green blue", "red cyan yellow", Likeness::OtherWords);
    row("letters with digits are words", "NF4 rounds", "NF3 rounds", Likeness::OtherWords);
    row("another script", "Größe zählt", "größe ZÄHLT", Likeness::OtherWording);
    row("nothing", "", "the", Likeness::OtherWording);
  }
  void meaningIsInNumbersAndWords() {
    QFETCH(QString, a);
    QFETCH(QString, b);
    QFETCH(int, likeness);
    QCOMPARE(static_cast<int>(app::likeness(a, b)), likeness);
    QCOMPARE(static_cast<int>(app::likeness(b, a)), likeness);
  }

  void agreementIsCountedOverPairsOfDifferentSeeds() {
    const QString a = QStringLiteral("50"), b = QStringLiteral("51"), none;
    // Reference: two say 50, two say 51: of 6 pairs 2 agree. The other: all 50.
    const auto study = studySeeds({{a, a, b, b}, {a, a, a, a}});
    QCOMPARE(study[0].withItself.pairs, std::size_t{6});
    QVERIFY(std::abs(study[0].withItself.share - 2.0 / 6) < 1e-12);
    QCOMPARE(study[0].withItself.independent, std::size_t{2});
    QCOMPARE(study[0].distinct, std::size_t{2});
    QCOMPARE(study[1].withItself.share, 1.0);
    QCOMPARE(study[1].withReference.pairs, std::size_t{12});  // not under the same seed
    QVERIFY(std::abs(study[1].withReference.share - 0.5) < 1e-12);
    QVERIFY(isWithinOwnSpread(study[1].withReference, study[0].withItself));
    // Never the reference's number, while the reference always says the same.
    std::vector<QString> same(64, a), other(64, b);
    const auto apart = studySeeds({same, other});
    QCOMPARE(apart[1].withReference.share, 0.0);
    QVERIFY(!isWithinOwnSpread(apart[1].withReference, apart[0].withItself));
    // What failed is in no pair.
    const auto failed = studySeeds({{a, none, a}, {none, none, none}});
    QCOMPARE(failed[0].withItself.pairs, std::size_t{1});
    QCOMPARE(failed[1].withReference.pairs, std::size_t{0});
  }

  void theSameQuestionIsAskedUnderEverySeed() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    chooseTest(shown, 1);
    auto* page = shown.find<SeedPage>();
    QVERIFY(page->isVisible() && !hands.prompt()->isVisible());
    QVERIFY(!run(page)->isEnabled());  // nothing was asked
    QTest::mouseClick(page->findChild<QPushButton*>(QStringLiteral("page-back")), Qt::LeftButton);
    QVERIFY(hands.ask(QStringLiteral("Tell me a story about a fox.")));
    const auto conversation = hands.conversation().turns().size();
    chooseTest(shown, 1);
    QVERIFY(!run(page)->isEnabled());  // greedy
    auto* sampling = page->findChild<QPushButton*>(QStringLiteral("seed-sampling"));
    QVERIFY(sampling->isVisible());
    QTest::mouseClick(sampling, Qt::LeftButton);
    QVERIFY(!sampling->isVisible() && run(page)->isEnabled());
    auto* seeds = page->findChild<QSpinBox*>(QStringLiteral("seeds"));
    QCOMPARE(seeds->value(), 8);
    seeds->setFocus();
    seeds->selectAll();
    QTest::keyClicks(seeds, QStringLiteral("4"));
    run(page)->setFocus();
    QTest::keyClick(run(page), Qt::Key_Space);
    QCOMPARE(run(page)->text(), QStringLiteral("Stop"));
    QVERIFY(isDone(shown, page));
    const auto* answers = page->findChild<QTableWidget*>(QStringLiteral("seed-answers"));
    QCOMPARE(column(answers, 0), QStringList({"0", "1", "2", "3"}));
    const QStringList ofReference = column(answers, 1);
    QVERIFY(QSet<QString>(ofReference.begin(), ofReference.end()).size() > 1);
    // What the table says is what follows from the answers it shows.
    std::vector<std::vector<QString>> texts(2);
    for (const int pane : {0, 1})
      for (const QString& text : column(answers, pane + 1)) texts[static_cast<std::size_t>(pane)].push_back(text);
    const auto study = studySeeds(texts);
    const auto* table = page->findChild<QTableWidget*>(QStringLiteral("seed-study"));
    QCOMPARE(table->rowCount(), 2);
    QCOMPARE(table->item(0, 0)->text(), hands.pane(0).schemeTitle());
    for (const int pane : {0, 1}) {
      const auto& of = study[static_cast<std::size_t>(pane)];
      QCOMPARE(table->item(pane, 1)->text(), QString::number(of.distinct));
      QVERIFY(table->item(pane, 2)->text().startsWith(QStringLiteral("%1").arg(qRound(100 * of.withItself.share))));
    }
    QVERIFY(table->item(1, 3)->text().startsWith(QString::number(qRound(100 * study[1].withReference.share))));
    QCOMPARE(table->item(0, 4)->text(), QStringLiteral("the baseline"));
    QCOMPARE(hands.conversation().turns().size(), conversation);  // the conversation is as it was
  }

  void setsAreReadLineByLine() {
    const PromptSet plain = parsePromptSet(QStringLiteral("t"), "What is NF4?\r\n\n  Why?  \n");
    QCOMPARE(plain.items.size(), std::size_t{2});
    QCOMPARE(plain.items[1].question, QStringLiteral("Why?"));
    const PromptSet json = parsePromptSet(
        QStringLiteral("t"), "{\"question\": \"What is 1 + 2?\", \"expected\": \"3\"}\n{\"prompt\": \"Why?\"}");
    QCOMPARE(json.items[0].expected, QStringLiteral("3"));
    QVERIFY(json.items[1].expected.isEmpty());
    const PromptSet task =
        parsePromptSet(QStringLiteral("t"), "{\"question\": \"q\", \"answer\": \"^\\\\d+$\", \"match\": \"regex\"}");
    QVERIFY(task.items[0].task && task.items[0].task->accepts("50") && !task.items[0].task->accepts("x"));
    for (const char* wrong : {"", "\n\n", "{\"q\": 1}", "{\"question\": 5}", "{\"question\": \"a\"", "ok\n{}",
                              "{\"question\": \"q\", \"answer\": \"(\", \"match\": \"regex\"}"})
      QVERIFY_THROWS_EXCEPTION(core::Error, parsePromptSet(QStringLiteral("t"), wrong));
    try {
      parsePromptSet(QStringLiteral("t"), "fine\n\n{\"x\": 1}");
      QFAIL("should have thrown");
    } catch (const core::Error& error) {
      QVERIFY2(QString::fromStdString(error.what()).contains(QStringLiteral("Line 3")), error.what());
    }
    QCOMPARE(builtInPromptSets().size(), std::size_t{3});
    for (const PromptSet& set : builtInPromptSets()) QVERIFY(set.items.size() >= 10);
    QCOMPARE(builtInPromptSets()[0].items[0].question,
             QStringLiteral("What are the advantages of using 4-bit quantization in large language models?"));
  }

  void aSetRunsThroughEveryPaneAndDifferencesComeFirst() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    shown.selection().addOwn(core::quant::Scheme::parse("int2"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.choose(1, QStringLiteral("int2")));
    QVERIFY(hands.isDone());
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("mine.jsonl"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(
        "{\"question\": \"What is 20 + 30?\", \"expected\": \"50\"}\nWhat is NF4?\n"
        "{\"question\": \"What is 15 + 15?\", \"expected\": \"30\"}\n");
    file.close();
    chooseTest(shown, 2);
    auto* page = shown.find<PromptPage>();
    page->openFile(path);
    QCOMPARE(page->chosen().items.size(), std::size_t{3});
    QTest::mouseClick(run(page), Qt::LeftButton);
    QVERIFY(isDone(shown, page));
    const PromptRun& done = page->run();
    QCOMPARE(done.answered(), std::size_t{3});
    QCOMPARE(done.isRight(0, 0), std::optional(true));
    QVERIFY(!done.isRight(1, 0).has_value());
    QCOMPARE(done.right(0).of, std::size_t{2});
    const auto* table = page->findChild<QTableWidget*>(QStringLiteral("prompt-table"));
    QCOMPARE(table->rowCount(), 3);
    QCOMPARE(table->horizontalHeaderItem(4)->text(), hands.pane(1).schemeTitle());
    // Two bits break the sums: a right answer that went wrong stands before everything else.
    const auto order = done.order();
    int last = -1;
    for (const std::size_t item : order) {
      const int rank = done.isRight(item, 0) == done.isRight(item, 1) ? 10 + static_cast<int>(*done.likeness(item)) : 0;
      QVERIFY(rank >= last);
      last = rank;
    }
    QCOMPARE(column(table, 0), QStringList({QString::number(order[0] + 1), QString::number(order[1] + 1),
                                            QString::number(order[2] + 1)}));
    QVERIFY(table->item(0, 3)->text().startsWith(QStringLiteral("✓ ")) ||
            done.isRight(order[0], 0) == done.isRight(order[0], 1));
    const auto flips = done.flips(1);
    QCOMPARE(flips.lost, done.right(0).right - done.right(1).right + flips.gained);
    QVERIFY(page->findChild<QLabel*>(QStringLiteral("prompt-summary"))->text().contains(QStringLiteral("right [")));

    // The answers are those that the question would have had in the chat.
    const QString written = folder.filePath(QStringLiteral("out.csv"));
    page->saveTo(written);
    QFile csv(written);
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const QStringList lines = QString::fromUtf8(csv.readAll()).split(QStringLiteral("\r\n"));
    QCOMPARE(lines.size(), 5);
    QVERIFY(lines[0].startsWith(QStringLiteral("\"index\",\"question\",\"expected\"")));
    QVERIFY(lines[1].startsWith(QStringLiteral("\"1\",\"What is 20 + 30?\",\"50\"")));
    const auto json = nlohmann::json::parse(done.toJson().toStdString());
    QCOMPARE(json["questions"].size(), std::size_t{3});
    QCOMPARE(json["questions"][0]["answers"][0]["right"].get<bool>(), true);
    QVERIFY(json["questions"][0]["answers"][1]["settings"].get<std::string>().find("int2") != std::string::npos);

    // Enter on a line opens it in the conversation, compared like any other.
    auto* view = page->findChild<QTableWidget*>(QStringLiteral("prompt-table"));
    view->setFocus();
    view->setCurrentCell(0, 1);
    QTest::keyClick(view, Qt::Key_Return);
    QVERIFY(hands.isDone());
    QVERIFY(hands.prompt()->isVisible());
    QCOMPARE(hands.conversation().turns().size(), std::size_t{1});
    const Turn& turn = hands.conversation().turns().back();
    QCOMPARE(turn.prompt, done.set().items[order[0]].question);
    QCOMPARE(hands.answer(1).text(), done.answer(order[0], 1));
    const AnswerPair pair(&hands.answer(0), &hands.answer(1));
    for (std::size_t i = 0; i < pair.length(); ++i) QVERIFY(pair.kl(i).has_value());
    QVERIFY(hands.ask(turn.prompt + QStringLiteral(" ")));
    QVERIFY(!hands.answer(0).tokens.empty());
  }

  // An answer is of the panes and settings that wrote it, and of no other model.
  void whatWasAnsweredBeforeAChangeIsOld() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    chooseTest(shown, 2);
    auto* page = shown.find<PromptPage>();
    const auto* old = page->findChild<QLabel*>(QStringLiteral("page-old"));
    QTest::mouseClick(run(page), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return page->run().answered() >= 2; }, 60000));
    QTest::mouseClick(run(page), Qt::LeftButton);
    QVERIFY(isDone(shown, page));
    const auto veil = [page] {
      const auto veils = page->findChildren<OldVeil*>();
      return std::ranges::any_of(veils, [](const OldVeil* one) { return one->isVisible(); });
    };
    QVERIFY(!old->isVisible() && !veil());
    // Another scheme, and back.
    const QString before = hands.pane(1).findChild<QComboBox*>(QStringLiteral("pane-scheme"))->currentData().toString();
    shown.selection().addOwn(core::quant::Scheme::parse("int3"));
    hands.pane(1).setScheme(core::quant::Scheme::parse("int3"));
    Q_EMIT hands.pane(1).schemeChosen();
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(old->isVisible() && veil(), qPrintable(old->text()));
    hands.pane(1).setScheme(core::quant::Scheme::parse(before.toStdString()));
    Q_EMIT hands.pane(1).schemeChosen();
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!old->isVisible() && !veil());
    // Another system prompt is another question.
    auto* prompt = shown.find<SamplingPanel>()->findChild<QPlainTextEdit*>();
    prompt->setPlainText(QStringLiteral("Be brief."));
    QVERIFY(old->isVisible() && veil());
    QVERIFY(page->run().answered() >= 2);
    QVERIFY(shown.replaceModel(QStringLiteral("demo-smooth")));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(page->run().answered(), std::size_t{0});
  }

  // The status line knows nothing of the page.
  void aRunThatIsCancelledElsewhereHasEnded() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    chooseTest(shown, 2);
    auto* page = shown.find<PromptPage>();
    QTest::mouseClick(run(page), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return page->run().answered() >= 1; }, 60000));
    QVERIFY(page->run().answered() < page->run().set().items.size());
    auto* cancel = shown.window().findChild<QToolButton*>(QStringLiteral("cancel-job"));
    while (!shown.window().jobs().visibleJobs().empty()) QTest::mouseClick(cancel, Qt::LeftButton);
    QCOMPARE(run(page)->text(), QStringLiteral("Run"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(run(page)->isEnabled());
  }

  void aRunCanBeStoppedAndKeepsWhatIsThere() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    chooseTest(shown, 2);
    auto* page = shown.find<PromptPage>();
    QTest::mouseClick(run(page), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return page->run().answered() >= 2; }, 60000));
    QTest::mouseClick(run(page), Qt::LeftButton);
    QVERIFY(isDone(shown, page));
    const std::size_t there = page->run().answered();
    QVERIFY(there >= 2 && there < page->run().set().items.size());
    QVERIFY(page->findChild<QPushButton*>(QStringLiteral("prompt-save"))->isEnabled());
    QTemporaryDir folder;
    page->openFile(folder.filePath(QStringLiteral("missing.txt")));
    QVERIFY(page->findChild<QLabel*>(QStringLiteral("prompt-notice"))->isVisible());
    QCOMPARE(page->run().answered(), there);
  }
};

QTEST_MAIN(TestChatBatches)
#include "tst_chat_batches.moc"
