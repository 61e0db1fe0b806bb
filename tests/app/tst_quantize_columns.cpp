// Quantize, Columns: a row under a method that looks at columns, one column after the other.
#include <QElapsedTimer>
#include <QScrollBar>
#include <QSpinBox>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "app/calibration/calibration_notice.h"
#include "app/workspaces/quantize/columns_page.h"
#include "app/workspaces/quantize/factors_chart.h"
#include "app/workspaces/quantize/loss_chart.h"
#include "app/workspaces/quantize/push_chart.h"
#include "app/workspaces/quantize/search_chart.h"
#include "core/quant/explain/method_explanation.h"

#include "quantize_lab.h"

using namespace app;
using namespace quantize_lab;

namespace {

const QString kTensor = QStringLiteral("blk.0.attn_q.weight");

bool openColumns(Lab& lab, const char* scheme) {
  return lab.open(QStringLiteral("tensor=%1&row=3&block=0&show=columns&scheme=%2").arg(kTensor, QLatin1String(scheme)))
             .isEmpty() &&
         lab.window().waitUntilIdle();
}

/// What core says of the same row.
core::quant::MethodExplanation explained(Lab& lab) {
  const LabRequest request = lab.state().request();
  const auto known = request.known(core::JobContext());
  return core::quant::explainColumns(request.scheme, *request.tensor, 3, known.get());
}

double number(Lab& lab, int row, int column) {
  auto* table = lab.find<QTableView>("lab-columns");
  return QLocale().toDouble(table->model()->index(row, column).data().toString().replace(QChar(0x2212), u'-'));
}

std::uint64_t chosenColumn(Lab& lab) { return *lab.window().selection().weight() % lab.state().tensor()->rowValues(); }

QPoint pixelOf(const Chart* chart, double x, double y) {
  return {static_cast<int>(chart->xAxis->coordToPixel(x)), static_cast<int>(chart->yAxis->coordToPixel(y))};
}

}  // namespace

class TestQuantizeColumns : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void gptqIsSteppedThroughByKeysAndButtons() {
    Lab lab;
    QVERIFY(openColumns(lab, "gptq:group=32"));
    const auto row = explained(lab);
    const auto& steps = row.as<core::quant::GptqExplanation>()->trace.steps;
    auto* table = lab.find<QTableView>("lab-columns");
    auto* page = lab.workspace()->findChild<ColumnsPage*>();
    QCOMPARE(table->model()->rowCount(), static_cast<int>(steps.size()));
    QCOMPARE(page->line(), 0);
    QVERIFY(!lab.find<QToolButton>("lab-column-back")->isEnabled());
    table->setFocus();
    for (int i = 0; i < 5; ++i) QTest::keyClick(table, Qt::Key_Right);
    QCOMPARE(page->line(), 5);
    QTest::keyClick(table, Qt::Key_Left);
    lab.click("lab-column-back");
    QCOMPARE(page->line(), 3);
    lab.click("lab-column-forward");
    QCOMPARE(page->line(), 4);
    QCOMPARE(number(lab, 4, 4), static_cast<double>(steps[4].code));
    QVERIFY(std::abs(number(lab, 4, 3) - steps[4].stood) <= 1e-3 * std::abs(steps[4].stood) + 1e-12);
    const ChartTable pushed = lab.find<PushChart>("lab-push-chart")->table();
    QCOMPARE(pushed.rows.size(), PushChart::kMostBars);
    for (std::size_t i = 0; i < pushed.rows.size(); ++i) QCOMPARE(pushed.rows[i][1], steps[4].pushed[i]);
    QVERIFY2(lab.text("lab-column-sentence").contains(QString::number(steps[4].column)),
             qPrintable(lab.text("lab-column-sentence")));
    // The weight under study is the one in front, everywhere.
    QCOMPARE(lab.window().selection().weight(), std::optional<std::uint64_t>(3 * 256 + steps[4].column));
    QCOMPARE(lab.find<WeightBars>("lab-bars")->chosen(), 4);
    // The last one has nobody to push into.
    table->setCurrentIndex(table->model()->index(static_cast<int>(steps.size()) - 1, 0));
    QVERIFY(lab.find<PushChart>("lab-push-chart")->table().rows.empty());
    QVERIFY(!lab.find<QToolButton>("lab-column-forward")->isEnabled());
    // The block is that of the same method.
    QVERIFY2(lab.state().problem().isEmpty(), qPrintable(lab.state().problem()));
  }

  /// What the columns add one after the other, beside rounding alone; clicks go to a turn.
  void gptqShowsWhatTheRowHasLost() {
    Lab lab;
    QVERIFY(openColumns(lab, "gptq:group=32"));
    const auto row = explained(lab);
    const auto& of = *row.as<core::quant::GptqExplanation>();
    auto* page = lab.workspace()->findChild<ColumnsPage*>();
    auto* push = lab.find<PushChart>("lab-push-chart");
    auto* loss = lab.find<LossChart>("lab-loss-chart");
    QVERIFY(push->isVisible() && !loss->isVisible());
    QTest::qWait(50);
    QTest::mouseClick(push, Qt::LeftButton, {}, pixelOf(push, 9, 0));  // turns are counted from 1
    QCOMPARE(page->line(), 8);
    lab.click("lab-loss-chart-button");
    QVERIFY(loss->isVisible() && !push->isVisible());
    const ChartTable table = loss->table();
    double lost = 0;
    for (std::size_t k = 0; k < table.rows.size(); ++k) {
      lost += of.trace.steps[k].scaledError * of.trace.steps[k].scaledError;
      QVERIFY(std::abs(table.rows[k][1] - lost) <= 1e-9 * lost);
      QCOMPARE(table.rows[k][2], of.lossAlone);
    }
    QVERIFY(lost < of.lossAlone && of.error < of.errorAlone);
    QTest::qWait(50);
    QTest::mouseClick(loss, Qt::LeftButton, {}, pixelOf(loss, 101, of.lossAlone / 2));
    QVERIFY(std::abs(page->line() - 100) <= 1);
    QVERIFY2(lab.text("lab-columns-found").contains(QStringLiteral("rounding alone")),
             qPrintable(lab.text("lab-columns-found")));
  }

  /// With act-order bars, table and block numbers go by the order in which columns are taken and stored.
  void actOrderIsShownAndChosenInItsOrder() {
    Lab lab;
    QVERIFY(openColumns(lab, "gptq:group=32,act_order=on"));
    const auto row = explained(lab);
    const auto& steps = row.as<core::quant::GptqExplanation>()->trace.steps;
    auto* page = lab.workspace()->findChild<ColumnsPage*>();
    auto* block = lab.find<QSpinBox>("lab-block");
    auto* bars = lab.find<WeightBars>("lab-bars");
    // The link named column 0, which comes at some turn.
    const auto turnOf = [&](std::uint64_t column) {
      return static_cast<int>(std::ranges::find(steps, column, &core::quant::GptqStep::column) - steps.begin());
    };
    QCOMPARE(chosenColumn(lab), std::uint64_t{0});
    QCOMPARE(page->line(), turnOf(0));
    QVERIFY(turnOf(0) != 0);
    QCOMPARE(block->value(), turnOf(0) / 32);
    block->setValue(2);
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(page->line(), 64);
    QCOMPARE(chosenColumn(lab), std::uint64_t{steps[64].column});
    QCOMPARE(lab.state().shownWeight(), 0);
    for (std::size_t i = 0; i < 32; ++i) {
      QCOMPARE(bars->table().rows[i][0], static_cast<double>(steps[64 + i].column));
      QCOMPARE(lab.state().block().decoded[i], steps[64 + i].decoded);
    }
    QTest::qWait(50);
    QTest::mouseClick(bars, Qt::LeftButton, {}, bars->barEnd(7).toPoint());
    QCOMPARE(chosenColumn(lab), std::uint64_t{steps[71].column});
    QCOMPARE(page->line(), 71);
    QCOMPARE(bars->chosen(), 7);
    auto* table = lab.find<QTableView>("lab-columns");
    table->setFocus();
    for (int i = 0; i < 30; ++i) QTest::keyClick(table, Qt::Key_Down);
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(page->line(), 101);
    QCOMPARE(block->value(), 3);
    QCOMPARE(bars->chosen(), 5);
    // A clip is of the weights that are stored together.
    lab.state().setClip(0.5);
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(lab.state().shownWeight(), 5);
    QVERIFY(lab.state().block().isAnyCut());
  }

  /// Another row follows at once: so does whatever a hand does to the weights.
  void anotherRowFollows() {
    Lab lab;
    QVERIFY(openColumns(lab, "gptq:group=32"));
    auto* page = lab.workspace()->findChild<ColumnsPage*>();
    auto* table = lab.find<QTableView>("lab-columns");
    table->setCurrentIndex(table->model()->index(40, 0));
    QVERIFY(lab.window().waitUntilIdle());
    lab.find<QSpinBox>("lab-row")->setValue(7);
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY2(lab.text("lab-column-place").startsWith(QStringLiteral("row 7, turn 33 of 256")),
             qPrintable(lab.text("lab-column-place")));
    const double before = number(lab, 32, 2);
    lab.state().moveWeight(7 * 256 + 32, 0.5F);
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(page->line(), 32);
    QCOMPARE(number(lab, 32, 2), 0.5);
    QVERIFY(before != 0.5);
  }

  /// The demo model reads its own text first, and then the columns are there.
  void theDemoReadsAndThenShowsColumns() {
    Lab lab;
    QVERIFY(lab.window().waitUntilIdle());
    auto* notice = lab.workspace()->findChild<CalibrationNotice*>();
    QVERIFY(lab.open(QStringLiteral("tensor=blk.1.ffn_down.weight&scheme=gptq:group=128&show=columns")).isEmpty());
    QVERIFY2(notice->text().contains(QStringLiteral("follow when the calibration text is read")),
             qPrintable(notice->text()));
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(notice->isHidden());
    QCOMPARE(lab.find<QTableView>("lab-columns")->model()->rowCount(), 768);
  }

  void whatIsCancelledIsSaidAndGoesOn() {
    Lab lab;
    QVERIFY(openColumns(lab, "awq:group=32"));  // which reads the text
    lab.showTab(kSteps);
    QVERIFY(lab.open(QStringLiteral("tensor=blk.1.ffn_down.weight&show=steps")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    lab.showTab(kColumns);
    auto* message = lab.find<Label>("lab-columns-message");
    QVERIFY2(message->isVisible() && message->text().startsWith(QStringLiteral("Computing")),
             qPrintable(message->text()));
    auto* cancel = lab.window().window().findChild<QToolButton*>(QStringLiteral("cancel-job"));
    QTRY_VERIFY(cancel->isVisible());
    QTest::mouseClick(cancel, Qt::LeftButton);
    QVERIFY2(message->isVisible() && message->text().startsWith(QStringLiteral("Cancelled")),
             qPrintable(message->text()));
    lab.showTab(kSteps);
    lab.showTab(kColumns);
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(!message->isVisible() && lab.find<QTableView>("lab-columns")->isVisible());
  }

  /// Whatever is chosen, the hand never waits for more than the drawing of it.
  void stepsAreQuick() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("tensor=blk.1.ffn_down.weight&scheme=gptq:group=128&show=columns")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* table = lab.find<QTableView>("lab-columns");
    table->setFocus();
    QElapsedTimer timer;
    std::vector<qint64> taken;
    for (int i = 0; i < 100; ++i) {
      timer.start();
      QTest::keyClick(table, Qt::Key_Right);
      taken.push_back(timer.elapsed());
    }
    std::ranges::sort(taken);
    QVERIFY2(taken[taken.size() / 2] < 16, qPrintable(QString::number(taken[taken.size() / 2])));
  }

  /// Beside the schemes panel of a window of 1280 × 800 every column of the table is in sight.
  void noColumnIsOutOfSight() {
    Lab lab;
    lab.window().window().resize(1280, 800);
    for (const char* scheme : {"gptq:group=32", "awq:group=32", "hqq:group=32", "int8:method=smooth"}) {
      QVERIFY(openColumns(lab, scheme));
      QTest::qWait(50);
      QCOMPARE(lab.find<QTableView>("lab-columns")->horizontalScrollBar()->maximum(), 0);
    }
  }

  void awqShowsWhichChannelsAreProtected() {
    Lab lab;
    QVERIFY(openColumns(lab, "awq:group=32"));
    const auto row = explained(lab);
    const auto& of = *row.as<core::quant::ScaledExplanation>();
    const ChartTable factors = lab.find<FactorsChart>("lab-factors-chart")->table();
    QCOMPARE(factors.rows.size(), of.columns.size());
    for (std::size_t c = 0; c < of.columns.size(); ++c) {
      QCOMPARE(factors.rows[c][1], static_cast<double>(of.columns[c].input));
      QCOMPARE(factors.rows[c][2], static_cast<double>(of.columns[c].factor));
    }
    // A click on a dot goes to its column.
    auto* chart = lab.find<FactorsChart>("lab-factors-chart");
    QVERIFY(chart->isVisible() && !lab.find<PushChart>("lab-push-chart")->isVisible());
    const auto most = std::ranges::max_element(of.columns, {}, &core::quant::ScaledColumn::factor) - of.columns.begin();
    QTest::qWait(50);
    QTest::mouseClick(chart, Qt::LeftButton, {}, chart->dotAt(static_cast<std::size_t>(most)).toPoint());
    QCOMPARE(chosenColumn(lab), static_cast<std::uint64_t>(most));
    QVERIFY2(lab.text("lab-column-sentence").contains(QStringLiteral("it is protected")),
             qPrintable(lab.text("lab-column-sentence")));
    lab.click("lab-search-chart-button");
    const auto& tries = lab.find<SearchChart>("lab-search-chart")->table().rows;
    QVERIFY(lab.find<SearchChart>("lab-search-chart")->isVisible() && !chart->isVisible());
    QCOMPARE(tries.size(), std::size_t{20});
    for (std::size_t i = 0; i < tries.size(); ++i) QCOMPARE(tries[i][1], of.losses[i]);
  }

  void hqqNeedsNoText() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("distribution=laplace&count=256&scheme=hqq:group=32&show=columns")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.find<SearchChart>("lab-search-chart")->table().rows.size() > 1);
    QVERIFY(lab.find<SearchChart>("lab-zeros-chart")->table().rows.size() > 1);
  }

  /// SmoothQuant moves what is large from the inputs to the weights, and has no search.
  void smoothQuantDividesInputs() {
    Lab lab;
    QVERIFY(openColumns(lab, "int8:method=smooth,activations=int8_dynamic"));
    const auto row = explained(lab);
    const auto& of = *row.as<core::quant::ScaledExplanation>();
    const ChartTable factors = lab.find<FactorsChart>("lab-factors-chart")->table();
    for (std::size_t c = 0; c < of.columns.size(); ++c)
      QCOMPARE(factors.rows[c][2], static_cast<double>(of.columns[c].factor));
    QVERIFY(!lab.find<QAbstractButton>("lab-search-chart-button")->isVisible());
    QVERIFY2(lab.text("lab-columns-found").startsWith(QStringLiteral("The largest input goes from")),
             qPrintable(lab.text("lab-columns-found")));
  }

  /// Where every weight is rounded for itself, methods are offered.
  void methodsAreOfferedAndTaken() {
    Lab lab;
    QVERIFY(openColumns(lab, "int4"));
    QVERIFY(lab.find<Label>("lab-columns-message")->isVisible());
    for (const auto& [button, method] : {std::pair("lab-method-gptq", core::quant::MethodName::Gptq),
                                         {"lab-method-awq", core::quant::MethodName::Awq},
                                         {"lab-method-hqq", core::quant::MethodName::Hqq},
                                         {"lab-method-smooth", core::quant::MethodName::SmoothQuant}}) {
      QVERIFY(lab.state().setSchemeText(QStringLiteral("int4")).isEmpty());
      QVERIFY(lab.window().waitUntilIdle());
      lab.click(button);
      QVERIFY(lab.window().waitUntilIdle());
      QCOMPARE(lab.state().input().scheme.method.name, method);
      QVERIFY2(lab.find<QTableView>("lab-columns")->isVisible(), button);
    }
  }

  /// Drawn weights meet no inputs: there is a way on.
  void drawnWeightsHaveNoInputs() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("distribution=normal&count=256&scheme=gptq:group=32")).isEmpty());
    QVERIFY2(lab.state().problem().contains(QStringLiteral("calibration text")), qPrintable(lab.state().problem()));
    lab.click("lab-draw");
    QCOMPARE(lab.state().input().scheme.method.name, core::quant::MethodName::RoundToNearest);
    QVERIFY(lab.state().problem().isEmpty());
  }
};

QTEST_MAIN(TestQuantizeColumns)
#include "tst_quantize_columns.moc"
