// Quantize, Inputs: what enters the layer of the selected tensor, and the ranges of static codes.
#include <QComboBox>
#include <QFileDialog>
#include <QScrollBar>
#include <QTest>
#include <QToolButton>
#include <algorithm>

#include "app/calibration/calibration_notice.h"
#include "app/calibration/calibrator.h"
#include "app/widgets/text_table.h"
#include "app/workspaces/quantize/inputs_chart.h"
#include "app/workspaces/quantize/lab_inputs.h"

#include "quantize_lab.h"

using namespace app;
using namespace quantize_lab;

namespace {

bool openInputs(Lab& lab, const char* rest) {
  return lab.open(QStringLiteral("show=inputs&scheme=int8&") + QLatin1String(rest)).isEmpty() &&
         lab.window().waitUntilIdle();
}

QString cell(TextTable* table, int row, int column) { return table->item(row, column)->text(); }

}  // namespace

class TestQuantizeInputs : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void showsRangesErrorsAndTokens() {
    Lab lab;
    QVERIFY(openInputs(lab, "tensor=blk.2.ffn_down.weight"));
    auto* ranges = lab.find<TextTable>("lab-inputs-ranges");
    QVERIFY(ranges->isVisible());
    QCOMPARE(ranges->rowCount(), 4);
    const auto model = lab.window().selection().model();
    InputQuestion question{model, "blk.2.ffn_down.weight", model->calibration().current(), "prose", {}};
    const LabInputs expected = studyLayerInputs(question);
    QVERIFY(expected.study.tokens.size() >= 512);
    auto* tokens = lab.find<TextTable>("lab-inputs-tokens");
    for (int row = 0; row < 4; ++row) {
      ranges->setCurrentCell(row, 0);
      const auto& range = expected.study.ranges[static_cast<std::size_t>(row)];
      QCOMPARE(tokens->rowCount(), static_cast<int>(std::min<std::uint64_t>(range.clippedTokens, 200)));
      QCOMPARE(cell(ranges, row, 4) == QStringLiteral("–"), !range.how.isStatic());
    }
    // The percentile clips; what it clips is shown in its text, the largest first.
    ranges->setCurrentCell(1, 0);
    QVERIFY(tokens->rowCount() > 0);
    QVERIFY(cell(tokens, 0, 1).contains(u'['));
    QVERIFY(QLocale().toDouble(cell(tokens, 0, 2)) >= QLocale().toDouble(cell(tokens, tokens->rowCount() - 1, 2)));
    QVERIFY(!lab.find<InputsChart>("lab-inputs-chart")->table().rows.empty());
    QVERIFY2(lab.text("lab-inputs-sentence").contains(QStringLiteral("99.99 %")),
             qPrintable(lab.text("lab-inputs-sentence")));
  }

  /// The range of the scheme is in front, and a click on a bar of the picture brings another.
  void rangesAreChosenInThePictureToo() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("show=inputs&tensor=blk.2.ffn_down.weight&scheme=int8:activations=int8_static,"
                                    "input_range=entropy"))
                .isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* ranges = lab.find<TextTable>("lab-inputs-ranges");
    QCOMPARE(ranges->currentRow(), 2);
    auto* chart = lab.find<InputsChart>("lab-inputs-chart");
    QTest::qWait(50);
    const QRect strip = chart->axisRect(0)->rect();
    QTest::mouseClick(chart, Qt::LeftButton, {}, QPoint(strip.center().x(), strip.top() + strip.height() / 8));
    QCOMPARE(ranges->currentRow(), 0);
    QVERIFY2(lab.text("lab-inputs-clipped").contains(QStringLiteral("min–max")),
             qPrintable(lab.text("lab-inputs-clipped")));
    ranges->setFocus();
    for (int i = 0; i < 3; ++i) QTest::keyClick(ranges, Qt::Key_Down);
    QCOMPARE(ranges->currentRow(), 3);
    QVERIFY2(lab.text("lab-inputs-clipped").contains(QStringLiteral("clips nothing")),
             qPrintable(lab.text("lab-inputs-clipped")));
    // All four are in sight, and no figure beside it is.
    QCOMPARE(ranges->verticalScrollBar()->maximum(), 0);
    lab.window().window().resize(1280, 800);
    QTest::qWait(50);
    QCOMPARE(ranges->horizontalScrollBar()->maximum(), 0);
  }

  /// LLM.int8() has no range: columns that reach its threshold stay as they are.
  void outlierColumnsAreCounted() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("show=inputs&tensor=blk.2.ffn_down.weight&scheme=llm_int8")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    const auto known = lab.window().selection().model()->calibration().current()->of(
        "blk.2.ffn_down.weight", core::quant::CalibrationNeed::Columns, core::JobContext());
    const auto outliers = std::ranges::count_if(known->maxMagnitude, [](float most) { return most >= 6; });
    QVERIFY2(lab.text("lab-inputs-sentence").contains(QStringLiteral("%1 of 768 columns reach 6").arg(outliers)),
             qPrintable(lab.text("lab-inputs-sentence")));
  }

  /// A text that was read for the calibration is not one that the ranges have not seen.
  void theCalibrationIsFollowed() {
    Lab lab;
    QVERIFY(openInputs(lab, "tensor=blk.1.attn_q.weight"));
    QVERIFY2(lab.text("lab-inputs-sentence").contains(QStringLiteral("have not seen")),
             qPrintable(lab.text("lab-inputs-sentence")));
    lab.window().window().calibrator().read({QStringLiteral("prose"), {}});
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY2(lab.text("lab-inputs-sentence").contains(QStringLiteral("were chosen by")),
             qPrintable(lab.text("lab-inputs-sentence")));
  }

  /// Whoever looks at the tab waits for a text, whatever the scheme.
  void anotherModelIsCalibratedFromHere() {
    const OwnModel own;
    Lab lab{own.path()};
    QVERIFY(openInputs(lab, "tensor=blk.1.attn_q.weight"));
    auto* notice = lab.workspace()->findChild<CalibrationNotice*>();
    QVERIFY2(notice->text().startsWith(QStringLiteral("The tab Inputs")), qPrintable(notice->text()));
    QVERIFY2(lab.text("lab-inputs-message").contains(QStringLiteral("Calibrate")),
             qPrintable(lab.text("lab-inputs-message")));
    lab.showTab(kSteps);
    QVERIFY(notice->isHidden());
    lab.showTab(kInputs);
    lab.window().window().calibrator().read({QStringLiteral("demo"), {}});
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(notice->isHidden());
    QVERIFY(lab.find<TextTable>("lab-inputs-ranges")->isVisible());
  }

  void anotherTextIsAnotherStudy() {
    Lab lab;
    QVERIFY(openInputs(lab, "tensor=blk.1.attn_q.weight"));
    const QString before = lab.text("lab-inputs-sentence");
    auto* ranges = lab.find<TextTable>("lab-inputs-ranges");
    ranges->setCurrentCell(2, 0);
    auto* text = lab.find<QComboBox>("lab-inputs-text");
    text->setFocus();
    QTest::keyClick(text, Qt::Key_Down);
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(text->currentIndex(), 1);
    QVERIFY(lab.text("lab-inputs-sentence") != before);
    QCOMPARE(ranges->currentRow(), 2);  // what was chosen stays
  }

  /// A text that cannot be read is a sentence, and another one can be chosen.
  void aBadTextIsNotTheEnd() {
    QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("bad.txt")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    Lab lab;
    QVERIFY(openInputs(lab, "tensor=blk.1.attn_q.weight"));
    auto* text = lab.find<QComboBox>("lab-inputs-text");
    text->setFocus();
    QTest::keyClick(text, Qt::Key_End);
    auto* dialog = lab.workspace()->findChild<QFileDialog*>();
    QVERIFY(dialog != nullptr);
    Q_EMIT dialog->fileSelected(file.fileName());
    static_cast<QDialog*>(dialog)->done(QDialog::Accepted);
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY2(lab.text("lab-inputs-message").contains(QStringLiteral("empty")),
             qPrintable(lab.text("lab-inputs-message")));
    QVERIFY(lab.text("lab-inputs-sentence").isEmpty());
    QCOMPARE(text->currentText(), QStringLiteral("bad.txt"));
    QVERIFY(text->isVisible());
    QTest::keyClick(text, Qt::Key_Home);
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.find<TextTable>("lab-inputs-ranges")->isVisible());
    QVERIFY(!lab.text("lab-inputs-sentence").isEmpty());
  }

  /// What becomes of inputs changes no weight: the row's errors are those of the format, with or without a clip.
  void theErrorsOfARowAreThoseOfItsWeights() {
    Lab lab;
    const auto errorsOf = [&](const char* scheme) {
      const QString link =
          QStringLiteral("show=curves&tensor=blk.1.attn_q.weight&scheme=%1").arg(QLatin1String(scheme));
      if (!lab.open(link).isEmpty() || !lab.window().waitUntilIdle()) return core::metrics::StepErrors();
      return rowStepErrors(lab.state().request(), lab.state().block());
    };
    const auto plain = errorsOf("nf4:block=64"), rounded = errorsOf("nf4:block=64,activations=fp8_static");
    QVERIFY(!plain.inSteps.empty());
    QCOMPARE(rounded.inSteps, plain.inSteps);
    const auto weighted = errorsOf("int4:group=64,range=mse,zero=on,method=imatrix");
    QVERIFY(!weighted.inSteps.empty());
    lab.state().setClip(0.8);
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.state().problem().isEmpty());
    QCOMPARE(rowStepErrors(lab.state().request(), lab.state().block()).inSteps, weighted.inSteps);
  }

  void whatHasNoInputsSaysSo() {
    Lab lab;
    QVERIFY(openInputs(lab, "tensor=output_norm.weight"));
    QVERIFY2(lab.text("lab-inputs-message").contains(QStringLiteral("no layer multiplies")),
             qPrintable(lab.text("lab-inputs-message")));
    QVERIFY(openInputs(lab, "distribution=normal&count=64"));
    QVERIFY2(lab.text("lab-inputs-message").contains(QStringLiteral("Only weights of a model")),
             qPrintable(lab.text("lab-inputs-message")));
  }

  void aStudyCanBeStopped() {
    Lab lab;
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.open(QStringLiteral("show=inputs&scheme=int8&tensor=blk.3.ffn_down.weight")).isEmpty());
    auto* cancel = lab.window().window().findChild<QToolButton*>(QStringLiteral("cancel-job"));
    QTRY_VERIFY(cancel->isVisible());
    QTest::mouseClick(cancel, Qt::LeftButton);
    QVERIFY2(lab.text("lab-inputs-message").startsWith(QStringLiteral("Cancelled")),
             qPrintable(lab.text("lab-inputs-message")));
    lab.showTab(kSteps);
    lab.showTab(kInputs);
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.find<TextTable>("lab-inputs-ranges")->isVisible());
  }
};

QTEST_MAIN(TestQuantizeInputs)
#include "tst_quantize_inputs.moc"
