// Quantize, Inputs: what enters the layer of the selected tensor, and the ranges of static codes.
#include <QComboBox>
#include <QTest>
#include <QToolButton>

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
    QVERIFY(lab.text("lab-inputs-sentence").contains(QStringLiteral("min–max")) ||
            lab.text("lab-inputs-sentence").contains(QStringLiteral("percentile")) ||
            lab.text("lab-inputs-sentence").contains(QStringLiteral("entropy")));
  }

  void anotherTextIsAnotherStudy() {
    Lab lab;
    QVERIFY(openInputs(lab, "tensor=blk.1.attn_q.weight"));
    const QString before = lab.text("lab-inputs-sentence");
    auto* text = lab.find<QComboBox>("lab-inputs-text");
    text->setFocus();
    QTest::keyClick(text, Qt::Key_Down);
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(text->currentIndex(), 1);
    QVERIFY(lab.text("lab-inputs-sentence") != before);
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
