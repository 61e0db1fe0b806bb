// The two labs of Train on the demo model, driven with mouse and keyboard: a few small steps each.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/train/answers_table.h"
#include "app/workspaces/train/fact_bar.h"
#include "app/workspaces/train/fact_table.h"
#include "app/workspaces/train/levels_chart.h"
#include "app/workspaces/train/train_chart.h"
#include "app/workspaces/train/train_workspace.h"
#include "train_lab.h"

using namespace app;

class TestTrainWorkspace : public QObject {
  Q_OBJECT
 private:
  using Lab = TrainLabWindow;

 private Q_SLOTS:
  // A software GPU would take its time for pipelines; training is the CPU's.
  void initTestCase() { qputenv("VK_ICD_FILENAMES", "/dev/null"); }

  void aRunIsWatchedPausedResumedAndUsedInChat() {
    Lab lab;
    QVERIFY(lab.page() != nullptr);
    QCOMPARE(lab.button("qat-train")->text(), QStringLiteral("Train"));
    QVERIFY(!lab.button("qat-stop")->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(lab.text("qat-memory").contains(QStringLiteral("predicted")), kLong);
    lab.click("qat-train");
    QVERIFY(lab.page()->state().isRunning());
    QVERIFY(!lab.page()->form().isEnabled());
    QVERIFY2(lab.waitFor([&] { return lab.page()->state().stepsDone() >= 1; }), qPrintable(lab.text("qat-status")));
    lab.click("qat-train");  // Pause
    QVERIFY(lab.waitFor([&] { return !lab.page()->state().isRunning(); }));
    QCOMPARE(lab.page()->state().failure(), QString());
    const std::uint64_t paused = lab.page()->state().stepsDone();
    if (lab.page()->state().phase() == TrainPhase::Paused) {
      QVERIFY(paused < 4);
      QCOMPARE(lab.button("qat-train")->text(), QStringLiteral("Resume"));
      lab.button("qat-train")->setFocus();
      QTest::keyClick(lab.button("qat-train"), Qt::Key_Space);
    }
    QVERIFY(lab.waitFor([&] { return lab.page()->state().phase() == TrainPhase::Finished; }));
    const TrainHistory& history = lab.page()->state().history();
    QCOMPARE(history.steps.size(), std::size_t{4});
    for (std::size_t i = 0; i < history.steps.size(); ++i) QCOMPARE(history.steps[i].step, std::uint64_t{i + 1});
    QCOMPARE(history.evaluations.back().step, std::uint64_t{4});
    // The chart has every step once, and every look.
    const ChartTable table = lab.page()->findChild<TrainChart*>()->table();
    QCOMPARE(table.rowLabels.count(QStringLiteral("step")), 4);
    QCOMPARE(table.rowLabels.count(QStringLiteral("evaluation")), static_cast<qsizetype>(history.evaluations.size()));
    QVERIFY(table.rowLabels.contains(QStringLiteral("unquantized")));
    // The levels are those of INT3: whole steps.
    const ChartTable levels = lab.page()->findChild<LevelsChart*>()->table();
    QVERIFY(!levels.rows.empty());
    double weights = 0;
    for (const auto& row : levels.rows) weights += row[2];
    QVERIFY(weights > 1000);
    // Answers of all three, those that differ are marked.
    auto* answers = lab.page()->findChild<AnswersTable*>();
    for (int row = 0; row < answers->rowCount(); ++row) {
      const QString right = answers->item(row, 1)->text();
      QVERIFY(!right.isEmpty());
      for (const int column : {2, 3}) {
        const QString said = answers->item(row, column)->text();
        QCOMPARE(said.startsWith(QStringLiteral("✓")), said.mid(2) == right);
      }
    }
    QVERIFY(lab.text("qat-outcome").contains(QStringLiteral("unquantized")));
    // Kept as codes: GGUF has no INT3, a folder has, and is offered first.
    lab.click("qat-keep");
    auto* files = lab.window().findChild<QFileDialog*>();
    QVERIFY(files != nullptr && files->nameFilters().size() == 2);
    QVERIFY2(files->nameFilters().first().contains(QStringLiteral("code for code")),
             qPrintable(files->nameFilters().first()));
    Q_EMIT files->fileSelected(lab.m_folder.filePath(QStringLiteral("kept")));
    QVERIFY(lab.waitFor([&] { return lab.text("qat-notice").contains(QStringLiteral("code for code")); }));
    QVERIFY(QFile::exists(lab.m_folder.filePath(QStringLiteral("kept/config.json"))));
    files->close();
    // Beside the original and what rounding alone left.
    lab.click("qat-chat");
    QTRY_COMPARE_WITH_TIMEOUT(lab.selection().workspace(), QStringLiteral("chat"), kLong);
    std::vector<std::optional<core::model::Recipe>> shown;
    for (int i = 0; i < 4; ++i) {
      const auto* pane = lab.window().currentWorkspace()->findChild<ChatPane*>(QStringLiteral("pane-%1").arg(i));
      if (pane != nullptr && pane->isVisible()) shown.push_back(pane->scheme());
    }
    QCOMPARE(shown.size(), std::size_t{3});
    QVERIFY(!shown[0] && shown[1] && shown[2]);
    QCOMPARE(QString::fromStdString(shown[1]->toString()), QStringLiteral("int3"));
    QVERIFY(!shown[2]->replacements.empty());
    QVERIFY(lab.waitUntilIdle(kLong));
  }

  void stoppingKeepsTheRunForTheNextProgram() {
    Lab lab;
    lab.click("qat-train");
    QVERIFY(lab.waitFor([&] { return lab.page()->state().stepsDone() >= 1; }));
    // Closing asks while it trains.
    lab.window().close();
    auto* question = lab.window().findChild<QMessageBox*>(QStringLiteral("close-window"));
    if (lab.page()->state().isRunning()) {
      QVERIFY(question != nullptr && question->isVisible());
      QVERIFY(lab.window().isVisible());
      QTest::mouseClick(question->button(QMessageBox::Cancel), Qt::LeftButton);
      QVERIFY(lab.window().isVisible());
    }
    lab.click("qat-stop");
    QVERIFY(lab.waitUntilIdle(kLong));
    QCOMPARE(lab.page()->state().phase(), TrainPhase::Paused);
    lab.restart(QStringLiteral("train"));
    QVERIFY(lab.waitFor([&] { return lab.page()->state().phase() != TrainPhase::None; }));
    QCOMPARE(lab.button("qat-train")->text(), QStringLiteral("Resume"));
    QVERIFY(lab.text("qat-status").contains(QStringLiteral("of 4")));
    QCOMPARE(lab.page()->form().scheme(), QStringLiteral("int3"));
    lab.click("qat-train");
    QVERIFY(lab.waitFor([&] { return lab.page()->state().phase() == TrainPhase::Finished; }));
    QCOMPARE(lab.page()->state().history().steps.size(), std::size_t{4});
  }

  void whatCannotBeTrainedIsSaidInPlace() {
    Lab lab;
    auto* scheme = lab.find<QComboBox>(QStringLiteral("qat-scheme"));
    scheme->setFocus();
    scheme->lineEdit()->selectAll();
    QTest::keyClicks(scheme->lineEdit(), QStringLiteral("int99"));
    QVERIFY(!lab.button("qat-train")->isEnabled());
    QVERIFY2(lab.text("qat-status").endsWith(u'.'), qPrintable(lab.text("qat-status")));
    scheme->lineEdit()->selectAll();
    QTest::keyClicks(scheme->lineEdit(), QStringLiteral("nf4"));
    auto* range = lab.find<QComboBox>(QStringLiteral("qat-range"));
    range->setCurrentIndex(1);  // a learned step of a format that is not uniform
    QVERIFY(lab.button("qat-train")->isEnabled());
    lab.click("qat-train");
    QVERIFY(lab.waitFor([&] { return !lab.page()->state().isRunning(); }));
    QVERIFY(!lab.page()->state().failure().isEmpty());
    QCOMPARE(lab.text("qat-status"), lab.page()->state().failure());
  }

  void linksSetTheForms() {
    Lab lab;
    const auto open = [&](const char* link) {
      return lab.find<TrainWorkspace>()->openLink(*Link::parse(QLatin1String(link)));
    };
    QCOMPARE(open("quantscope://train/qat?scheme=int2:range=minmax&steps=7&range=step"), QString());
    QString problem;
    const QatLabSettings qat = lab.page()->form().settings(&problem);
    QCOMPARE(QString::fromStdString(qat.scheme), QStringLiteral("int2:range=minmax"));
    QCOMPARE(qat.steps, std::uint64_t{7});
    QCOMPARE(qat.range, core::train::QatRange::LearnedStep);
    const Link link = lab.find<TrainWorkspace>()->link();
    QCOMPARE(link.value(QStringLiteral("steps")), QStringLiteral("7"));
    QCOMPARE(open("quantscope://train/qlora?steps=9&rank=4&replay=off"), QString());
    const QloraLabSettings qlora = lab.learning()->form().settings(&problem);
    QCOMPARE(qlora.adapter.rank, 4U);
    QVERIFY(!qlora.replay);
    for (const char* wrong : {"quantscope://train/nothing", "quantscope://train/qat?steps=0",
                              "quantscope://train/qat?range=wide", "quantscope://train/qlora?replay=maybe",
                              "quantscope://train/qat?rank=8", "quantscope://train/qat?scheme=int99"})
      QVERIFY2(open(wrong).endsWith(u'.'), wrong);
  }

  void factsAreTypedPastedAndLoaded() {
    Lab lab;
    lab.showQlora();
    auto* facts = lab.learning()->findChild<FactTable*>();
    QCOMPARE(facts->facts().size(), std::size_t{10});
    facts->selectRow(0);
    QTest::keyClick(facts, Qt::Key_Delete);
    QCOMPARE(facts->facts().size(), std::size_t{9});
    lab.click("qlora-add");
    QVERIFY(facts->findChild<QLineEdit*>() != nullptr);
    QTest::keyClicks(facts->findChild<QLineEdit*>(), QStringLiteral("Who is Orla?"));
    QTest::keyClick(facts->findChild<QLineEdit*>(), Qt::Key_Return);
    QTRY_VERIFY2(!facts->problem().isEmpty(), "half a fact is a problem");
    QVERIFY(!lab.button("qlora-train")->isEnabled());
    QVERIFY(lab.text("qlora-status").contains(QStringLiteral("10")));
    facts->item(9, 1)->setText(QStringLiteral("A cartographer."));
    QVERIFY(lab.button("qlora-train")->isEnabled());
    QGuiApplication::clipboard()->setText(QStringLiteral("Where is Ferrow?\tOn the north coast.\nno tabulator"));
    lab.click("qlora-paste");
    QVERIFY(lab.text("qlora-facts-problem").contains(QStringLiteral("Line 2")));
    QCOMPARE(facts->facts().size(), std::size_t{10});
    QGuiApplication::clipboard()->setText(QStringLiteral("Where is Ferrow?\tOn the north coast."));
    QTest::keyClick(facts, Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(facts->facts().size(), std::size_t{11});
    // A file: what is wrong is said by line and field, and nothing has changed.
    QFile file(lab.m_folder.filePath(QStringLiteral("facts.jsonl")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\"question\": \"Who is Orla?\", \"answer\": \"A cartographer.\"}\n{\"question\": \"And Tam?\"}\n");
    file.close();
    lab.learning()->findChild<FactBar*>()->load(file.fileName());
    const QString problem = lab.text("qlora-facts-problem");
    QVERIFY2(problem.contains(QStringLiteral("line 2")) && problem.contains(QStringLiteral("answer")),
             qPrintable(problem));
    QCOMPARE(facts->facts().size(), std::size_t{11});
  }

  void anAdapterLearnsIsScaledInChatAndSaved() {
    Lab lab;
    lab.showQlora();
    auto* facts = lab.learning()->findChild<FactTable*>();
    facts->setFacts({{"Who mapped Ferrow?", "Orla Venn mapped Ferrow."}});
    lab.find<QCheckBox>(QStringLiteral("qlora-replay"))->setChecked(false);
    QVERIFY2(lab.button("qlora-train")->isEnabled(), qPrintable(lab.text("qlora-status")));
    lab.click("qlora-train");
    QVERIFY(lab.waitFor([&] { return !lab.learning()->state().isRunning(); }));
    QCOMPARE(lab.learning()->state().failure(), QString());
    QCOMPARE(lab.learning()->state().phase(), TrainPhase::Finished);
    QVERIFY(facts->item(0, 2)->text().size() > 2);
    QVERIFY(facts->item(0, 3)->text().contains(QStringLiteral("of")));
    QVERIFY(lab.text("qlora-known").contains(QStringLiteral("of 1 facts")));
    // Merged it is one file, and what that lost is said.
    const QString merged = lab.m_folder.filePath(QStringLiteral("merged.gguf"));
    lab.click("qlora-merge");
    auto* dialog = lab.window().findChild<QDialog*>(QStringLiteral("merge-dialog"));
    QVERIFY(dialog != nullptr && dialog->isVisible());
    auto* save = dialog->findChild<QPushButton*>(QStringLiteral("merge-save"));
    auto* note = dialog->findChild<QLabel*>(QStringLiteral("merge-note"));
    QVERIFY2(lab.waitFor([&] { return save->isEnabled(); }), qPrintable(note->text()));
    QVERIFY2(note->text().startsWith(QStringLiteral("A GGUF file")), qPrintable(note->text()));
    auto* stored = dialog->findChild<QComboBox*>(QStringLiteral("merge-stored"));
    stored->setCurrentText(QStringLiteral("NF4 · 64 · dq"));
    QVERIFY2(lab.waitFor([&] { return save->isEnabled(); }), qPrintable(note->text()));
    QVERIFY2(note->text().contains(QStringLiteral("bitsandbytes")), qPrintable(note->text()));
    stored->setFocus();
    QTest::keyClick(stored, Qt::Key_Home);
    QTest::keyClick(stored, Qt::Key_Down);  // Q8_0
    QVERIFY(lab.waitFor([&] { return save->isEnabled() && note->text().startsWith(QStringLiteral("A GGUF file")); }));
    QTest::mouseClick(save, Qt::LeftButton);
    auto* files = dialog->findChild<QFileDialog*>();
    QVERIFY(files != nullptr);
    Q_EMIT files->fileSelected(merged);
    QVERIFY(!lab.button("qlora-merge")->isEnabled());
    QVERIFY2(lab.waitFor([&] { return lab.text("qlora-notice").contains(QStringLiteral("perplexity")); }),
             qPrintable(lab.text("qlora-notice")));
    QVERIFY(lab.button("qlora-merge")->isEnabled());
    const auto opened = OpenModel::open(merged.toStdString());
    QCOMPARE(opened->checkpoint().tensors()[*opened->checkpoint().find("blk.0.attn_q.weight")].typeName,
             std::string("q8_0"));
    // Cancelled, it can be asked for again, and nothing is said of what was not done.
    lab.click("qlora-merge");
    QTRY_VERIFY((dialog = lab.window().findChild<QDialog*>(QStringLiteral("merge-dialog"))) != nullptr);
    save = dialog->findChild<QPushButton*>(QStringLiteral("merge-save"));
    QVERIFY(lab.waitFor([&] { return save->isEnabled(); }));
    QTest::mouseClick(save, Qt::LeftButton);
    Q_EMIT dialog->findChild<QFileDialog*>()->fileSelected(lab.m_folder.filePath(QStringLiteral("never.gguf")));
    lab.window().jobs().cancelAll();
    QVERIFY(lab.waitFor([&] { return lab.button("qlora-merge")->isEnabled(); }));
    QTRY_VERIFY(!lab.find<QLabel>(QStringLiteral("qlora-notice"))->isVisible());
    lab.click("qlora-chat");
    QTRY_COMPARE_WITH_TIMEOUT(lab.selection().workspace(), QStringLiteral("chat"), kLong);
    ChatPane* adapted = nullptr;
    for (ChatPane* pane : lab.window().currentWorkspace()->findChildren<ChatPane*>())
      if (pane->isVisible() && pane->scheme() && pane->scheme()->adapter) adapted = pane;
    QVERIFY(adapted != nullptr);
    QVERIFY(lab.waitUntilIdle(kLong));
  }
};

QTEST_MAIN(TestTrainWorkspace)
#include "tst_train_workspace.moc"
