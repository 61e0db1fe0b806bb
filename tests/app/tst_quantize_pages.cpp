// Quantize: what each tab says of the block.
#include <QLineEdit>
#include <QSlider>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <set>

#include "app/pictures/block_bytes.h"
#include "app/pictures/clip_chart.h"
#include "app/pictures/sharing_chart.h"
#include "app/pictures/step_error_chart.h"
#include "app/pictures/transfer_chart.h"
#include "app/workspaces/quantize/parameter_cards.h"
#include "app/workspaces/quantize/rivals_model.h"
#include "app/workspaces/quantize/steps_page.h"

#include "changed_demo.h"
#include "quantize_lab.h"

using namespace app;
using namespace quantize_lab;

class TestQuantizePages : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  /// The lesson's example: 0.45892 under a maximum of 1 is 58 and comes back as 0.4567.
  void stepsGoForwardAndBackByKeys() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int8:group=32&values=0.45892,1,-0.3&step=range")).isEmpty());
    auto* table = lab.find<QTableView>("lab-steps");
    auto* page = lab.workspace()->findChild<StepsPage*>();
    QCOMPARE(page->stage(), QStringLiteral("range"));
    const auto shown = [&](int column) { return table->model()->index(0, column).data().toString(); };
    const int columns = table->model()->columnCount();
    QVERIFY(!shown(0).isEmpty());
    QVERIFY(shown(columns - 1).isEmpty());  // not reached yet
    table->setFocus();
    QStringList stages{page->stage()};
    while (lab.find<QToolButton>("lab-forward")->isEnabled()) {
      QTest::keyClick(table, Qt::Key_Right);
      stages << page->stage();
    }
    QCOMPARE(stages.first(), QStringLiteral("range"));
    QVERIFY(stages.contains(QStringLiteral("divide")) && stages.contains(QStringLiteral("round")) &&
            stages.contains(QStringLiteral("pack")));
    QCOMPARE(stages.last(), QStringLiteral("error"));
    QVERIFY(!shown(columns - 1).isEmpty());
    QVERIFY(page->setStage(QStringLiteral("round")));
    QVERIFY2(lab.text("lab-numbers").contains(QStringLiteral("58")), qPrintable(lab.text("lab-numbers")));
    QTest::keyClick(table, Qt::Key_Left);
    QCOMPARE(page->stage(), QStringLiteral("divide"));
    QVERIFY2(lab.text("lab-numbers").contains(QStringLiteral("0.45892")), qPrintable(lab.text("lab-numbers")));
    // Down goes to the next weight, and its numbers.
    QTest::keyClick(table, Qt::Key_Down);
    QCOMPARE(lab.state().weight(), std::uint64_t{1});
    QVERIFY2(!lab.text("lab-numbers").contains(QStringLiteral("0.45892")), qPrintable(lab.text("lab-numbers")));
    QVERIFY(lab.workspace()->findChild<ParameterCards*>()->text().contains(u'S'));
    QVERIFY(std::abs(static_cast<double>(lab.state().block().decoded[0]) - 0.4567) < 0.001);
  }

  /// NaN is not equal to itself, but nothing was clipped.
  void aWeightThatIsNoNumberIsNotTakenForAClippedOne() {
    QTemporaryDir folder;
    const QString tensor = QStringLiteral("blk.1.attn_q.weight");
    Lab lab(demoWithNan(folder.filePath(QStringLiteral("nan.gguf")), tensor.toStdString()));
    QVERIFY(lab.open(QStringLiteral("tensor=%1&scheme=int4&row=0&block=0&step=error").arg(tensor)).isEmpty());
    const LabBlock& block = lab.state().block();
    QVERIFY(std::isnan(block.values[0]) && block.decoded[0] == 0.0F);
    QVERIFY(!block.isAnyCut());
    auto* table = lab.find<QTableView>("lab-steps");
    const int steps = static_cast<int>(block.explanation.steps.size());
    QCOMPARE(table->model()->columnCount(), steps);
    QVERIFY(!lab.text("lab-numbers").contains(QStringLiteral("before clipping")));
    lab.state().setClip(0.5);  // another block stands in its place from here on
    QVERIFY(lab.state().block().isAnyCut());
    QCOMPARE(table->model()->columnCount(), steps + 1);
  }

  void aWeightCanBeTypedInTheTable() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int8:group=32&values=0.45892,1,-0.3")).isEmpty());
    auto* table = lab.find<QTableView>("lab-steps");
    table->setCurrentIndex(table->model()->index(1, 0));
    table->edit(table->currentIndex());
    auto* editor = table->findChild<QLineEdit*>();
    QVERIFY(editor != nullptr);
    editor->selectAll();
    QTest::keyClicks(editor, QStringLiteral("2.5"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(lab.state().block().values[1], 2.5F);
    table->edit(table->model()->index(1, 0));
    editor = table->findChild<QLineEdit*>();
    QTest::keyClicks(editor, QStringLiteral("apple"));
    QTest::keyClick(editor, Qt::Key_Return);
    QCoreApplication::processEvents();
    QCOMPARE(lab.state().block().values[1], 2.5F);
  }

  void theClipHasABestEnd() {
    Lab lab{QString()};
    // One outlier of 8 among 1024: cutting it off pays.
    QVERIFY(
        lab.open(QStringLiteral("scheme=int4:group=row&distribution=normal&count=1024&outlier=8&show=clip")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* chart = lab.find<ClipChart>("lab-clip-chart");
    QVERIFY(chart->best() != nullptr);
    QVERIFY2(chart->best()->clip < 0.8, qPrintable(QString::number(chart->best()->clip)));
    const double unclipped = lab.state().block().error.mse();
    QVERIFY(std::abs(chart->at(1)->total() / unclipped - 1) < 1e-6);
    lab.click("lab-clip-best");
    QCOMPARE(lab.state().input().clip, chart->best()->clip);
    QVERIFY(std::abs(lab.state().block().error.mse() / chart->best()->total() - 1) < 1e-6);
    QVERIFY(lab.state().block().error.mse() < unclipped);
    QVERIFY2(lab.find<QAbstractButton>("lab-clip-use-0")->text().contains(QStringLiteral("range=mse")),
             qPrintable(lab.find<QAbstractButton>("lab-clip-use-0")->text()));
    auto* slider = lab.find<QSlider>("lab-clip");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Right);
    QVERIFY(std::abs(lab.state().input().clip - chart->best()->clip - 0.01) < 1e-9);
    // The chart's own line moves under the hand; one drag is one step of undo.
    const int steps = lab.state().undoStack().count();
    const QPoint from(chart->width() / 3, chart->height() / 2), to(chart->width() / 2, chart->height() / 2);
    QTest::mousePress(chart, Qt::LeftButton, {}, from);
    for (int x = from.x(); x <= to.x(); x += 5) {
      QMouseEvent move(QEvent::MouseMove, QPoint(x, to.y()), chart->mapToGlobal(QPoint(x, to.y())), Qt::NoButton,
                       Qt::LeftButton, {});
      QCoreApplication::sendEvent(chart, &move);
    }
    QTest::mouseRelease(chart, Qt::LeftButton, {}, to);
    QCOMPARE(lab.state().undoStack().count(), steps + 1);
    QVERIFY(lab.state().input().clip > 0.3 && lab.state().input().clip < 0.7);
    // Where no scale is shared there is nothing to clip.
    QVERIFY(lab.state().setSchemeText(QStringLiteral("fp16")).isEmpty());
    QVERIFY(!slider->isEnabled() && chart->best() == nullptr);
    lab.state().undoStack().undo();
    QVERIFY(slider->isEnabled() && chart->best() != nullptr);
    // A clipped weight is shown as it was and as it went in.
    const LabBlock& block = lab.state().block();
    QVERIFY(*std::max_element(block.values.begin(), block.values.end()) >
            *std::max_element(block.clipped.begin(), block.clipped.end()));
    lab.showTab(kSteps);
    auto* table = lab.find<QTableView>("lab-steps");
    QCOMPARE(table->model()->columnCount(), static_cast<int>(block.explanation.steps.size()) + 1);
  }

  /// Block, row and tensor have curves of their own, and what they find becomes a scheme for everywhere.
  void theClipIsJudgedOverRowAndTensorToo() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("tensor=blk.0.attn_q.weight&scheme=int4&row=3&block=2&show=clip")).isEmpty());
    auto* chart = lab.find<ClipChart>("lab-clip-chart");
    const auto source = core::quant::dequantize(*lab.state().tensor());
    const auto decoded =
        core::quant::dequantize(*core::quant::quantize(lab.state().input().scheme, *lab.state().tensor()));
    const auto errorOf = [&](std::size_t first, std::size_t count) {
      double sum = 0;
      for (std::size_t i = first; i < first + count; ++i)
        sum += std::pow(static_cast<double>(decoded[i]) - static_cast<double>(source[i]), 2);
      return sum / static_cast<double>(count);
    };
    const std::pair<std::size_t, std::size_t> extents[] = {{3 * 256 + 64, 32}, {3 * 256, 256}, {0, source.size()}};
    for (int i = 0; i < 3; ++i) {
      lab.click(qPrintable(QStringLiteral("lab-clip-of-%1").arg(i)));
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY(std::abs(chart->at(1)->total() / errorOf(extents[i].first, extents[i].second) - 1) < 1e-6);
    }
    // A newer question replaces the one that is being computed.
    lab.click("lab-clip-of-1");
    lab.click("lab-clip-of-2");
    lab.click("lab-clip-of-0");
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(std::abs(chart->at(1)->total() / errorOf(extents[0].first, extents[0].second) - 1) < 1e-6);
    lab.state().setClip(0.7);
    const QString offered = lab.find<QAbstractButton>("lab-clip-use-0")->text();
    QVERIFY2(offered.contains(QStringLiteral("range=mse: error")), qPrintable(offered));
    const int steps = lab.state().undoStack().count();
    lab.click("lab-clip-use-0");
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:range=mse"));
    QCOMPARE(lab.state().input().clip, 1.0);
    QCOMPARE(lab.state().undoStack().count(), steps + 1);
    QVERIFY(!lab.find<QAbstractButton>("lab-clip-use-0")->isEnabled());
    lab.click("lab-use");
    QVERIFY(lab.window().selection().isChecked(core::model::Recipe(lab.state().input().scheme)));
    lab.state().undoStack().undo();
    QCOMPARE(lab.state().input().clip, 0.7);
    lab.click("lab-clip-use-1");
    QVERIFY(lab.state().input().scheme.toString().starts_with("int4:range=percentile"));
    // One scale for all: block, row and tensor are the same weights.
    QVERIFY(lab.state().setSchemeText(QStringLiteral("int4:group=tensor")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(!lab.find<QAbstractButton>("lab-clip-of-1")->isEnabled());
    QVERIFY(!lab.find<QAbstractButton>("lab-clip-of-2")->isEnabled());
  }

  void whereNothingIsLostThereIsNothingToClip() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("values=0,0,0,0&scheme=int4&show=clip")).isEmpty());
    QCOMPARE(lab.find<ClipChart>("lab-clip-chart")->best()->clip, 1.0);
    QVERIFY2(lab.text("lab-clip-sentence").contains(QStringLiteral("Nothing is lost")),
             qPrintable(lab.text("lab-clip-sentence")));
    QVERIFY(!lab.find<QAbstractButton>("lab-clip-best")->isEnabled());
  }

  void schemesWithoutAKeyForTheRangeSaySo() {
    Lab lab{QString()};
    for (const char* scheme : {"nf4", "q4_0", "q4_k", "mx_e2m1", "kmeans4", "log4"}) {
      QVERIFY(lab.open(QStringLiteral("distribution=normal&count=512&show=clip&scheme=") + QLatin1String(scheme))
                  .isEmpty());
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY2(lab.find<Label>("lab-clip-none")->isVisible(), scheme);
      QVERIFY2(!lab.find<QAbstractButton>("lab-clip-use-0")->isVisible(), scheme);
    }
    QVERIFY(lab.open(QStringLiteral("scheme=int4")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(!lab.find<Label>("lab-clip-none")->isVisible());
    QVERIFY(lab.find<QAbstractButton>("lab-clip-use-1")->isVisible());
  }

  void whatIsCancelledIsSaidAndGoesOn() {
    Lab lab;
    QVERIFY(lab.window().waitUntilIdle());
    auto* cancel = lab.window().window().findChild<QToolButton*>(QStringLiteral("cancel-job"));
    // A study of half a million weights, in its tab.
    QVERIFY(lab.open(QStringLiteral("tensor=token_embd.weight&scheme=int4")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    for (const auto& [tab, chart] : {std::pair(kSharing, "lab-sharing-chart"), std::pair(kClip, "lab-clip-chart")}) {
      QVERIFY(lab.window().waitUntilIdle());
      lab.showTab(tab);
      if (tab == kClip) lab.click("lab-clip-of-2");
      auto* message = lab.find<Chart>(chart)->findChild<Label*>(QStringLiteral("chart-message"));
      QVERIFY2(cancel->isVisible(), chart);
      QTest::mouseClick(cancel, Qt::LeftButton);
      QVERIFY2(message->isVisible() && message->text().startsWith(QStringLiteral("Cancelled")),
               qPrintable(message->text()));
      lab.showTab(kSteps);
      QVERIFY(lab.window().waitUntilIdle());
      lab.showTab(tab);
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY2(!message->isVisible(), qPrintable(message->text()));
    }
    // A block that is the whole tensor.
    QVERIFY(lab.open(QStringLiteral("tensor=token_embd.weight&scheme=int8:group=tensor&show=steps")).isEmpty());
    QVERIFY(cancel->isVisible());
    QTest::mouseClick(cancel, Qt::LeftButton);
    QVERIFY2(lab.state().problem().startsWith(QStringLiteral("Cancelled")), qPrintable(lab.state().problem()));
    lab.window().window().showWorkspace(QStringLiteral("bits"));
    lab.window().window().showWorkspace(QStringLiteral("quantize"));
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(lab.state().problem(), QString());
    QVERIFY(!lab.state().block().isEmpty());
  }

  /// A hand on a bar does not wait for an encoder that takes long: its block follows.
  void aSlowBlockFollowsTheHand() {
    Lab lab{QString()};
    for (const char* slow : {"iq1_m", "iq3_s", "kmeans4"}) {
      QVERIFY(lab.open(QStringLiteral("distribution=normal&count=4096&show=steps&scheme=") + QLatin1String(slow))
                  .isEmpty());
      QVERIFY(lab.window().waitUntilIdle());
      const int steps = lab.state().undoStack().count();
      lab.state().beginGesture();
      for (const float value : {0.5F, 2.0F, 6.0F}) {
        lab.state().moveWeight(lab.state().block().shown.first + 3, value);
        QVERIFY2(!lab.state().isCurrent() && !lab.state().block().isEmpty(), slow);  // the one before is in sight
      }
      lab.state().endGesture();
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY(lab.state().isCurrent());
      QCOMPARE(lab.state().undoStack().count(), steps + 1);
      QCOMPARE(lab.state().block().values[3], 6.0F);
      QCOMPARE(lab.state().block().decoded, decodedByTheQuantizer(lab.state()));
    }
    for (const char* quick : {"int4", "q4_k", "nf4", "mx_e2m1"}) {
      QVERIFY(lab.state().setSchemeText(QLatin1String(quick)).isEmpty());
      QVERIFY2(lab.state().isCurrent(), quick);
    }
  }

  void groupSizeTradesErrorForBits() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=16&show=sharing")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* chart = lab.find<SharingChart>("lab-sharing-chart");
    const ChartTable table = chart->table();
    QCOMPARE(table.rowLabels.first(), QStringLiteral("16"));
    QCOMPARE(table.rowLabels.last(), QStringLiteral("tensor"));
    QCOMPARE(table.rows.front()[0], 5.0);
    QVERIFY(table.rows.front()[1] < table.rows.back()[1]);
    auto* slider = lab.find<QSlider>("lab-sharing");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Right);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4"));
    QTest::keyClick(slider, Qt::Key_End);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=tensor"));
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.text("lab-sharing-sentence").contains(QStringLiteral("tensor")));
    lab.state().undoStack().undo();
    QCOMPARE(slider->value(), 1);
    QVERIFY(lab.state().setSchemeText(QStringLiteral("q4_0")).isEmpty());
    QVERIFY(!slider->isEnabled());
  }

  void theWinnerIsTheOneOfLeastError() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=64&distribution=normal&count=512&show=rivals")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* table = lab.find<QTableView>("lab-rivals");
    const auto* model = static_cast<const RivalsModel*>(table->model());
    QStringList names;
    double before = 0;
    for (const auto& trial : model->trials()) {
      names << QString::fromStdString(trial.scheme.toString());
      QVERIFY(trial.error.relativeError() >= before);
      before = trial.error.relativeError();
    }
    for (const char* wanted : {"int4:group=64", "log4:group=64", "kmeans4", "nf4", "fp4"})
      QVERIFY2(names.contains(QLatin1String(wanted)), wanted);
    QVERIFY(
        lab.text("lab-rivals-sentence").contains(QString::fromStdString(model->trials().front().scheme.displayName())));
    // On even weights even levels beat those for a normal distribution, whose levels lie dense where these are not.
    const auto place = [&](const char* scheme) {
      for (std::size_t i = 0; i < model->trials().size(); ++i)
        if (model->trials()[i].scheme.toString() == scheme) return static_cast<int>(i);
      return -1;
    };
    QVERIFY(place("nf4") < place("int4:group=64"));
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=64&distribution=uniform&count=512&show=rivals")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(place("int4:group=64") < place("nf4"));
    table->setCurrentIndex(model->index(place("nf4"), 0));
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Return);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("nf4"));
  }

  void bytesAreThoseOfTheBlockAndLeadToItsWeights() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=q4_k&distribution=normal&count=256&weight=40&show=bytes")).isEmpty());
    auto* bytes = lab.find<BlockBytes>("lab-bytes");
    QVERIFY2(bytes->legendText().contains(QStringLiteral("S ")) && bytes->legendText().contains(QStringLiteral("q ")),
             qPrintable(bytes->legendText()));
    const auto& block = lab.state().block();
    QCOMPARE(block.explanation.bytes.size(), std::size_t{144});
    QVERIFY(
        std::equal(block.explanation.bytes.begin(), block.explanation.bytes.end(), block.quantized->payload.begin()));
    QTest::mouseClick(bytes, Qt::LeftButton, {}, bytes->bitRect(8 * 16).center().toPoint());  // the first code
    QCOMPARE(lab.state().weight(), std::uint64_t{0});
    QVERIFY2(lab.text("lab-field").contains(QStringLiteral("weight 0")), qPrintable(lab.text("lab-field")));
    bytes->setFocus();
    QTest::keyClick(bytes, Qt::Key_Home);
    QVERIFY2(lab.text("lab-field").contains(QStringLiteral("FP16")), qPrintable(lab.text("lab-field")));
    // The parts sum to the bits per weight.
    QStringList sizes;
    for (const Label* label : lab.find<QWidget>("lab-size")->findChildren<Label*>())
      if (!label->isHidden()) sizes << label->text();
    QVERIFY2(sizes.contains(QStringLiteral("4.5000")), qPrintable(sizes.join(u'|')));
  }

  void curvesGoThroughTheWeights() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=64&distribution=normal&count=512&show=curves")).isEmpty());
    auto* staircase = lab.find<TransferChart>("lab-staircase");
    const ChartTable table = staircase->table();
    QVERIFY(table.rows.size() > 500);
    std::set<double> levels;
    for (const auto& row : table.rows) {
      levels.insert(row[1]);
      QVERIFY(std::abs(row[2] - (row[1] - row[0])) < 1e-12);
    }
    QCOMPARE(levels.size(), std::size_t{15});  // −7 … 7
    const auto* steps = lab.find<StepErrorChart>("lab-step-errors");
    double counted = 0;
    for (const auto& row : steps->table().rows) counted += row[2];
    // The whole row, not only the block; a few lie beyond an outermost level whose scale was rounded down.
    QVERIFY(counted > 500 && counted <= 512);
    QVERIFY2(lab.text("lab-verdict").contains(QString::number(static_cast<int>(counted))),
             qPrintable(lab.text("lab-verdict")));
  }
};

QTEST_MAIN(TestQuantizePages)
#include "tst_quantize_pages.moc"
