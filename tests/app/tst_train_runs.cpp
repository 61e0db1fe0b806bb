// What becomes of a run in Train: stopped, used as it is, given up, closed with the window, resumed, its time told.
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>

#include "app/session/recipe_file.h"
#include "app/session/train_time.h"
#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/train/fact_table.h"
#include "app/workspaces/train/train_chart.h"
#include "app/workspaces/train/train_words.h"
#include "train_lab.h"

using namespace app;

namespace {

/// Steps that are not over while a test looks.
constexpr int kMany = 400;

}  // namespace

class TestTrainRuns : public QObject {
  Q_OBJECT
 private:
  using Lab = TrainLabWindow;

  static void setSteps(Lab& lab, const char* field, int steps) {
    auto* box = lab.find<QSpinBox>(QLatin1String(field));
    box->setFocus();
    box->selectAll();
    QTest::keyClicks(box, QString::number(steps));
    QTest::keyClick(box, Qt::Key_Tab);
  }
  static QMessageBox* question(Lab& lab, const char* name) {
    auto* box = lab.window().findChild<QMessageBox*>(QLatin1String(name));
    return box != nullptr && box->isVisible() ? box : nullptr;
  }
  static QAbstractButton* answer(QMessageBox* box, const QString& text) {
    for (QAbstractButton* button : box->buttons())
      if (button->text().remove(u'&') == text) return button;
    return nullptr;
  }
  static bool stopAfter(Lab& lab, const TrainState& state, const char* stop, std::uint64_t steps) {
    if (!lab.waitFor([&] { return state.stepsDone() >= steps; })) return false;
    lab.click(stop);
    return lab.waitFor([&] { return !state.isRunning(); });
  }

 private Q_SLOTS:
  // A software GPU would take its time for pipelines; training is the CPU's.
  void initTestCase() { qputenv("VK_ICD_FILENAMES", "/dev/null"); }

  void whatAStoppedRunReachedIsUsedAndSaved() {
    Lab lab;
    setSteps(lab, "qat-steps", kMany);
    lab.click("qat-train");
    const TrainState& state = lab.page()->state();
    QVERIFY2(stopAfter(lab, state, "qat-stop", 1), qPrintable(lab.text("qat-status")));
    QCOMPARE(state.phase(), TrainPhase::Paused);
    const std::uint64_t steps = state.stepsDone();
    QVERIFY(steps >= 1 && steps < kMany);
    QVERIFY(state.history().summary.has_value());
    QCOMPARE(state.history().summary->steps, steps);
    QVERIFY(!state.history().summary->isFinished);
    // It is offered, named by the step it is of.
    QVERIFY(lab.button("qat-chat")->isVisible() && lab.button("qat-keep")->isVisible());
    QVERIFY2(lab.button("qat-chat")->toolTip().contains(QString::number(steps)),
             qPrintable(lab.button("qat-chat")->toolTip()));
    if (steps > state.history().evaluations.back().step)
      QVERIFY2(lab.text("qat-outcome").contains(QStringLiteral("of which nothing was measured")),
               qPrintable(lab.text("qat-outcome")));
    // Saved by the dialog.
    lab.click("qat-keep");
    auto* dialog = lab.window().findChild<QFileDialog*>();
    QVERIFY(dialog != nullptr && dialog->isVisible());
    QVERIFY(dialog->selectedFiles().value(0).contains(QStringLiteral("steps")));
    const QString target = lab.m_folder.filePath(QStringLiteral("reached.gguf"));
    Q_EMIT dialog->fileSelected(target);
    dialog->close();
    QVERIFY2(lab.waitFor([&] { return lab.text("qat-notice").startsWith(QStringLiteral("Saved")); }),
             qPrintable(lab.text("qat-notice")));
    QVERIFY(QFileInfo::exists(target) || QFileInfo::exists(target + QStringLiteral(".gguf")));
    // Used in Chat.
    lab.click("qat-chat");
    QTRY_COMPARE_WITH_TIMEOUT(lab.selection().workspace(), QStringLiteral("chat"), kLong);
    bool isShown = false;
    for (const ChatPane* pane : lab.window().currentWorkspace()->findChildren<ChatPane*>())
      isShown = isShown || (pane->isVisible() && pane->scheme() && !pane->scheme()->replacements.empty());
    QVERIFY(isShown);
    QVERIFY(lab.waitUntilIdle(kLong));
    // And it goes on from there.
    lab.window().showWorkspace(QStringLiteral("train"));
    lab.click("qat-train");
    QVERIFY(stopAfter(lab, state, "qat-stop", steps + 1));
    QVERIFY(state.stepsDone() > steps);
    QCOMPARE(state.history().steps.front().step, std::uint64_t{1});
    QCOMPARE(state.history().steps.size(), static_cast<std::size_t>(state.stepsDone()));
  }

  void aStoppedAdapterIsUsedInChat() {
    Lab lab;
    lab.showQlora();
    lab.learning()->findChild<FactTable*>()->setFacts({{"Who mapped Ferrow?", "Orla Venn mapped Ferrow."}});
    setSteps(lab, "qlora-steps", kMany);
    lab.click("qlora-train");
    const TrainState& state = lab.learning()->state();
    QVERIFY2(stopAfter(lab, state, "qlora-stop", 1), qPrintable(lab.text("qlora-status")));
    QVERIFY(QFileInfo::exists(QString::fromStdString(state.history().summary->result)));
    // Saved by the dialog, in either form.
    const auto saveAs = [&](const QString& filter, const QString& target) {
      lab.click("qlora-keep");
      auto* dialog = lab.window().findChild<QFileDialog*>();
      if (dialog == nullptr || !dialog->isVisible()) return false;
      for (const QString& known : dialog->nameFilters())
        if (known.startsWith(filter)) dialog->selectNameFilter(known);
      Q_EMIT dialog->fileSelected(target);
      dialog->close();
      return lab.waitFor([&] {
        return lab.text("qlora-notice").startsWith(QStringLiteral("Saved")) &&
               lab.text("qlora-notice").contains(QFileInfo(target).fileName()) &&
               lab.window().findChild<QFileDialog*>() == nullptr;
      });
    };
    QVERIFY2(saveAs(QStringLiteral("PEFT"), lab.m_folder.filePath(QStringLiteral("peft-form"))),
             qPrintable(lab.text("qlora-notice")));
    QVERIFY(QFileInfo::exists(lab.m_folder.filePath(QStringLiteral("peft-form/adapter_config.json"))));
    QVERIFY2(saveAs(QStringLiteral("GGUF"), lab.m_folder.filePath(QStringLiteral("for-llama"))),
             qPrintable(lab.text("qlora-notice")));
    QVERIFY(QFileInfo(lab.m_folder.filePath(QStringLiteral("for-llama.gguf"))).size() > 0);
    lab.click("qlora-chat");
    QTRY_COMPARE_WITH_TIMEOUT(lab.selection().workspace(), QStringLiteral("chat"), kLong);
    std::optional<core::model::Recipe> adapted;
    for (const ChatPane* pane : lab.window().currentWorkspace()->findChildren<ChatPane*>())
      if (pane->isVisible() && pane->scheme() && pane->scheme()->adapter) adapted = pane->scheme();
    QVERIFY(adapted);
    // What was taught is what one would ask.
    const auto chips = lab.find<QWidget>(QStringLiteral("suggestions"))->findChildren<QPushButton*>();
    QVERIFY(!chips.isEmpty());
    QCOMPARE(chips.front()->text(), QStringLiteral("Who mapped Ferrow?"));
    // A new run in the same folder leaves the scheme what it was made with.
    const std::string text = adapted->toString();
    removeRun(state.folder());
    QVERIFY(!isRun(state.folder()));
    QVERIFY(openRecipe(text).adapter != nullptr);
    QVERIFY(lab.waitUntilIdle(kLong));
  }

  void startingOverAsksAndTakesWhatIsSet() {
    Lab lab;
    setSteps(lab, "qat-steps", kMany);
    lab.click("qat-train");
    const TrainState& state = lab.page()->state();
    QVERIFY(stopAfter(lab, state, "qat-stop", 1));
    const std::uint64_t reached = state.stepsDone();
    QCOMPARE(lab.button("qat-train")->text(), QStringLiteral("Resume"));
    QCOMPARE(lab.button("qat-stop")->text(), QStringLiteral("Start over"));
    QCOMPARE(QApplication::focusWidget(), lab.button("qat-stop"));  // what was clicked keeps the focus
    // Not given up by one click.
    lab.button("qat-stop")->setFocus();
    QTest::keyClick(lab.button("qat-stop"), Qt::Key_Space);
    QMessageBox* box = question(lab, "start-over");
    QVERIFY(box != nullptr);
    QVERIFY(box->text().contains(QString::number(reached)));
    QTest::keyClick(box, Qt::Key_Escape);
    QTRY_VERIFY(lab.window().findChild<QMessageBox*>(QStringLiteral("start-over")) == nullptr);
    QCOMPARE(state.stepsDone(), reached);
    QCOMPARE(state.phase(), TrainPhase::Paused);
    // What was changed is meant by the first button; the run that waits moves to the second.
    setSteps(lab, "qat-steps", 2);
    QCOMPARE(lab.button("qat-train")->text(), QStringLiteral("Start over"));
    QCOMPARE(lab.button("qat-stop")->text(), QStringLiteral("Resume"));
    lab.click("qat-train");
    box = question(lab, "start-over");
    QVERIFY(box != nullptr);
    QTest::mouseClick(answer(box, QStringLiteral("Start over")), Qt::LeftButton);
    QVERIFY(lab.waitFor([&] { return state.phase() == TrainPhase::Finished; }));
    QCOMPARE(state.history().steps.size(), std::size_t{2});
    QVERIFY2(lab.text("qat-status").contains(QStringLiteral("in all")), qPrintable(lab.text("qat-status")));
  }

  void closingTheWindowKeepsTheRun() {
    Lab lab;
    setSteps(lab, "qat-steps", kMany);
    lab.click("qat-train");
    QVERIFY(lab.waitFor([&] { return lab.page()->state().stepsDone() >= 1; }));
    lab.window().close();
    QMessageBox* box = question(lab, "close-window");
    QVERIFY(box != nullptr);
    QTest::mouseClick(answer(box, QStringLiteral("Close")), Qt::LeftButton);
    QTRY_VERIFY(!lab.window().isVisible());
    lab.restart(QStringLiteral("train"));
    const TrainState& state = lab.page()->state();
    QVERIFY(lab.waitFor([&] { return state.phase() == TrainPhase::Paused; }));
    QVERIFY(state.stepsDone() >= 1);
    QCOMPARE(lab.find<QSpinBox>(QStringLiteral("qat-steps"))->value(), kMany);
    QCOMPARE(lab.button("qat-train")->text(), QStringLiteral("Resume"));
    QVERIFY(lab.waitFor([&] { return lab.button("qat-chat")->isVisible(); }));  // what it had reached
    const std::uint64_t before = state.stepsDone();
    lab.click("qat-train");
    QVERIFY(stopAfter(lab, state, "qat-stop", before + 1));
  }

  void timeIsToldBeforeAndMeanwhile() {
    Lab lab;
    const TrainState& state = lab.page()->state();
    // Never trained here: an estimate, and said to be one.
    QVERIFY(lab.waitFor([&] { return state.estimate().has_value(); }));
    QVERIFY(!state.estimate()->isMeasured);
    QVERIFY(state.estimate()->total() > 0);
    QVERIFY2(lab.text("qat-status").contains(QStringLiteral("estimated")), qPrintable(lab.text("qat-status")));
    const double few = state.estimate()->training;
    setSteps(lab, "qat-steps", kMany);
    // The product is timed anew, on a machine that may be busy otherwise: a hundred times as much is not less.
    QVERIFY(lab.waitFor([&] { return state.estimate() && state.estimate()->training > 3 * few; }));
    lab.click("qat-train");
    QVERIFY(lab.waitFor([&] { return state.activity() == TrainActivity::Evaluating || state.stepsDone() > 0; }));
    QVERIFY(lab.waitFor([&] { return state.stepsDone() >= 3; }));
    QVERIFY2(lab.waitFor([&] { return lab.text("qat-status").contains(QStringLiteral("left")); }),
             qPrintable(lab.text("qat-status")));
    const auto left = state.secondsLeft();
    QVERIFY(left && *left > 0);
    QVERIFY(state.secondsTaken() > state.history().start->seconds);
    QVERIFY(stopAfter(lab, state, "qat-stop", 3));
    // Measured now, by all that a run does.
    QVERIFY(lab.waitFor([&] { return state.estimate() && state.estimate()->isMeasured; }));
    QVERIFY(state.estimate()->evaluating > 0);
  }

  void whatIsLeftIsCountedWithEvaluations() {
    TrainSettings settings;
    settings.steps = 10;
    settings.evaluateEvery = 5;
    TrainPace pace;
    pace.token = 0.01, pace.tokensPerStep = 100, pace.evaluation = 2, pace.concluding = 7;
    // 10 steps of 1 s; two states before, then before the first step, after the fifth and after the last: 5 · 2 s.
    const TrainTime all = timeOf(settings, pace);
    QCOMPARE(all.training, 10.0);
    QCOMPARE(all.evaluating, 10.0);
    QCOMPARE(all.total(), 27.0);
    TrainHistory history;
    QCOMPARE(secondsLeft(settings, history, pace, TrainActivity::Starting, 1.5), 25.5);
    history.start = TrainStart();
    history.evaluations.push_back({});
    history.steps = {{1, 0, 0, 0, 100, 1.0}, {2, 0, 0, 0, 100, 1.0}};
    QCOMPARE(secondsLeft(settings, history, pace, TrainActivity::Training, 0.25), 8.0 + 4.0 + 7.0 - 0.25);
    // What takes longer than it should is not subtracted beyond what it should take.
    QCOMPARE(secondsLeft(settings, history, pace, TrainActivity::Training, 60.0), 8.0 + 4.0 + 7.0 - 1.0);
    settings.evaluateEvery = 0;
    QCOMPARE(timeOf(settings, pace).evaluating, 8.0);
    // Nobody can promise seconds of minutes.
    QCOMPARE(roughly(0.2), QStringLiteral("1 s"));
    QCOMPARE(roughly(43), QStringLiteral("45 s"));
    QCOMPARE(roughly(131), QStringLiteral("2 min 10 s"));
    QCOMPARE(roughly(1234), QStringLiteral("21 min"));
    QCOMPARE(roughly(3600 * 2.3), QStringLiteral("2 h 20 min"));
  }

  void aLowChartLabelsWhatItHasRoomFor() {
    TrainChart chart;
    chart.resize(250, 210);
    TrainHistory history;
    history.start = TrainStart();
    history.start->untrained.perplexity = {1.008, 0.001};
    for (std::uint64_t step = 1; step <= 6; ++step) history.steps.push_back({step, 6.0 / static_cast<double>(step)});
    history.evaluations.push_back({});
    history.evaluations.back().now.perplexity = {1.008, 0.001};
    chart.setLines({{QStringLiteral("before training"), 1.008, Qt::gray}});
    chart.show(1, history, 6);
    static_cast<QWidget&>(chart).show();
    QVERIFY(QTest::qWaitForWindowExposed(&chart));
    chart.replot();
    const QVector<double> ticks = chart.yAxis2->tickVector();
    double last = 1e9;
    int shown = 0;
    for (const double tick : ticks) {
      if (!chart.yAxis2->range().contains(tick)) continue;
      const double at = chart.yAxis2->coordToPixel(tick);
      QVERIFY2(last - at >= 14, "labels lie on each other");
      last = at;
      ++shown;
    }
    QVERIFY(shown >= 3);
  }

  void theKeyboardGoesThroughTheLabInOrder() {
    Lab lab;
    lab.find<QComboBox>(QStringLiteral("qat-scheme"))->setFocus();
    QStringList order;
    for (int i = 0; i < 12; ++i) {
      QWidget* focused = QApplication::focusWidget();
      QVERIFY(focused != nullptr);
      order << focused->objectName();
      QTest::keyClick(focused, Qt::Key_Tab);
    }
    qsizetype last = -1;
    for (const char* name : {"qat-scheme", "qat-range", "qat-data", "qat-steps", "qat-more", "qat-train"}) {
      const qsizetype at = order.indexOf(QLatin1String(name));
      QVERIFY2(at > last, qPrintable(QLatin1String(name) + QStringLiteral(" in ") + order.join(u' ')));
      last = at;
    }
  }

  void aDivergingRunSaysWhereAndIsBegunAnew() {
    Lab lab;
    lab.showQlora();
    lab.learning()->findChild<FactTable*>()->setFacts({{"Who mapped Ferrow?", "Orla Venn mapped Ferrow."}});
    QString problem;
    QloraLabSettings settings = lab.learning()->form().settings(&problem);
    settings.rate = 1.0;  // factors grow by 1 a step, and their product is multiplied by 128
    settings.adapter.alpha = 1024;
    settings.steps = kMany;
    settings.evaluateEvery = 0;
    lab.learning()->form().setSettings(settings);
    lab.learning()->ask();
    lab.click("qlora-train");
    const TrainState& state = lab.learning()->state();
    QVERIFY(lab.waitFor([&] { return !state.failure().isEmpty() || state.phase() == TrainPhase::Finished; }));
    QVERIFY(lab.waitFor([&] { return !state.isRunning(); }));
    QVERIFY2(state.failure().contains(QStringLiteral("step")), qPrintable(state.failure()));
    QCOMPARE(lab.text("qlora-status"), state.failure());
    // Going on would fail once more. With a lower rate it is another run, which the first button begins.
    settings.rate = 1e-3;
    lab.learning()->form().setSettings(settings);
    lab.learning()->ask();
    QVERIFY(lab.button("qlora-train")->isEnabled());
    QVERIFY(lab.button("qlora-train")->text() != QStringLiteral("Resume"));
    QVERIFY(lab.waitUntilIdle(kLong));
  }
};

QTEST_MAIN(TestTrainRuns)
#include "tst_train_runs.moc"
