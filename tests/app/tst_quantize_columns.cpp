// Quantize, Columns: a row under a method that looks at columns, one column after the other.
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <cmath>

#include "app/workspaces/quantize/columns_page.h"
#include "app/workspaces/quantize/factors_chart.h"
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
    // The last one has nobody to push into.
    page->setLine(static_cast<int>(steps.size()) - 1);
    QVERIFY(lab.find<PushChart>("lab-push-chart")->table().rows.empty());
    QVERIFY(!lab.find<QToolButton>("lab-column-forward")->isEnabled());
    // The block is that of the same method.
    QVERIFY2(lab.state().problem().isEmpty(), qPrintable(lab.state().problem()));
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
    QCOMPARE(lab.find<SearchChart>("lab-search-chart")->table().rows.size(), std::size_t{20});
    QVERIFY(lab.find<SearchChart>("lab-search-chart")->isVisible());
    QVERIFY(!lab.find<PushChart>("lab-push-chart")->isVisible());
  }

  void hqqNeedsNoText() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("distribution=laplace&count=256&scheme=hqq:group=32&show=columns")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.find<SearchChart>("lab-search-chart")->table().rows.size() > 1);
    QVERIFY(lab.find<SearchChart>("lab-zeros-chart")->table().rows.size() > 1);
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
